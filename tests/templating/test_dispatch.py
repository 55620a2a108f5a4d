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
    ("called", "found"),
    [
        ("adapter.dispatch('dateadd')('day', 1, 'at')", "at + "),  # dbt has one for Postgres, which is nearer
        ("adapter.dispatch('dateadd', 'dbt')('day', 1, 'at')", "own"),
        ("dbt.dateadd('day', 1, 'at')", "own"),
        ("adapter.dispatch('hash')('name')", "own"),
        ("adapter.dispatch('cents')('amount')", "own"),
    ],
)
def test_without_a_namespace_what_is_for_the_warehouse_counts_first(called: str, found: str, tmp_path: Path) -> None:
    files = {"macros/all.sql": MACROS, "models/a.sql": f"{{{{ config(tags=[{called}]) }}}} select 1"}

    (model,) = (node for node in load(tmp_path, files).values() if isinstance(node, Model))

    assert model.tags[0].strip() == found if found == "own" else "own" not in model.tags[0]
