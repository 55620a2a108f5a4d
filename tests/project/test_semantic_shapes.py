"""What belongs to the semantic layer and is of another shape than it must be: refused with its line, as dbt does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.artifacts.manifest_json import manifest_json
from airflow_sqlmodels.errors import CompilationError, ProjectError
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import load

FILES = {"models/m.sql": "select 1 as id", "models/mo.sql": "select 1 as id", "models/spine.sql": "select 1 as day"}
SPINE = "- {name: spine, time_spine: {standard_granularity_column: day}, columns: [{name: day, granularity: day}]}"
OLDER = f"""\
models:
  {SPINE}
semantic_models:
  - name: sales
    model: ref('m')
    defaults: {{agg_time_dimension: at}}
    entities: [{{name: order, type: primary, expr: id}}]
    dimensions: [{{name: at, type: time, type_params: {{time_granularity: day}}}}]
    measures: [{{name: total, agg: sum, expr: a}}, {{name: visits, agg: count, expr: id}}]
metrics:
  - {{name: net, label: Net, type: simple, type_params: {{measure: total}}}}
  - name: way
    label: Way
    type: cumulative
    type_params: {{measure: total, cumulative_type_params: {{window: 7 days}}}}
saved_queries:
  - name: weekly
    config: {{enabled: true}}
    query_params: {{metrics: [net]}}
    exports: [{{name: e, config: {{export_as: view}}}}]
"""
INSIDE = f"""\
models:
  {SPINE}
  - name: mo
    semantic_model: true
    agg_time_dimension: at
    columns:
      - {{name: id, entity: primary}}
      - {{name: at, granularity: day, dimension: {{type: time}}}}
    derived_semantics:
      entities: [{{name: pair, type: foreign, expr: id}}]
      dimensions: [{{name: wk, type: time, expr: at, granularity: week}}]
    metrics:
      - {{name: net, type: simple, agg: count, expr: id}}
      - {{name: way, type: conversion, entity: id, base_metric: net, conversion_metric: net, calculation: conversions}}
"""


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("type: primary, expr: id", "type: primary, expr: 1", "7:45: 'expr' must be a text, not 1"),
        ("type: primary,", "type: primary, color: red,", "7:45: .*'color' was unexpected"),
        ("type: primary,", "type: primary, label: 5,", "7:45: 'label' must be a text, not 5"),
        ("{name: order, type: primary, expr: id}", "{name: order}", "7:16: 'type' is a required property"),
        ("type: time,", "type: time, is_partition: yes please,", "8:41: 'is_partition' must be true or false"),
        (
            "time_granularity: day}}]",
            "time_granularity: dya}}]",
            "8:55: 'time_granularity' must be one of 'nanosecond'",
        ),
        ("{time_granularity: day}}]", "{}}]", "'time_granularity' is a required property"),
        ("expr: a}", "expr: 1.5}", "9:40: 'expr' must be a text or true or false or a whole number, not 1.5"),
        ("expr: a}", "expr: a, create_metric: 1}", "'create_metric' must be true or false, not 1"),
        ("expr: a}", "expr: a, agg_params: {percentile: x}}", "'percentile' must be a number, not 'x'"),
        ("expr: a}", "expr: a, non_additive_dimension: {name: at}}", "'window_choice' is a required property"),
        (
            "expr: a}",
            "expr: a, non_additive_dimension: {name: at, window_choice: least}}",
            "'window_choice' must be one of 'sum', 'min'",
        ),
        ("expr: a}", "expr: a, config: {meta: }}", "'meta' must be a mapping, not nothing"),
        ("model: ref('m')", "model: ref(", "5:5: the model of the semantic model 'sales' cannot be read"),
        ("model: ref('m')", "label: a", "4:5: 'model' is a required property"),
        ("{agg_time_dimension: at}", "{agg_time_dimension: at, x: 1}", "6:40: .*'x' was unexpected"),
        (
            "measure: total}}",
            "measure: {name: total, fill_nulls_with: [0]}}}",
            "'fill_nulls_with' must be a whole number",
        ),
        ("measure: total}}", "measure: {name: total, join: true}}}", "'join' was unexpected"),
        ("measure: total}}", "measure: [total]}}", "'measure' must be a text or a mapping, not a list"),
        ("measure: total}}", "measure: total, expr: 1}}", "'expr' must be a text or true or false, not 1"),
        ("measure: total}}", "measure: total, share: 1}}", "'share' was unexpected"),
        ("measure: total}}", "measure: total, grain_to_date: ''}}", "'grain_to_date' must be one of 'nanosecond'"),
        ("measure: total}}", "measure: total}, filter: 5}", "'filter' must be a text or a list, not 5"),
        ("label: Net", "label: 1", "11:17: 'label' must be a text, not 1"),
        ("label: Net", "label: Net, meta: null", "'meta' must be a mapping, not nothing"),
        ("label: Net", "config: {enabled: }", "the config 'enabled': None is not of type 'boolean'"),
        (
            "window: 7 days",
            "window: 7days",
            "the metric 'way': 'window' must be a number and a unit of time, not '7days'",
        ),
        (
            "window: 7 days",
            "period_agg: lst",
            "the metric 'way': 'period_agg' must be one of 'first', 'last', 'average'",
        ),
        ("    query_params: {metrics: [net]}\n", "", "'query_params' is a required property"),
        ("metrics: [net]}", "metrics: [net], limit: ten}", "'limit' must be a whole number, not 'ten'"),
        ("metrics: [net]}", "metrics: [net], where: {a: b}}", "'where' must be a text or a list, not a mapping"),
        ("name: e,", "name: e, kind: 1,", "'kind' was unexpected"),
        ("enabled: true", "cache: true", "the config 'cache': True is not of type 'object'"),
        ("enabled: true", "cache: {enabled: 1}", "the config 'cache': 1 is not of type 'boolean'"),
        ("enabled: true", "export_as: file", "the config 'export_as': 'file' is none of 'table', 'view'"),
        ("export_as: view}", "export_as: ''}", "the export 'e' of the saved query 'weekly' has the export_as ''"),
        (
            "column: day}",
            "column: day, custom_granularities: [{column_name: a}]}",
            "2:89: 'name' is a required property",
        ),
        ("column: day}", "column: day, custom_granularities: [{name: a, x: 1}]}", "'x' was unexpected"),
    ],
)
def test_what_has_lists_of_its_own(old: str, new: str, told: str, tmp_path: Path) -> None:
    assert old in OLDER
    with pytest.raises((ProjectError, CompilationError), match=rf"^models/p\.yml:.*{told}"):
        load(tmp_path, FILES | {"models/p.yml": OLDER.replace(old, new, 1)})


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("semantic_model: true", "semantic_model: {name: 1}", "4:22: 'name' must be a text, not 1"),
        ("semantic_model: true", "semantic_model: {config: {tags: a}}", "'tags' was unexpected"),
        ("entity: primary", "entity: {type: primary, expr: a}", "7:44: .*'expr' was unexpected"),
        ("{type: time}", "{type: tiem}", "8:50: 'type' must be one of 'categorical', 'time', not 'tiem'"),
        ("{type: time}", "{type: time, label: 1}", "'label' must be a text, not 1"),
        ("type: foreign, expr: id", "type: foreign, expr: 1", "10:46: 'expr' must be a text, not 1"),
        ("type: foreign, ", "type: foreign, role: a, ", "'role' was unexpected"),
        ("granularity: week", "validity_params: {is_end: 1}", "'is_end' must be true or false, not 1"),
        ("agg: count, expr: id", "agg: count, expr: true", "'expr' must be a text or a whole number, not True"),
        ("agg: count,", "agg: summ,", "the metric 'net': 'agg' must be one of 'sum', 'min'"),
        ("agg: count,", "agg: count, tags: [a],", "'tags' was unexpected"),
        ("agg: count,", "agg: count, type_params: {measure: a},", "'type_params' was unexpected"),
        ("agg: count,", "agg: count, percentile: half,", "'percentile' must be a number, not 'half'"),
        ("agg: count,", "agg: count, non_additive_dimension: {name: at},", "'window_agg' is a required property"),
        ("base_metric: net", "base_metric: {name: net, offset_window: week}", "'offset_window' must be a number and a"),
        (
            ", calculation: conversions",
            "",
            "'calculation' must be one of 'conversions', 'conversion_rate', not nothing",
        ),
        (
            "entity: id,",
            "entity: id, constant_properties: [{base_property: a}],",
            "'conversion_property' is a required",
        ),
    ],
)
def test_what_stands_inside_of_models(old: str, new: str, told: str, tmp_path: Path) -> None:
    assert old in INSIDE
    with pytest.raises(ProjectError, match=rf"^models/p\.yml:.*{told}"):
        load(tmp_path, FILES | {"models/p.yml": INSIDE.replace(old, new, 1)})


def _json(folder: Path, text: str) -> dict[str, Any]:
    manifest = load(folder, FILES | {"models/p.yml": text})
    return manifest_json(manifest, graph_of(manifest), Invocation())


def test_what_dbt_takes_is_taken(tmp_path: Path) -> None:
    """A metric without a label or a type, tags in a config that knows none, a week that says when it is valid."""
    older = OLDER.replace("label: Net, type: simple, ", "filter: '', config: {tags: 5}, ")
    inside = INSIDE.replace("granularity: week", "validity_params: {is_end: true}").replace("net, type: simple", "net")
    net = _json(tmp_path / "a", older)["metrics"]["metric.shop.net"]
    found = _json(tmp_path / "b", inside)
    assert (net["label"], net["type"], net["config"]["tags"]) == ("net", "simple", 5)
    assert net["filter"] == {"where_filters": [{"where_sql_template": ""}]}
    assert found["metrics"]["metric.shop.net"]["type"] == "simple"
    assert found["semantic_models"]["semantic_model.shop.mo"]["dimensions"][1]["type_params"] is None


def test_exports_go_where_their_query_says(tmp_path: Path) -> None:
    """By its export_as and its schema alone, in texts; of a cache it is said whether there is one."""
    config = "config: {schema: 5, alias: a, export_as: Table, cache: {size: 9}}"
    exports = "exports: [{name: e}, {name: f, config: {schema_name: 7, alias: 8, database: 9}}]"
    text = OLDER.replace("config: {enabled: true}", config).replace(
        "exports: [{name: e, config: {export_as: view}}]", exports
    )
    query = _json(tmp_path, text)["saved_queries"]["saved_query.shop.weekly"]
    assert (query["config"]["schema"], query["config"]["cache"]) == ("5", {"enabled": False})
    assert [each["config"] for each in query["exports"]] == [
        {"export_as": "table", "schema_name": "5", "alias": "e", "database": ""},
        {"export_as": "table", "schema_name": "7", "alias": "8", "database": "9"},
    ]
