"""Semantic models and metrics inside of models: what manifest.json says of them, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.artifacts.manifest_json import manifest_json
from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import load

MODEL = """\
models:
  - name: orders
    description: All orders.
    {semantic}
    agg_time_dimension: ordered_at
    primary_entity: order
    columns:
      - name: id
        description: The key.
        config: {{meta: {{owner: sales, level: column}}}}
        entity: {{name: order, type: primary}}
        dimension: {{name: number, type: categorical, config: {{meta: {{level: dimension}}}}}}
      - name: ordered_at
        granularity: day
        dimension: {{type: time, validity_params: {{is_start: true}}}}
      - {{name: customer, entity: foreign, dimension: categorical}}
      - {{name: plain}}
    derived_semantics:
      entities: [{{name: pair, type: unique, expr: id || customer}}]
      dimensions: [{{name: week, type: time, expr: "date_trunc('week', ordered_at)", granularity: week}}]
    metrics:
{metrics}
"""
METRICS = """\
      - {name: orders, type: simple, agg: count, expr: 1, filter: "{{ Dimension('order__number') }} > 0"}
      - {name: late, type: simple, agg: percentile, percentile: 0.9, percentile_type: discrete, hidden: true,
         agg_time_dimension: week}
      - {name: monthly, type: cumulative, input_metric: orders, window: 30 days, label: By month}
      - {name: share, type: ratio, numerator: {name: late, filter: a > 1}, denominator: orders}
      - {name: bought, type: conversion, base_metric: orders, conversion_metric: orders, entity: order,
         calculation: conversions}
      - {name: more, type: derived, expr: orders + 1, input_metrics: [{name: orders, offset_window: 1 week}]}
"""


NOT_WITH_METRICS = {
    "    primary_entity: order\n": "",
    ", validity_params: {is_start: true}": "",
    ", dimension: categorical}": "}",
    "name: week": "name: wk",
    "_dimension: week": "_dimension: wk",
}
"""What the rules of the semantic layer refuse, and with what else in its place they let it be."""


def _load(folder: Path, metrics: str = METRICS, semantic: str = "semantic_model: true", more: str = "") -> Any:
    text = MODEL.format(metrics=metrics, semantic=semantic) + more
    for refused, allowed in NOT_WITH_METRICS.items() if metrics else ():
        text = text.replace(refused, allowed)
    files = {"models/orders.sql": "select 1 as id", "models/metricflow_time_spine.sql": "select 1 as date_day"}
    return load(folder, {**files, "models/p.yml": text})


def _json(folder: Path, metrics: str = METRICS, semantic: str = "semantic_model: true", more: str = "") -> Any:
    manifest = _load(folder, metrics, semantic, more)
    return manifest_json(manifest, graph_of(manifest), Invocation())


def test_a_semantic_model_is_made_of_a_models_columns(tmp_path: Path) -> None:
    said = _json(tmp_path, metrics="")["semantic_models"]["semantic_model.shop.orders"]

    assert said["depends_on"]["nodes"] == ["model.shop.orders"]
    assert (said["description"], said["primary_entity"]) == ("All orders.", "order")
    assert said["defaults"] == {"agg_time_dimension": "ordered_at"}
    assert [(each["name"], each["type"], each["expr"]) for each in said["entities"]] == [
        ("order", "primary", "id"),
        ("customer", "foreign", None),
        ("pair", "unique", "id || customer"),
    ]
    assert [(each["name"], each["type"], each["expr"], each["type_params"]) for each in said["dimensions"]] == [
        ("number", "categorical", "id", None),
        ("ordered_at", "time", None,
         {"time_granularity": "day", "validity_params": {"is_start": True, "is_end": False}}),
        ("customer", "categorical", None, None),
        ("week", "time", "date_trunc('week', ordered_at)", {"time_granularity": "week", "validity_params": None}),
    ]  # fmt: skip
    assert said["entities"][0]["config"] == {"meta": {"owner": "sales", "level": "column"}}
    assert said["dimensions"][0]["config"] == {"meta": {"owner": "sales", "level": "dimension"}}
    assert said["dimensions"][0]["description"] == "The key."


TEMPLATES = """\
models:
  - name: orders
    semantic_model: {name: "{{ 'sales' }}"}
    agg_time_dimension: "{{ 'at' }}"
    primary_entity: "{{ 'order' }}"
    columns: [{name: at, granularity: day, dimension: {type: time}}]
    derived_semantics:
      entities: [{name: pair, type: "{{ 'unique' }}", expr: id}]
      dimensions: [{name: wk, type: "{{ 'time' }}", expr: at, granularity: "{{ 'week' }}"}]
    time_spine: {standard_granularity_column: "{{ 'at' }}"}
"""


def test_what_stands_in_the_model_may_be_templates(tmp_path: Path) -> None:
    manifest = load(tmp_path, {"models/orders.sql": "select 1 as id", "models/p.yml": TEMPLATES})

    said = manifest_json(manifest, graph_of(manifest), Invocation())
    sales = said["semantic_models"]["semantic_model.shop.sales"]
    assert (sales["defaults"], sales["primary_entity"]) == ({"agg_time_dimension": "at"}, "order")
    assert (sales["entities"][-1]["type"], sales["dimensions"][-1]["type"]) == ("unique", "time")
    assert sales["dimensions"][-1]["type_params"]["time_granularity"] == "week"
    assert said["nodes"]["model.shop.orders"]["time_spine"]["standard_granularity_column"] == "at"


def test_the_type_of_a_metric_may_be_a_template(tmp_path: Path) -> None:
    metrics = METRICS.replace("type: simple, agg: count", "type: \"{{ 'simple' }}\", agg: count")

    assert _json(tmp_path, metrics)["metrics"]["metric.shop.orders"]["type"] == "simple"


def test_the_columns_of_the_model_say_what_they_are(tmp_path: Path) -> None:
    columns = _json(tmp_path, metrics="")["nodes"]["model.shop.orders"]["columns"]

    assert columns["customer"]["entity"] == "foreign"
    assert columns["ordered_at"]["dimension"] == {
        "name": "ordered_at",
        "type": "time",
        "description": "",
        "label": None,
        "is_partition": False,
        "config": {},
        "validity_params": {"is_start": True, "is_end": False},
    }
    assert (columns["plain"]["entity"], columns["plain"]["dimension"]) == (None, None)


def test_metrics_in_a_model_belong_to_its_semantic_model(tmp_path: Path) -> None:
    metrics = {key.rpartition(".")[2]: each for key, each in _json(tmp_path)["metrics"].items()}

    assert {name: each["depends_on"]["nodes"] for name, each in metrics.items()} == {
        "orders": ["semantic_model.shop.orders"],
        "late": ["semantic_model.shop.orders"],
        "monthly": ["metric.shop.orders"],
        "share": ["metric.shop.late", "metric.shop.orders"],
        "bought": ["metric.shop.orders"],
        "more": ["metric.shop.orders"],
    }
    params = {name: each["type_params"] for name, each in metrics.items()}
    assert params["orders"]["metric_aggregation_params"] == {
        "semantic_model": "orders",
        "agg": "count",
        "agg_params": {"percentile": None, "use_discrete_percentile": False, "use_approximate_percentile": False},
        "agg_time_dimension": "ordered_at",
        "non_additive_dimension": None,
    }
    assert params["orders"]["expr"] == "1"
    assert metrics["orders"]["filter"]["where_filters"][0]["where_sql_template"].startswith("{{ Dimension(")
    late = params["late"]["metric_aggregation_params"]
    assert (late["agg_time_dimension"], late["agg_params"]["use_discrete_percentile"]) == ("wk", True)
    assert (params["late"]["is_private"], params["orders"]["is_private"]) == (True, False)
    assert params["monthly"]["cumulative_type_params"]["window"] == {"count": 30, "granularity": "day"}
    assert params["monthly"]["cumulative_type_params"]["metric"]["name"] == "orders"
    assert params["share"]["numerator"]["filter"]["where_filters"] == [{"where_sql_template": "a > 1"}]
    assert params["bought"]["conversion_type_params"]["conversion_metric"]["name"] == "orders"
    assert params["more"]["metrics"][0]["offset_window"] == {"count": 1, "granularity": "week"}
    assert (metrics["monthly"]["label"], metrics["orders"]["label"]) == ("By month", "orders")


def test_it_may_have_another_name_and_configs(tmp_path: Path) -> None:
    semantic = "semantic_model: {name: sales, config: {meta: {level: model, team: a}}}"
    found = _json(tmp_path, semantic=semantic)

    said = found["semantic_models"]["semantic_model.shop.sales"]
    assert said["config"] == {"enabled": True, "group": None, "meta": {"level": "model", "team": "a"}}
    assert said["entities"][0]["config"] == {"meta": {"level": "column", "team": "a", "owner": "sales"}}
    assert found["metrics"]["metric.shop.orders"]["depends_on"]["nodes"] == ["semantic_model.shop.sales"]


@pytest.mark.parametrize("semantic", ["semantic_model: false", "semantic_model: {enabled: false}", "config: {}"])
def test_a_model_that_is_no_semantic_model_has_no_metrics(semantic: str, tmp_path: Path) -> None:
    found = _json(tmp_path, semantic=semantic)
    assert (found["semantic_models"], found["metrics"]) == ({}, {})


def test_metrics_of_metrics_may_stand_beside_the_models(tmp_path: Path) -> None:
    more = "metrics: [{name: twice, type: derived, expr: orders * 2, input_metrics: [orders]}]"
    assert _json(tmp_path, more=more)["metrics"]["metric.shop.twice"]["depends_on"]["nodes"] == ["metric.shop.orders"]


@pytest.mark.parametrize(
    ("metrics", "semantic", "more", "wrong"),
    [
        ("", "semantic_model: yes please", "", "p.yml:4:5: 'semantic_model' must be true or false or a mapping"),
        ("", "semantic_model: {nam: a}", "", "p.yml:4:22: .*'nam' was unexpected"),
        ("      - {name: ab, type: simple}", "", "", "p.yml:2\\d:9: .*agg is required for simple metrics"),
        ("      - {name: ab, type: cumulative}", "", "", "input_metric is required for cumulative metrics"),
        ("      - {name: ab, type: conversion, entity: a}", "", "", "base_metric is required for conversion metrics"),
        ("      - {name: ab, type: ratio, numerator: a}", "", "", "denominator is required for ratio metrics"),
        ("      - {type: ratio}", "", "", "a metric has no name"),
        ("", "", "metrics: [{name: ab, type: simple, agg: sum}]", "must be attached to semantic_model"),
        ("", "", "metrics: [{name: ab, type: derived, input_metrics: [nix]}]", "no metric 'nix'"),
        ("      - {name: ab, type: simple, agg: sum}\n      - {name: ab, type: simple, agg: sum}", "", "",
         "two of the kind metric are named 'ab'"),
    ],
)  # fmt: skip
def test_what_says_too_little_is_refused_with_its_place(
    metrics: str, semantic: str, more: str, wrong: str, tmp_path: Path
) -> None:
    with pytest.raises(ProjectError, match=wrong):
        _load(tmp_path, metrics, semantic or "semantic_model: true", more)


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("entity: foreign", "entity: foreig", "'entity' must be one of 'foreign', .* or a mapping, not 'foreig'"),
        ("granularity: day", "granularity: dya", "'granularity' must be one of 'nanosecond', .*, not 'dya'"),
        ("{type: time, valid", "{valid", "15:9: 'type' is a required property"),
        ("expr: id || customer", "label: a", "19:18: 'expr' is a required property"),
        ("entity: foreign", "entity: [a]", "'entity' must be one of .* or a mapping, not a list"),
    ],
)
def test_elements_that_cannot_be_are_refused(old: str, new: str, wrong: str, tmp_path: Path) -> None:
    text = MODEL.format(metrics=METRICS, semantic="semantic_model: true")
    assert old in text
    files = {"models/orders.sql": "select 1 as id", "models/metricflow_time_spine.sql": "select 1 as date_day"}
    with pytest.raises(ProjectError, match=wrong):
        load(tmp_path, {**files, "models/p.yml": text.replace(old, new)})


def test_a_description_of_no_model_is_no_semantic_model(tmp_path: Path) -> None:
    text = MODEL.format(metrics=METRICS, semantic="semantic_model: true")
    manifest = load(tmp_path, {"models/other.sql": "select 1 as id", "models/p.yml": text})
    assert list(manifest) == ["model.shop.other"]
