"""What is learned of a template of which only parts are rendered is what rendering all of it tells."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jinja2 import Template

from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.nodes import Model, NodeId
from airflow_sqlmodels.templating.environment import Environment
from tests.projects import load

_PROJECT = {
    "dbt_project.yml": """
name: shop
profile: shop
vars:
  here: true
  layer: silver
  raw_orders: "{{ source('raw', 'orders') }}"
  raw_refunds: "{{ source('raw', 'refunds') }}"
  plain: orders
""",
    "models/raw.yml": "sources: [{name: raw, tables: [{name: orders}, {name: refunds}]}]",
    "models/a.sql": "select 1",
    "models/b.sql": "select 2",
    "macros/of_vars.sql": """
{% macro of_var(name) %}{{ var(name) }}{% endmacro %}
{% macro of_orders() %}{{ var('raw_orders') }}{% endmacro %}
{% macro of_plain() %}{{ var('plain', 'nothing') }}{% endmacro %}
{% macro layer_of(name) %}{{ return(name ~ '_' ~ var('layer')) }}{% endmacro %}
{% macro renamed() %}{% set asked = var %}{{ asked('raw_refunds') }}{% endmacro %}
""",
}
_ALL = "{{ env_var('NOBODY_SETS_IT', '') }}"
"""Only rendering answers this."""


@pytest.mark.parametrize(
    "text",
    [
        "{{ config(enabled=var('here', false), tags=[var('layer')]) }} select * from {{ ref('a') }}",
        "{{ config(alias=layer_of('m')) }} select * from {{ ref('b') }}, {{ ref('a') }}",
        "{{ config(alias=this.name ~ '_x', meta={'lines': model.raw_code.splitlines() | length}) }}\nselect\n1",
        "{% do config(materialized='table' if target.type == 'postgres' else 'view') %} select 1",
        "{% set wanted = 'table' %}{{ config(materialized=wanted) }} select 1",
        "{%- set materialized, x = 'table', 1 -%}{{ config(materialized=materialized) }} select 1",
        "{% set wanted %}view{% endset %}{{ config(materialized=wanted, tags=[var('layer')]) }} select 1",
        "{% set var = ref %}{{ config(tags=[var('a').name]) }} select 1",
        "{% if var('here') %}{{ config(tags=[var('layer')]) }}{% else %}{{ config(tags='no') }}{% endif %} select 1",
        "{{ config(tags=[var('layer')]) }}{{ config(tags=[var('plain')], meta={'b': ref('b').name}) }} select 1",
        "select * from {{ ref('a') }}, {{ var('raw_orders') }}, {{ ref('b') }}, {{ var('plain') }}",
        "select * from {{ var(var('plain') ~ 'x', ref('a')) }}, {{ var('raw_' ~ var('plain')) }}",
        "select * from {% if var('here') %}{{ var('raw_orders') }}{% else %}{{ var('raw_refunds') }}{% endif %}",
        "select * from {{ of_var('raw_orders') }}, {{ of_var(name='raw_refunds') }}, {{ ref('a') }}",
        "select * from {{ of_plain() }}, {{ ref('a') }}",
        "select * from {{ ref('b') }}, {{ of_orders() }}, {{ ref('a') }}",
        "{% set name = 'raw_orders' %}select * from {{ var(name) }}",
        "{% for name in ['orders', 'refunds'] %}{{ var('raw_' ~ name) }}{% endfor %}",
        "select * from {{ renamed() }}",
        "{{ var('raw_orders') }} {{ var('raw_orders') }} {{ source('raw', 'orders') }}",
        "{{ config(tags=[var('layer')]) }} select * from {{ source('raw', 'orders') }}, {{ source('raw', 'orders') }}",
        "{{ config(tags=[var('layer')]) }}{% if execute %}{{ dbt.type_int() }}{% else %}1{% endif %}",
    ],
)
def test_it_is_what_rendering_all_of_it_tells(text: str, tmp_path: Path) -> None:
    assert _learned(text, tmp_path / "parts") == _learned(text + _ALL, tmp_path / "all")


def _learned(text: str, folder: Path) -> dict[str, Any]:
    node = load(folder, {**_PROJECT, "models/m.sql": text})[NodeId("model.shop.m")]
    assert isinstance(node, Model)
    fields = ("refs", "source_refs", "own_config", "depends_on")
    return {**{name: getattr(node, name) for name in fields}, "macros": set(node.called or node.macros)}


@pytest.mark.parametrize(
    "text",
    [
        "{{ config(enabled=var('here', true)) }} select {{ of_plain() }} from {{ ref('a') }}",
        "select {{ of_plain() }}, {{ var('plain') }} from {{ var('raw_orders') }}",
    ],
)
def test_the_rest_of_it_is_not_compiled(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    of_node = Environment.of_node

    def noted(self: Environment, source: str) -> Template:
        compiled.append(source)
        return of_node(self, source)

    monkeypatch.setattr(Environment, "of_node", noted)

    load(tmp_path, {**_PROJECT, "models/m.sql": text})

    assert compiled
    assert all(each in text and "of_plain" not in each for each in compiled)


def test_what_fails_is_told_with_its_place_in_the_file(tmp_path: Path) -> None:
    text = "select 1\nfrom {{ ref('a') }}\n{{ config(tags=[1 / var('nought', 0)]) }}"
    with pytest.raises(CompilationError, match="division") as raised:
        load(tmp_path, {**_PROJECT, "models/m.sql": text})
    assert str(raised.value.at).startswith("models/m.sql:3")
