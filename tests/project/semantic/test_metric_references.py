"""`metric(...)` in templates: what they read, what it gives, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.artifacts.manifest_json import manifest_json
from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.errors import CompilationError, NamingError
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Model, NodeId
from airflow_sqlmodels.project.load import load_project
from airflow_sqlmodels.run.plan import make_plan
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import TARGET, load, write_project

FILES = {
    "models/orders.sql": "select 1 as id, 2 as amount",
    "models/metricflow_time_spine.sql": "select 1 as date_day",
    "models/s.yml": """\
        semantic_models:
          - name: sales
            model: ref('orders')
            entities: [{name: order, type: primary, expr: id}]
            defaults: {agg_time_dimension: at}
            dimensions: [{name: at, type: time, type_params: {time_granularity: day}}]
            measures: [{name: total, agg: sum, expr: amount}]
        metrics:
          - {name: revenue, label: Revenue, type: simple, type_params: {measure: total}}
          - {name: bought, label: Bought, type: simple, type_params: {measure: total}}
          - {name: mean, label: Mean, type: ratio, type_params: {numerator: revenue, denominator: bought}}
          - {name: more, label: More, type: derived, type_params: {expr: mean, metrics: [mean, revenue]}}
          - {name: unused, label: Unused, type: simple, type_params: {measure: total}, config: {enabled: false}}
        """,
}
USES = NodeId("model.shop.uses")


def _manifest(folder: Path, template: str, **more: str) -> Manifest:
    return load(folder, {**FILES, "models/uses.sql": template, **more})


def _compiled(folder: Path, template: str) -> str:
    manifest = _manifest(folder, template)
    return compile_node(answerer(manifest, Invocation()), manifest[USES], None).sql.strip()


GIVES = {
    "{{ metric('mean') }} {{ metric('shop', 'mean').label }} {{ metric(none, 'mean').metric_name }}": "mean Mean mean",
    "{% set m = metric('more') %}{{ m.name }} {{ m.type }} {{ m.type_params.metrics[0].name }}": (
        "more MetricType.DERIVED mean"
    ),
    "{{ metric('mean').type.value }} {{ metric('mean').depends_on.nodes }}": (
        "ratio ['metric.shop.revenue', 'metric.shop.bought']"
    ),
    "{{ metric('more').full_metric_dependency() }}": "['more', 'mean', 'revenue', 'bought']",
    "{{ metric('more').base_metric_dependency() }}": "['revenue', 'bought']",
    "{{ metric('more').derived_metric_dependency() }}": "['more', 'mean']",
    "{{ metric('more').derived_metric_dependency_depth() }}": "[{'more': 1}, {'mean': 2}]",
    "{{ metric('revenue').derived_metric_dependency_depth() }}{{ metric('revenue').no is defined }}": "[]False",
}


@pytest.mark.parametrize("template", GIVES)
def test_a_metric_gives_its_name_and_what_is_said_of_it(template: str, tmp_path: Path) -> None:
    assert _compiled(tmp_path, template) == GIVES[template]


@pytest.mark.parametrize("label", ["{{ m.label }}", "{{ m.type_params.numerator.name }}", "{{ m.package_name }}"])
def test_nothing_but_its_name_is_known_while_it_is_read(label: str, tmp_path: Path) -> None:
    manifest = _manifest(tmp_path, "{% set m = metric('mean') %}{{ config(alias='to_' ~ m) }}" + label)

    model = manifest[USES]
    assert isinstance(model, Model)
    assert model.relation.identifier == "to_mean"


def test_what_asks_for_metrics_depends_on_them(tmp_path: Path) -> None:
    template = (
        "{{ config(pre_hook=\"select '{{ metric('mean') }}'\") }}{{ metric('more') }}{{ metric('shop', 'mean') }}"
    )
    manifest = _manifest(tmp_path, template + "{{ ref('orders') }}")

    content = manifest_json(manifest, graph_of(manifest), Invocation())

    entry = content["nodes"][USES]
    assert entry["metrics"] == [["more"], ["shop", "mean"], ["mean"]]
    assert entry["depends_on"]["nodes"] == ["model.shop.orders", "metric.shop.more", "metric.shop.mean"]
    assert USES in content["child_map"]["metric.shop.more"]


def test_it_is_built_behind_what_its_metrics_are_made_of(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path, "select '{{ metric('more') }}'")

    steps = {step.node: step for step in make_plan(manifest, command="run")}

    assert NodeId("model.shop.orders") in steps[USES].after


def test_a_macro_asks_for_the_node_that_calls_it(tmp_path: Path) -> None:
    macro = "{% macro asked(name) %}{{ metric(name) }}{% endmacro %}"
    manifest = _manifest(tmp_path, "{{ asked('mean') }}", **{"macros/m.sql": macro})

    assert "metric.shop.mean" in manifest[USES].depends_on


@pytest.mark.parametrize(
    ("template", "what", "hint"),
    [("select\n  {{ metric('revnue') }}", "named 'revnue' which was not found", "did you mean 'revenue'?"),
     ("select\n  {{ metric('unused') }}", "named 'unused' which is disabled: see models/s.yml", "enable it"),
     ("select\n  {{ metric('other', 'mean') }}", "in package or project 'other' which was not found", ""),
     ("select\n  {{ metric(1) }}", "must be a string, it is int", "metric() takes"),
     ("select\n  {{ metric(2, 'mean') }}", "the package given to metric\\(\\) must be a string", "metric() takes"),
     ("select\n  {{ metric('a', 'b', 'c') }}", "at most two arguments \\(3 given\\)", "metric() takes")],
)  # fmt: skip
def test_a_metric_that_is_not_there_is_told_with_its_place(template: str, what: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises((NamingError, CompilationError), match=what) as raised:
        _manifest(tmp_path, template)

    assert str(raised.value.at).startswith("models/uses.sql:2:")
    assert raised.value.hint.startswith(hint)


def test_one_that_was_not_seen_while_reading_is_looked_for_by_name(tmp_path: Path) -> None:
    assert _compiled(tmp_path, "{% if execute %}{{ metric('mean') }}{% endif %}") == "mean"
    with pytest.raises(CompilationError, match="no metric 'unused': it was not found or is disabled"):
        _compiled(tmp_path, "{% if execute %}{{ metric('unused') }}{% endif %}")


def test_a_test_that_asks_for_none_there_is_left_out(tmp_path: Path) -> None:
    manifest = _manifest(tmp_path, "select 1", **{"tests/t.sql": "select '{{ metric('nope') }}'"})

    assert NodeId("test.shop.t") not in manifest
    assert "test.shop.t" in manifest.disabled
    (warned,) = (each for each in manifest.warnings if each.name == "NodeNotFoundOrDisabled")
    assert "tests/t.sql:1:20: test.shop.t depends on a metric named 'nope' which was not found" in warned.text


def test_a_changed_model_is_read_alone_and_keeps_its_metrics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLMODELS_CACHE_DIR", str(tmp_path / "cache"))
    root = write_project(
        tmp_path / "p", {**FILES, "models/uses.sql": "select '{{ metric('more') }}{{ metric('mean') }}'"}
    )
    load_project(root, target=TARGET)
    (root / "models/uses.sql").write_text("select '{{ metric('mean') }}'")

    manifest = load_project(root, target=TARGET)

    assert manifest[USES].depends_on == ("metric.shop.mean",)
    assert manifest[USES] == load_project(root, target=TARGET, cache=False)[USES]


def test_the_metrics_of_the_project_go_before_those_of_a_package(tmp_path: Path) -> None:
    package = {f"packages/p/{path}": text for path, text in FILES.items()}
    package = {path: text.replace("metricflow_time_spine", "spine") for path, text in package.items()}
    package = {path.replace("metricflow_time_spine", "spine"): text for path, text in package.items()}
    properties = (
        FILES["models/s.yml"].replace("sales", "p_sales").replace("total", "p_total").replace("order,", "thing,")
    )
    package["packages/p/models/s.yml"] = properties.replace("label: ", "label: P ")
    package = {path.replace("orders.sql", "p_orders.sql"): text.replace("ref('orders')", "ref('p_orders')")
               for path, text in package.items()}  # fmt: skip
    package["packages/p/dbt_project.yml"] = "name: p\nconfig-version: 2\n"
    package["packages/p/models/own.sql"] = "{{ metric('mean') }}{{ metric('p', 'mean') }}"
    files = {**FILES, **package, "packages.yml": "packages: [{local: packages/p}]"}
    root = write_project(tmp_path, {**files, "models/uses.sql": "{{ metric('mean') }}{{ metric('p', 'mean') }}"})
    (root / "dbt_packages").mkdir()
    (root / "dbt_packages/p").symlink_to(root / "packages/p", target_is_directory=True)

    manifest = load_project(root, target=TARGET, cache=False)

    assert manifest[USES].depends_on == ("metric.shop.mean", "metric.p.mean")
    assert manifest[NodeId("model.p.own")].depends_on == ("metric.shop.mean", "metric.p.mean")
