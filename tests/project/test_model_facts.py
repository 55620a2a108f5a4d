"""What properties tell of a model and its columns for those who ask `graph`."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Model, NodeId
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import load

DAYS = """\
models:
  - name: days
    time_spine: {standard_granularity_column: day, custom_granularities: [{name: fiscal_year}]}
    deprecation_date: 2024-01-31 10:00:00+02:00
    columns:
      - {name: fiscal_year}
      - {name: day, granularity: day, data_type: "{{ 'date' if target.type == 'postgres' else 'DateTime' }}"}
"""


def _loaded(folder: Path, properties: str, **files: str) -> Manifest:
    model = "{{ config(materialized='table') }} select current_date as day"
    return load(folder, {"models/days.sql": model, "models/days.yml": properties, **files})


def test_templates_see_what_makes_a_table_of_points_in_time(tmp_path: Path) -> None:
    asking = """{% set days = graph.nodes['model.shop.days'] %}
        {{- days.time_spine.standard_granularity_column }} {{ days.time_spine.custom_granularities }}
        {{- days.columns.day.granularity }} {{ days.columns.day.data_type }} {{ days.deprecation_date }}"""
    manifest = _loaded(tmp_path, DAYS, **{"models/m.sql": asking})

    sql = compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql

    assert sql == "day [{'name': 'fiscal_year', 'column_name': None}]day date 2024-01-31T10:00:00+02:00"


def test_a_date_without_a_zone_is_a_local_one(tmp_path: Path) -> None:
    model = _loaded(tmp_path, "models: [{name: days, deprecation_date: 2024-01-31}]")[NodeId("model.shop.days")]
    assert isinstance(model, Model)
    assert model.deprecation_date == datetime.datetime(2024, 1, 31).astimezone().isoformat()


def test_a_version_has_its_own_date_only(tmp_path: Path) -> None:
    properties = """\
models:
  - name: days
    deprecation_date: 2024-01-31
    versions: [{v: 1, deprecation_date: 2025-01-31}, {v: 2}]
"""
    files = {"models/days_v1.sql": "select 1 as id", "models/days_v2.sql": "select 1 as id", "models/d.yml": properties}
    manifest = load(tmp_path, files)
    dates = [getattr(manifest[NodeId(f"model.shop.days.v{number}")], "deprecation_date", "") for number in (1, 2)]
    assert str(dates[0]).startswith("2025-01-31")
    assert dates[1] is None


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("deprecation_date: soon", "models/days.yml:3:5: deprecation_date: 'soon' is no date"),
        (
            "constraints: [{type: foreign_key, columns: [day], to: ref orders, to_columns: [id]}]",
            "Invalid 'ref' or 'source' syntax on foreign key constraint 'to' on model",
        ),
        ("time_spine: {column: day}", "models/days.yml:3:5: 'standard_granularity_column' is a required property"),
    ],
)
def test_what_is_not_of_the_right_form_is_refused(said: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as raised:
        _loaded(tmp_path, f"models:\n  - name: days\n    {said}\n")
    assert told in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("standard_granularity_column: day", "standard_granularity_column: dy", "column must be defined on the model"),
        ("granularity: day, data", "data", "column must have a granularity defined: 'day' has none"),
        ("[{name: fiscal_year}]", "[{name: a, column_name: b}]", "custom granularity columns do not exist"),
    ],
)
def test_the_columns_of_a_table_of_points_in_time_are_described(old: str, new: str, wrong: str, tmp_path: Path) -> None:
    assert old in DAYS
    with pytest.raises(ProjectError, match=wrong):
        _loaded(tmp_path, DAYS.replace(old, new))
