"""A node's template becomes SQL."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.manifest import Target
from airflow_sqlmodels.manifest.nodes import DataTest, NodeId
from airflow_sqlmodels.run.judging import judging_query, limited
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import PROJECT, load

TARGET = Target("dev", "s", "db", extra={"host": "h"})
BASE = {
    "dbt_project.yml": PROJECT + "version: 1.0\n",
    "models/a.sql": "select 1 as id\n",
    "models/e.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('a') }}\n",
    "models/f.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('e') }}\n",
    "models/sources.yml": "sources:\n  - name: raw\n    schema: landing\n    tables: [{name: orders}]\n",
    "macros/m.sql": """\
        {% macro twice(x) %}{{ return(x * 2) }}{% endmacro %}
        {% macro shown(x) %}[{{ x }}]{% endmacro %}
        {% macro wrap() %}<{{ caller() }}>{% endmacro %}
        {% macro default__greet(name) %}hello {{ name }}{% endmacro %}
        {% macro postgres__greet(name) %}hi {{ name }}{% endmacro %}
        {% macro greet(name) %}{{ return(adapter.dispatch('greet')(name)) }}{% endmacro %}
        """,
}

TEMPLATES = {
    "select * from {{ ref('a') }}": 'select * from "db"."s"."a"',
    "select * from {{ source('raw', 'orders') }}": 'select * from "db"."landing"."orders"',
    "{{ this }} {{ this.schema }} {{ this.name }}": '"db"."s"."model" s model',
    "{{ target.schema }} {{ target.host }} {{ target.type }}": "s h postgres",
    "{{ var('day', 'none') }} {{ var('set') }}": "none yes",
    "{{ twice(3) + 1 }}": "7",
    "{% if execute %}{{ source('raw', 'orders') }}{% endif %}": '"db"."landing"."orders"',
    "{{ shown(twice(3)) }}": "[6]",
    "{% call wrap() %}x{% endcall %}": "<x>",
    "{{ greet('you') }}": "hi you",
    "{{ dbt.type_string() }} {{ type_timestamp() }}": "TEXT timestamp",
    "{{ dbt.concat(['a', \"'b'\"]) }}": "a || 'b'",
    "{{ config(tags=['x']) }}{{ config.get('tags') }} {{ config.get('no', 'd') }}": "['x'] d",
    "{{ execute }} {{ flags.FULL_REFRESH }} {{ none }}": "True False None",
    "{{ tojson({'a': [1]}) }} {{ fromjson('[2]')[0] }}": '{"a": [1]} 2',
    "{{ modules.re.sub('a', 'b', 'aa') }}": "bb",
    "{% for i in range(4) %}{% if i == 2 %}{% break %}{% endif %}{{ i }}{% endfor %}": "01",
    "{% set x = [] %}{% do x.append(1) %}{{ x }}": "[1]",
    "{{ model.name }} {{ model.config.materialized }} {{ model['unique_id'] }}": "model view model.shop.model",
    "{{ this.include(database=false) }} {{ this.quote(schema=false) }}": '"s"."model" "db".s."model"',
    "{% set project = builtins.ref.config %}{{ project.project_name }} {{ project.args.select }}"
    " {{ project.vars.to_dict() }} {{ project.dependencies['shop'].version }}"
    " {{ project.credentials.host }} {{ project.model_paths }}": ("shop () {} 1.0 h ['models']"),
    "{{ builtins.ref('a') }} {{ builtins.source.config.target_name }}": '"db"."s"."a" dev',
    "{% do graph.setdefault('mine', {}).update({'a': 1}) %}{{ graph.mine.a }} {{ graph['mine'] }}"
    " {{ graph.nodes | length }} {{ graph.other is defined }} {{ 'metrics' in graph }}": "1 {'a': 1} 4 False True",
    "{% do context.update({'own': 1, 'more': [2]}) %}{{ context.own }} {{ context.get('more') }}"
    " {{ context.pop('own') }} {{ own is defined }} {{ context.get('twice')(4) }}": "1 [2] 1 False 8",
    "{{ ('ref' in context.keys(), 'twice' in context.keys(), 'model' in context, 'odd' in context) }}"
    " {{ dict(context.items())['execute'] }}": "(True, True, True, False) True",
    "{{ local_md5('a') }}": "0cc175b9c0f1b6a831c399e269772661",
}


@pytest.mark.parametrize("tag", ["{%- set x = 1 -%}", "{%- set x = 1 %}", "{{- '' }}", "{#- x -#}", "{% set x = 1 %}"])
def test_nothing_is_lost_behind_empty_lines_above(tag: str, tmp_path: Path) -> None:
    assert _compiled(tmp_path, f"\n\n{tag}\nselect 1").strip() == "select 1"


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_template_renders_to(template: str, tmp_path: Path) -> None:
    assert _compiled(tmp_path, template, vars={"set": "yes"}).strip() == TEMPLATES[template]


@pytest.mark.parametrize("above", ["", "\n", "\n\n\n"])
@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{%- do 1 -%}\n\nselect 1", "select 1"),
        ("{%- set x = 1 %}\nselect {{ x }}", "\nselect 1"),
        ("{{- 'select' }} 1", "select 1"),
        ("{#- said -#}\nselect {{ 1 }}", "select 1"),
    ],
)
def test_lines_above_a_tag_that_swallows_white_space_take_nothing_from_the_sql(
    template: str, expected: str, above: str, tmp_path: Path
) -> None:
    manifest = load(tmp_path, {"models/m.sql": above + template})
    assert compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql == expected


def test_an_error_below_empty_lines_has_its_line(tmp_path: Path) -> None:
    manifest = load(tmp_path, {"models/m.sql": "\n\n{%- do 1 -%}\nselect {{ nope.x.y }}"})
    with pytest.raises(CompilationError) as raised:
        compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None)
    assert str(raised.value.at) == "models/m.sql:4"


def test_ephemeral_models_are_put_in_front_each_once(tmp_path: Path) -> None:
    sql = _compiled(tmp_path, "select * from {{ ref('f') }} join {{ ref('e') }} using (id)")

    assert sql.startswith("with __dbt__cte__e as (")
    assert sql.index("__dbt__cte__e as (") < sql.index("__dbt__cte__f as (")
    assert sql.count("__dbt__cte__e as (") == 1


@pytest.mark.parametrize(("asked", "then"), [("'a'", "'shop', 'a'"), ("'shop', 'a'", "'a'"), ("'a'", "'a', v=none")])
def test_a_ref_may_be_spelled_another_way_when_it_is_compiled(asked: str, then: str, tmp_path: Path) -> None:
    text = f"-- {{{{ ref({asked}) }}}}\nselect * from {{% if execute %}}{{{{ ref({then}) }}}}{{% endif %}}"
    manifest = load(tmp_path, {"models/a.sql": "select 1 as id", "models/m.sql": text})

    sql = compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql

    assert sql.endswith('select * from "shop"."a"')


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("select 1\n{{ var('gone_for_good') }}", "models/model.sql:2:4: Required var 'gone_for_good'"),
        ("select 1\n\n{{ nothing_of_that_name() }}", "models/model.sql:3: 'nothing_of_that_name' is undefined"),
        ("{{ exceptions.raise_compiler_error('no') if execute }}", "models/model.sql:1: no"),
        ("{% if execute %}{{ ref('a') }}{% endif %}", "was not seen while the project was loaded"),
        ("{% if execute %}{{ run_query('select 1') }}{% endif %}", "needs the warehouse"),
        ("\n{% if execute %}{{ 1 // (2 - 2) }}{% endif %}", "models/model.sql:2: ZeroDivisionError: "),
        ("{% if execute %}{{ modules.re.compile('(') }}{% endif %}", f"model.sql:1: {re.error.__name__}: missing )"),
        (
            "{% for x in [1] recursive %}{{ loop([x]) if execute }}{% endfor %}",
            "RecursionError: maximum recursion depth",
        ),
    ],
)
def test_what_goes_wrong_is_told_with_its_line(template: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CompilationError) as raised:
        _compiled(tmp_path, template)

    assert message in str(raised.value)


def test_a_variable_may_be_a_template_and_ask_for_a_ref(tmp_path: Path) -> None:
    files = {
        **BASE,
        "dbt_project.yml": """\
            name: shop
            vars:
              reads: "{{ ref('a') }}"
              size: "{{ 500 if target.type == 'bigquery' else 10 }}"
            """,
        "macros/parts.sql": "{% macro parts(size=var('size') | int) %}{{ 100 / size }}{% endmacro %}",
        "models/model.sql": "select {{ parts() }} from {{ var('reads') }}",
    }
    manifest = load(tmp_path, files, target=TARGET)
    model = manifest[NodeId("model.shop.model")]

    assert model.depends_on == (NodeId("model.shop.a"),)
    compiled = compile_node(answerer(manifest, Invocation()), model, None)
    assert compiled.sql == 'select 10.0 from "db"."s"."a"'


def test_a_generic_test_calls_its_macro_with_its_arguments(tmp_path: Path) -> None:
    files = {
        **BASE,
        "models/schema.yml": """\
            models:
              - name: a
                columns:
                  - name: id
                    data_tests:
                      - accepted_values: {arguments: {values: [1, 2], quote: false}, config: {where: id > 0, limit: 7}}
            """,
    }
    manifest = load(tmp_path, files, target=TARGET)
    (node,) = (node for node in manifest.values() if isinstance(node, DataTest))

    means = answerer(manifest, Invocation())
    compiled = compile_node(means, node, None)
    judging = judging_query(means, node, compiled, limited(means, node, compiled))

    assert '(select * from "db"."s"."a" where id > 0) dbt_subquery' in compiled.sql
    assert "limit 7" in judging
    assert "count(*) != 0 as should_error" in judging


def _compiled(root: Path, template: str, **options: Any) -> str:
    manifest = load(root, {**BASE, "models/model.sql": template}, target=TARGET, **options)
    return compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.model")], None).sql


def test_templates_see_versions_as_numbers(tmp_path: Path) -> None:
    files = {
        "models/one.sql": "select 1 as id",
        "models/v.yml": "models: [{name: v, versions: [{v: 1, defined_in: one}]}]",
        "models/m.sql": """\
            {%- for each in graph.nodes.values() if each.version == 1 %}{{ each.latest_version + 1 }}{% endfor %}""",
    }
    manifest = load(tmp_path, files, target=TARGET)

    assert compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql == "2"


def test_graph_has_the_tests_of_a_disabled_model_turned_off(tmp_path: Path) -> None:
    files = {
        "models/off.sql": "{{ config(enabled=false) }}select 1 as id",
        "models/kept.sql": "select 1 as id",
        "models/m.yml": "models: [{name: kept, data_tests: [{relationships: {to: ref('off'), field: id}}]}]",
        "models/m.sql": "{% for each in graph.nodes.values() if each.resource_type == 'test' %}"
        "{{ each.name }} {{ each.config.enabled }}{% endfor %}",
    }
    manifest = load(tmp_path, files)

    sql = compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql

    assert sql.startswith("relationships_kept_")
    assert sql.endswith("False")


def test_graph_has_hooks_and_analyses_with_their_places_and_functions(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": "name: shop\non-run-end: select 1\n",
        "analyses/why.sql": "select 1",
        "functions/one.sql": "1",
        "functions/one.yml": "functions: [{name: one, returns: {data_type: int}}]",
        "models/m.sql": "{% for each in graph.nodes.values() if each.resource_type != 'model' %}"
        "{{ each.resource_type }} {{ each.database }}.{{ each.schema }}.{{ each.alias }} {% endfor %}"
        "{{ graph.functions | list }}",
    }
    manifest = load(tmp_path, files, target=TARGET)

    sql = compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql

    assert "operation db.s.shop-on-run-end-0 " in sql
    assert "analysis db.s.why " in sql
    assert sql.endswith("['function.shop.one']")


def test_templates_see_the_threads_of_the_command_line(tmp_path: Path) -> None:
    manifest = load(tmp_path, {"models/m.sql": "{{ target.threads }} {{ env.threads }}"}, target=TARGET)
    node = manifest[NodeId("model.shop.m")]

    assert compile_node(answerer(manifest, Invocation()), node, None).sql == "1 1"
    assert compile_node(answerer(manifest, Invocation(args={"threads": 7})), node, None).sql == "7 7"


def test_templates_see_dbts_checksums_and_owners_in_dbts_order(tmp_path: Path) -> None:
    files = {
        "models/a.sql": "select  1\n as id",
        "models/e.yml": "exposures: [{name: e, type: dashboard, owner: {name: me, team: us, email: a@b.c}}]\n"
        "models: [{name: a, data_tests: [not_null: {column_name: id}]}]",
        "models/m.sql": "{{ graph.nodes['model.shop.a'].checksum.checksum }} {{ graph.exposures.values()"
        " | map(attribute='owner') | map('list') | first }} {{ graph.nodes.values()"
        " | selectattr('resource_type', 'eq', 'test') | map(attribute='checksum.name') | first }}",
    }
    manifest = load(tmp_path, files, target=TARGET)

    sql = compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql

    assert sql == f"{hashlib.sha256(b'select 1 as id').hexdigest()} ['email', 'name', 'team'] none"


def test_an_analysis_has_a_relation_of_its_own_name(tmp_path: Path) -> None:
    manifest = load(tmp_path, {"analyses/look.sql": "{{ this }} {{ this.identifier }}"})

    compiled = compile_node(answerer(manifest, Invocation()), manifest[NodeId("analysis.shop.look")], None)

    assert compiled.sql == '"shop"."look" look'
