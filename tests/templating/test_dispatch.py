"""`adapter.dispatch`: which of several macros of one name it finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.manifest.nodes import Model
from tests.projects import load

MACROS = """
{% macro default__dateadd(part, count, moment) %}own{% endmacro %}
{% macro default__hash(field) %}own{% endmacro %}
{% macro default__cents(field) %}own{% endmacro %}
"""


@pytest.mark.parametrize(
    ("called", "own"),
    [
        ("adapter.dispatch('dateadd')('day', 1, 'at')", False),  # dbt has one for Postgres, which is nearer
        ("adapter.dispatch('dateadd', 'dbt')('day', 1, 'at')", True),
        ("dbt.dateadd('day', 1, 'at')", True),
        ("adapter.dispatch('hash')('name')", True),
        ("adapter.dispatch('cents')('amount')", True),
    ],
)
def test_without_a_namespace_what_is_for_the_warehouse_counts_first(called: str, own: bool, tmp_path: Path) -> None:
    files = {"macros/all.sql": MACROS, "models/a.sql": f"{{{{ config(tags=[{called}]) }}}} select 1"}

    (model,) = (node for node in load(tmp_path, files).values() if isinstance(node, Model))

    assert (model.tags[0].strip() == "own") == own
