"""Exposures: what they read, and their tags."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from airflow_sqlmodels.artifacts.manifest_json import manifest_json
from airflow_sqlmodels.errors import CompilationError, NamingError, ProjectError
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.manifest.nodes import Exposure, NodeId
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import PROJECT, load

METRICS = """\
semantic_models:
  - name: orders
    model: ref('orders')
    primary_entity: order
    defaults: {agg_time_dimension: at}
    dimensions: [{name: at, type: time, type_params: {time_granularity: day}}]
    measures: [{name: amount, agg: sum}]
metrics:
  - {name: revenue, label: Revenue, type: simple, type_params: {measure: amount}}
"""
WALL = """\
exposures:
  - {name: wall, type: dashboard, owner: {name: A}, tags: [mine, all], depends_on: [ref('orders'), metric('revenue')]}
"""
SPINE = "select current_date as date_day"
FILES = {
    "models/orders.sql": "select 1 as id\n",
    "models/metricflow_time_spine.sql": SPINE,
    "models/metrics.yml": METRICS,
    "models/wall.yml": WALL,
}


def test_an_exposure_reads_metrics(tmp_path: Path) -> None:
    manifest = load(tmp_path, FILES)
    wall = manifest[NodeId("exposure.shop.wall")]
    assert wall.depends_on == (NodeId("model.shop.orders"), NodeId("metric.shop.revenue"))
    entry = manifest_json(manifest, graph_of(manifest), Invocation())["exposures"][wall.id]
    assert entry["depends_on"]["nodes"] == list(wall.depends_on)
    assert entry["metrics"] == [["revenue"]]


def test_what_it_reads_may_be_a_template(tmp_path: Path) -> None:
    named = WALL.replace("name: wall", "name: \"{{ 'wall' }}\"")
    wall = named.replace("ref('orders')", "\"ref('{{ 'orders' }}')\"")
    manifest = load(tmp_path, FILES | {"models/wall.yml": wall})
    assert manifest[NodeId("exposure.shop.wall")].depends_on[0] == NodeId("model.shop.orders")


def test_a_metric_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        NamingError,
        match=r"models/wall.yml:2:5: exposure.shop.wall depends on a metric named 'revenu' which was not found",
    ):
        load(tmp_path, {**FILES, "models/wall.yml": WALL.replace("revenue", "revenu")})


def test_tags_of_all_places_are_in_order(tmp_path: Path) -> None:
    project = f"{PROJECT}exposures: {{+tags: [zoo, all]}}\n"
    wall = load(tmp_path, {**FILES, "dbt_project.yml": project})[NodeId("exposure.shop.wall")]
    assert isinstance(wall, Exposure)
    assert wall.tags == ("all", "mine", "zoo")


def test_tags_of_null_are_refused(tmp_path: Path) -> None:
    project = f"{PROJECT}exposures: {{+tags: null}}\n"
    wall = WALL.replace("tags: [mine, all], ", "")
    with pytest.raises(ProjectError, match="tags of the exposure 'wall' have an invalid value: None"):
        load(tmp_path, {**FILES, "dbt_project.yml": project, "models/wall.yml": wall})


def test_what_holds_for_all_exposures_may_be_written_as_dbt_lets_it(tmp_path: Path) -> None:
    project = f"{PROJECT}exposures: {{meta: {{team: data, wall: no}}}}\n"
    wall = WALL.replace("tags: [mine, all]", "config: {meta: {wall: yes}}")
    found = load(tmp_path, {**FILES, "dbt_project.yml": project, "models/wall.yml": wall})
    assert found[NodeId("exposure.shop.wall")].meta == {"team": "data", "wall": True}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("exposures:\n  - {name: e, type: dashboard, owner: {name: x}, depends_on: [ref('nope')]}\n",
         "models/s.yml:2:5: exposure.shop.e depends on a node named 'nope'"),
        ("exposures:\n  - {name: e, type: dashboard, owner: {name: x}, depends_on: [\"source('a', 'b')\"]}\n",
         "models/s.yml:2:5: exposure.shop.e depends on a source named 'a.b'"),
        ("semantic_models:\n\n  - {name: s, model: ref('nope'), primary_entity: x}\n",
         "models/s.yml:3:5: semantic_model.shop.s depends on a node named 'nope'"),
    ],
)  # fmt: skip
def test_what_an_entry_asks_for_and_is_not_there_is_told_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(NamingError, match=re.escape(message)):
        load(tmp_path, {"models/a.sql": "select 1 as id", "models/s.yml": text})


@pytest.mark.parametrize(
    ("said", "tags", "meta"),
    [
        ("", ("all",), {"of": "project"}),
        ("tags: [mine], meta: {own: 1}", ("all", "mine"), {"of": "project", "own": 1}),
        ("config: {tags: [mine], meta: {own: 1}}", ("mine",), {"own": 1}),
        ("tags: [beside], meta: {beside: 1}, config: {tags: [], meta: {own: 1}}", ("beside",), {"own": 1, "beside": 1}),
    ],
)
def test_a_config_says_all_tags_and_meta(
    said: str, tags: tuple[str, ...], meta: dict[str, object], tmp_path: Path
) -> None:
    """What dbt 1.12 gave: what stands beside `config:` is beyond what dbt_project.yml says."""
    project = f"{PROJECT}exposures: {{+tags: [all], +meta: {{of: project}}}}\n"
    entry = f"exposures: [{{name: wall, type: dashboard, owner: {{name: A}}, {said}}}]"
    manifest = load(tmp_path, {"dbt_project.yml": project, "models/e.yml": entry})

    wall = manifest.nodes[NodeId("exposure.shop.wall")]
    assert isinstance(wall, Exposure)
    assert (wall.tags, wall.meta) == (tags, meta)


@pytest.mark.parametrize("asked", ["ref(var('which'))", "ref()", "source(var('which'))", "ref(env_var('HOME'))"])
def test_what_names_nothing_is_refused(asked: str, tmp_path: Path) -> None:
    wall = WALL.replace("ref('orders')", f'"{asked}"')
    with pytest.raises(ProjectError, match=re.escape(f"{asked!r} names nothing".replace("\\", ""))):
        load(tmp_path, FILES | {"models/wall.yml": wall})


@pytest.mark.parametrize("key", ["type", "maturity"])
def test_what_a_template_gives_must_be_a_known_word_too(key: str, tmp_path: Path) -> None:
    said = {"type": "dashboard", "maturity": "high", key: "{{ 'what' }}"}
    listed = ", ".join(f'{name}: "{value}"' for name, value in said.items())
    wall = f"exposures:\n  - {{name: wall, {listed}, owner: {{name: A}}}}\n"
    with pytest.raises(ProjectError, match=key):
        load(tmp_path, FILES | {"models/wall.yml": wall})


def test_docs_blocks_are_known_in_descriptions_alone(tmp_path: Path) -> None:
    docs = {"models/docs.md": "{% docs wall %}A wall.{% enddocs %}"}
    described = WALL.replace("name: wall,", "name: wall, description: \"{{ doc('wall') }}\",")
    manifest = load(tmp_path / "a", FILES | docs | {"models/wall.yml": described})
    assert manifest[NodeId("exposure.shop.wall")].description == "A wall."
    with pytest.raises(CompilationError, match="'doc' is undefined"):
        load(tmp_path / "b", FILES | docs | {"models/wall.yml": described.replace("description:", "label:")})
