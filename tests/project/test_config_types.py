"""Configs of a type that they cannot have: refused while loading, with the place."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.nodes import DataTest, Model, NodeId
from tests.projects import load

FILES = {
    "models/m.sql": "select 1 as id",
    "seeds/s.csv": "id\n1\n",
    "tests/t.sql": "select 1",
    "snapshots/n.yml": "snapshots: [{name: n, relation: ref('m'), config: {strategy: check, check_cols: all,"
    " unique_key: id}}]",
    "models/sources.yml": "sources: [{name: raw, tables: [{name: t}]}]",
}


@pytest.mark.parametrize(
    ("kind", "name", "config", "wrong"),
    [
        ("models", "m", "enabled: 'True and False'", r"'True and False' is not of type 'boolean'"),
        ("models", "m", "tags: [{a: 1}]", r"{'a': 1} is not of type 'string'"),
        ("models", "m", "schema: [a]", r"\['a'\] is not of type 'string'"),
        ("models", "m", "meta: null", r"None is not of type 'object'"),
        ("models", "m", "enabled: null", r"None is not of type 'boolean'"),
        ("models", "m", "latest_version_pointer: on", r"True is not of type 'object'"),
        ("models", "m", "pre_hook: 5", r"5 is no statement"),
        ("models", "m", "pre_hook: {sql: a, transaction: nope}", r"'nope' is neither true nor false"),
        (
            *("models", "m", "freshness: {build_after: {count: 1, period: day, updates_on: nope}}"),
            r"updates_on: 'nope' is none of 'any', 'all'",
        ),
        ("models", "m", "post_hook: null", r"None is no statement"),
        ("models", "m", "pre_hook: [{transaction: false}]", r"{'transaction': False} is no statement"),
        ("snapshots", "n", "snapshot_meta_column_names: text", r"'text' is not of type 'object'"),
        ("models", "m", "meta: [a]", r"\['a'\] is not of type 'object'"),
        ("models", "m", "materialized: [table]", r"\['table'\] is not of type 'string'"),
        ("models", "m", "grants: reader", r"'reader' is not of type 'object'"),
        ("models", "m", "unique_key: {id: 1}", r"is not of type 'array'"),
        ("models", "m", "full_refresh: 1", r"1 is not of type 'boolean'"),
        ("models", "m", "contract: {enforced: 1}", r"1 is not of type 'boolean'"),
        ("models", "m", "contract: {enforced: null}", r"None is not of type 'boolean'"),
        ("models", "m", "contract: {alias_types: x}", r"'x' is not of type 'boolean'"),
        ("models", "m", "docs: {node_color: '#12345'}", r"Invalid color name for docs.node_color: #12345"),
        ("models", "m", "on_configuration_change: aply", r"'aply' is none of 'apply', .*did you mean 'apply'"),
        ("models", "m", "freshness: {build_after: {count: 4}}", r"must have a value for `period` if a `count`"),
        ("models", "m", "freshness: {build_after: {period: day}}", r"must have a value for `count` if a `period`"),
        ("models", "m", "freshness: {build_after: {count: 4, period: week}}", r"'week' is none of 'minute'"),
        ("seeds", "s", "materialized: table", r"'table' is none of 'seed'"),
        ("snapshots", "n", "materialized: table", r"'table' is none of 'snapshot'"),
        ("data_tests", "t", "severity: wrn", r"'wrn' is none of 'warn', 'error'"),
        ("data_tests", "t", "limit: some", r"'some' is not of type 'integer'"),
        ("exposures", "e", "enabled: 1", r"1 is not of type 'boolean'"),
    ],
)
def test_a_config_that_cannot_be_is_refused(kind: str, name: str, config: str, wrong: str, tmp_path: Path) -> None:
    more = ", type: notebook, owner: {name: me}" if kind == "exposures" else ""
    more = ", relation: ref('m')" if kind == "snapshots" else more
    files = {key: text for key, text in FILES.items() if not (kind == "snapshots" and key.startswith("snapshots"))}
    entry = f"{kind}:\n  - {{name: {name}{more}, config: {{{config}}}}}\n"
    with pytest.raises(
        ProjectError, match=rf"(?s)models/p\.yml:2:\d+: the config '{config.partition(':')[0]}'.*{wrong}"
    ):
        load(tmp_path, files | {"models/p.yml": entry})


@pytest.mark.parametrize("text", ["models: {+tags: {a: b}, +enabled: no way}", "data_tests: {+materialized: table}"])
def test_the_same_holds_for_folders_and_in_files(text: str, tmp_path: Path) -> None:
    project = f"name: shop\nprofile: shop\n{text}\n"
    with pytest.raises(ProjectError, match=r"the config '(tags|materialized)'"):
        load(tmp_path, FILES | {"dbt_project.yml": project})


def test_numbers_are_texts_where_texts_belong(tmp_path: Path) -> None:
    """As dbt has them in manifest.json, wherever they are said."""
    files = {
        "dbt_project.yml": "{name: shop, profile: shop, data_tests: {+where: 1, +tags: 3, +alias: 9}}",
        "models/m.sql": "{{ config(tags=[2024, 'x'], on_schema_change=4) }} select 1 as id",
        "models/m.yml": "models: [{name: m, config: {alias: 7, schema: 1.5, unique_key: [1, id]}}]",
        "tests/t.sql": "select 1",
    }
    manifest = load(tmp_path, files)
    model = manifest[NodeId("model.shop.m")]
    test = manifest[NodeId("test.shop.t")]
    assert isinstance(model, Model)
    assert model.config["unique_key"] == ["1", "id"]
    assert (model.tags, model.relation.identifier, model.relation.schema, model.config["on_schema_change"]) == (
        ("2024", "x"), "7", "shop_1.5", "4",
    )  # fmt: skip
    assert (test.config["where"], test.config["tags"], test.config["alias"]) == ("1", ["3"], "9")


def test_what_can_be_is_left_alone(tmp_path: Path) -> None:
    config = """{{ config(tags='one', meta={'a': 1}, unique_key=['id'], docs={'node_color': 'Gold', 'show': false},
        on_configuration_change='Continue', full_refresh=none, contract={'enforced': false, 'x': 1}, alias=none) }}"""
    load(tmp_path, FILES | {"models/m.sql": f"{config} select 1 as id"})


def test_a_template_that_leaves_a_tests_config_open_says_nothing(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": "{name: shop, profile: shop, data_tests: {+severity: warn}}",
        "models/m.sql": "select 1 as id",
        "models/m.yml": """models: [{name: m, data_tests: [{unique: {column_name: id, config: {
            severity: "{{ var('how', none) | as_native }}"}}}]}]""",
    }
    (test,) = (node for node in load(tmp_path, files).values() if isinstance(node, DataTest))
    assert test.config["severity"] == "warn"
    (test,) = (n for n in load(tmp_path, files, vars={"how": "error"}).values() if isinstance(n, DataTest))
    assert test.config["severity"] == "error"
    assert NodeId("model.shop.m") in test.depends_on
