"""Semantic models, metrics and saved queries are kept with what they read, and are never run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.artifacts.manifest_json import manifest_json
from airflow_sqlmodels.errors import Location, ProjectError
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Metric, NodeId
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.run.plan import make_plan
from airflow_sqlmodels.templating.entries.semantic_view import semantic_part
from airflow_sqlmodels.templating.graph_view import GraphView, ProjectEntries
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import load

PROPERTIES = """\
semantic_models:
  - name: sales
    model: ref('orders')
    entities: [{name: order, type: primary, expr: id}]
    defaults: {agg_time_dimension: at}
    dimensions: [{name: at, type: time, type_params: {time_granularity: day}}]
    measures:
      - {name: total, agg: sum, expr: amount}
      - {name: orders_count, agg: count, expr: id, create_metric: true}
metrics:
  - {name: revenue, label: Revenue, type: simple, type_params: {measure: total}}
  - {name: per_order, label: Mean, type: ratio, type_params: {numerator: revenue, denominator: {name: orders_count}}}
  - {name: unused, label: Unused, type: simple, type_params: {measure: total}, config: {enabled: false}}
saved_queries:
  - {name: weekly, query_params: {metrics: [revenue, per_order]}}
"""
SPINE = "model.shop.metricflow_time_spine"
ALL = ["metric.shop.orders_count", "metric.shop.per_order", "metric.shop.revenue", SPINE, "model.shop.orders",
       "saved_query.shop.weekly", "semantic_model.shop.sales"]  # fmt: skip


def _manifest(folder: Path, properties: str = PROPERTIES, **more: str) -> Manifest:
    files = {"models/orders.sql": "select 1 as id, 2 as amount", "models/metricflow_time_spine.sql": "select 1 as a"}
    return load(folder, {**files, "models/s.yml": properties, **more})


def test_they_hang_together(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path)
    parents = graph_of(manifest).parents
    assert sorted(manifest) == ALL
    assert {node_id.partition(".shop.")[2]: sorted(above) for node_id, above in parents.items()} == {
        "metricflow_time_spine": [],
        "orders": [],
        "sales": ["model.shop.orders"],
        "revenue": ["semantic_model.shop.sales"],
        "orders_count": ["semantic_model.shop.sales"],
        "per_order": ["metric.shop.orders_count", "metric.shop.revenue"],
        "weekly": ["metric.shop.per_order", "metric.shop.revenue"],
    }


def test_only_saved_queries_are_part_of_a_build_in_which_nothing_is_sent_for_them(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path)
    assert [step.node for step in make_plan(manifest)] == [SPINE, "model.shop.orders", "saved_query.shop.weekly"]
    assert [step.node for step in make_plan(manifest, command="run")] == [SPINE, "model.shop.orders"]


@pytest.mark.parametrize(
    ("select", "expected"),
    [("metric:revenue+", ["saved_query.shop.weekly"]), ("+saved_query:weekly", ["model.shop.orders", ALL[5]]),
     ("semantic_model:shop.sales", [])],
)  # fmt: skip
def test_they_can_be_selected(select: str, expected: list[str], tmp_path: Path) -> None:
    assert [step.node for step in make_plan(_manifest(tmp_path), select=[select])] == expected


def test_the_manifest_has_them_in_parts_of_their_own(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path)
    content = manifest_json(manifest, graph_of(manifest), Invocation())
    assert set(content["semantic_models"]) == {"semantic_model.shop.sales"}
    assert content["metrics"]["metric.shop.per_order"]["type_params"]["denominator"]["name"] == "orders_count"
    assert content["saved_queries"]["saved_query.shop.weekly"]["query_params"]["metrics"] == ["revenue", "per_order"]
    assert set(content["nodes"]) == {SPINE, "model.shop.orders"}


def test_a_measure_that_is_not_there_is_told_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="no measure 'totl'") as raised:
        _manifest(tmp_path, PROPERTIES.replace("measure: total}}\n  - {name: per", "measure: totl}}\n  - {name: per"))
    assert raised.value.hint == "did you mean 'total'?"
    assert str(raised.value.at).startswith("models/s.yml:11:")


def test_macros_see_what_metrics_read_and_over_which_time(tmp_path: Path) -> None:
    properties = PROPERTIES.replace(
        "saved_queries:",
        """\
  - name: monthly
    label: Monthly
    type: cumulative
    type_params: {measure: total, cumulative_type_params: {window: 30 days}}
saved_queries:""",
    )
    manifest = _manifest(tmp_path, properties)

    seen = GraphView(ProjectEntries(manifest, 0.0, {}), {})["metrics"]["metric.shop.monthly"]

    assert seen["depends_on"]["nodes"] == ["semantic_model.shop.sales"]
    assert seen["type_params"]["cumulative_type_params"] == {
        "window": {"count": 30, "granularity": "day"},
        "grain_to_date": None,
        "period_agg": "first",
        "metric": None,
    }


def test_a_conversion_metrics_measures_are_mappings_however_they_are_written() -> None:
    said = {"base_measure": "visits", "conversion_measure": {"name": "buys", "filter": "a"}, "window": "7 days"}
    metric = Metric(
        id=NodeId("metric.shop.m"),
        name="m",
        package="shop",
        path="m.yml",
        fqn=("m",),
        at=Location("m.yml"),
        definition={"type": "conversion", "type_params": {"conversion_type_params": {**said, "entity": "user"}}},
    )
    found = semantic_part(metric)["type_params"]["conversion_type_params"]
    assert (found["base_measure"]["name"], found["base_measure"]["filter"]) == ("visits", None)
    assert found["conversion_measure"]["filter"] == {"where_filters": [{"where_sql_template": "a"}]}
    assert (found["window"], found["calculation"]) == ({"count": 7, "granularity": "day"}, "conversion_rate")


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ("name: a b, type: simple", "cannot contain spaces"),
        ("name: 1a, type: simple", "must begin with a letter"),
        ("name: a!, type: simple", "only letters, numbers and underscores"),
        ("name: a, type: simpel", "the metric 'a' has no known type"),
        (f"name: {'a' * 251}, type: simple", "more than 250 characters"),
    ],
)
def test_a_metric_that_cannot_be_asked_for_is_refused(entry: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=f"p.yml:1:1\\d: .*{wrong}"):
        load(tmp_path, {"models/p.yml": f"metrics: [{{{entry}}}]"})


def test_a_metric_that_is_off_is_among_the_disabled(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path)
    assert list(manifest.disabled) == [NodeId("metric.shop.unused")]
    content = manifest_json(manifest, graph_of(manifest), Invocation())
    assert content["disabled"]["metric.shop.unused"][0]["name"] == "unused"


def _entries(folder: Path, old: str, new: str) -> Any:
    assert old in PROPERTIES
    manifest = _manifest(folder, PROPERTIES.replace(old, new))
    return manifest_json(manifest, graph_of(manifest), Invocation())


def test_what_is_disabled_is_listed_as_disabled(tmp_path: Path) -> None:
    found = _entries(tmp_path, "{name: weekly, query", "{name: w, config: {enabled: false}, query")
    assert set(found["disabled"]) == {"metric.shop.unused", "saved_query.shop.w"}
    assert found["disabled"]["metric.shop.unused"][0]["config"]["enabled"] is False


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("[revenue, per_order]", "[revenue, unused]", "the metric 'unused' is disabled"),
        ("denominator: {name: orders_count}", "denominator: unused", "the metric 'unused' is disabled"),
        ("model: ref('orders')", "model: ref('orders')\n    config: {enabled: false}",
         "the measure 'total' of 'revenue' is referenced on disabled semantic model 'sales'"),
        (", denominator: {name: orders_count}", "", "the metric 'per_order' does not say what it is made of"),
        ("type_params: {measure: total}}", "type_params: {expr: a}}", "'revenue' does not say what it is made of"),
        ("expr: amount}", "expr: amount}\n      - {name: total, agg: sum}", "two measures are named 'total'"),
        ("agg: sum", "agg: summe", "no type 'summe' of measure"),
        ("type: primary, ", "type: primry, ", "no type 'primry' of entity"),
    ],
)  # fmt: skip
def test_what_cannot_be_asked_for_is_refused(old: str, new: str, wrong: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=wrong):
        _entries(tmp_path, old, new)


@pytest.mark.parametrize("said", ["window: 7 days", "grain_to_date: month"])
def test_cumulative_metrics_of_the_older_form_are_refused_unless_the_project_says_otherwise(
    said: str, tmp_path: Path
) -> None:
    metric = f"  - {{name: weekly, label: W, type: cumulative, type_params: {{measure: total, {said}}}}}\n"
    properties = PROPERTIES.replace("metrics:\n", "metrics:\n" + metric, 1)
    with pytest.raises(
        ProjectError, match=r"s\.yml:11:5: .*'weekly' says type_params\.\w+, which is .*cumulative_type"
    ):
        _manifest(tmp_path, properties)

    project = "name: shop\nflags: {require_nested_cumulative_type_params: false}\n"
    manifest = _manifest(tmp_path, properties, **{"dbt_project.yml": project})
    (warning,) = (each for each in manifest.warnings if isinstance(each, Warned) and each.name.startswith("MF"))
    assert warning.name == "MFCumulativeTypeParamsDeprecation"
    assert "metric.shop.weekly" in manifest


def test_without_a_model_of_days_there_are_no_semantic_models(tmp_path: Path) -> None:
    files = {"models/orders.sql": "select 1 as id", "models/s.yml": PROPERTIES}
    with pytest.raises(ProjectError, match="requires a time spine model"):
        load(tmp_path, files)
    days = (
        "models: [{name: d, time_spine: {standard_granularity_column: at}, columns: [{name: at, granularity: GRAIN}]}]"
    )
    more = {**files, "models/d.sql": "select 1 as at"}
    with pytest.raises(ProjectError, match="requires a time spine model"):
        load(tmp_path, {**more, "models/d.yml": days.replace("GRAIN", "month")})
    assert load(tmp_path, {**more, "models/d.yml": days.replace("GRAIN", "hour")})


def test_meta_of_a_semantic_model_is_that_of_its_elements_and_metrics(tmp_path: Path) -> None:
    found = _entries(tmp_path, "model: ref('orders')", "model: ref('orders')\n    config: {meta: {team: a}}")
    said = found["semantic_models"]["semantic_model.shop.sales"]
    assert said["entities"][0]["config"] == {"meta": {"team": "a"}}
    made = found["metrics"]["metric.shop.orders_count"]
    assert (made["config"]["meta"], made["meta"]) == ({"team": "a"}, {"team": "a"})
    assert (made["description"], made["type_params"]["expr"]) == ("Metric created from measure orders_count", "id")


def test_meta_beside_the_config_of_a_metric_is_rendered(tmp_path: Path) -> None:
    found = _entries(tmp_path, "label: Revenue, ", "label: Revenue, meta: {a: \"{{ 'b' }}\"}, ")
    (metric,) = (each for each in found["metrics"].values() if each["label"] == "Revenue")
    assert metric["meta"] == {"a": "b"}


def test_meta_and_tags_beside_config_are_the_metrics_not_its_configs(tmp_path: Path) -> None:
    found = _entries(tmp_path, "label: Revenue, ", "label: Revenue, meta: {a: 1}, tags: [t], ")
    metric = found["metrics"]["metric.shop.revenue"]
    assert (metric["meta"], metric["tags"], metric["config"]["meta"]) == ({"a": 1}, ["t"], {})


def test_what_the_project_file_says_of_semantic_models_and_saved_queries_is_not_kept_as_written(
    tmp_path: Path,
) -> None:
    project = (
        "name: shop\nsaved-queries: {+cache: {enabled: true}}\nsemantic-models: {+meta: {a: 1}}\n"
        "metrics: {+meta: {a: 1}}\n"
    )
    properties = PROPERTIES.replace("{name: weekly, query", "{name: weekly, config: {meta: {b: 1}}, query")
    manifest = _manifest(tmp_path, properties, **{"dbt_project.yml": project})
    found = manifest_json(manifest, graph_of(manifest), Invocation())
    query = found["saved_queries"]["saved_query.shop.weekly"]
    assert (query["config"]["cache"], query["unrendered_config"]) == ({"enabled": True}, {"meta": {"b": 1}})
    assert found["semantic_models"]["semantic_model.shop.sales"]["config"]["meta"] == {"a": 1}
    assert found["metrics"]["metric.shop.revenue"]["unrendered_config"] == {"meta": {"a": 1}}


def test_exports_take_from_their_query_what_they_do_not_say(tmp_path: Path) -> None:
    new = ("{name: weekly, tags: b, config: {export_as: table, schema: out, tags: [a]}, "
           "exports: [{name: one}, {name: two, config: {export_as: view, alias: x}}], ")  # fmt: skip
    said = _entries(tmp_path, "{name: weekly, ", new)["saved_queries"]["saved_query.shop.weekly"]
    configs = [each["config"] for each in said["exports"]]
    assert [(each["export_as"], each["schema_name"], each["alias"]) for each in configs] == [
        ("table", "out", "one"),
        ("view", "out", "x"),
    ]
    assert said["tags"] == ["a", "b"]


@pytest.mark.parametrize(
    ("said", "tags"),
    [("", ["all"]), ("tags: top, ", ["all", "top"]), ("tags: top, config: {tags: [own]}, ", ["own", "top"])],
)
def test_the_config_of_a_saved_query_says_all_of_its_tags(said: str, tags: list[str], tmp_path: Path) -> None:
    project = "name: shop\nsaved-queries: {+tags: [all]}\n"
    properties = PROPERTIES.replace("{name: weekly, ", f"{{name: weekly, {said}")
    manifest = _manifest(tmp_path, properties, **{"dbt_project.yml": project})

    found = manifest_json(manifest, graph_of(manifest), Invocation())
    assert found["saved_queries"]["saved_query.shop.weekly"]["tags"] == tags


def test_templates_are_rendered_but_for_conditions(tmp_path: Path) -> None:
    new = "label: \"{{ 'Sa' ~ 'les' }}\", filter: \"{{ Dimension('order__a') }}\", "
    metric = _entries(tmp_path, "label: Revenue, ", new)["metrics"]["metric.shop.revenue"]
    assert metric["label"] == "Sales"
    assert metric["filter"] == {"where_filters": [{"where_sql_template": "{{ Dimension('order__a') }}"}]}


def test_manifest_json_says_which_metrics_an_exposure_reads(tmp_path: Path) -> None:
    exposure = "exposures: [{name: e, type: ml, owner: {name: me}, depends_on: [ref('orders'), metric('revenue')]}]\n"
    manifest = _manifest(tmp_path, PROPERTIES + exposure)
    said = manifest_json(manifest, graph_of(manifest), Invocation())["exposures"]["exposure.shop.e"]
    assert said["depends_on"]["nodes"] == ["model.shop.orders", "metric.shop.revenue"]
    assert said["metrics"] == [["revenue"]]
