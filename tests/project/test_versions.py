"""Model versions: names, ids and relations are those that dbt gave for the same files."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.nodes import DataTest, Model, NodeId
from tests.projects import load

ORDERS = """\
    models:
      - name: orders
        latest_version: 2
        description: Orders
        config: {materialized: table}
        columns:
          - {name: id, data_tests: [unique]}
          - {name: amount, description: In euros}
          - {name: old}
        versions:
          - v: 1
          - v: 2
            config: {alias: orders}
            columns:
              - include: all
                exclude: [old]
              - {name: amount, description: In cents}
          - v: 3
            defined_in: orders_next
            description: Next
            columns: []
    """
FILES = {
    "models/orders_v1.sql": "select 1 as id",
    "models/orders_v2.sql": "select 1 as id",
    "models/orders_next.sql": "select 1 as id",
    "models/report.sql": "select * from {{ ref('orders') }}, {{ ref('orders', v=1) }}, {{ ref('orders', version=3) }}",
    "models/all.yml": ORDERS,
}


def test_each_version_is_a_model(tmp_path: Path) -> None:
    manifest = load(tmp_path, FILES)

    models = {node.id: node for node in manifest.values() if isinstance(node, Model) and node.version}
    assert {node_id: (node.name, node.relation.identifier, node.fqn[-2:]) for node_id, node in models.items()} == {
        "model.shop.orders.v1": ("orders", "orders_v1", ("orders", "v1")),
        "model.shop.orders.v2": ("orders", "orders", ("orders", "v2")),
        "model.shop.orders.v3": ("orders", "orders_v3", ("orders", "v3")),
    }
    assert {node.materialized for node in models.values()} == {"table"}
    assert [node.description for node in models.values()] == ["Next", "Orders", "Orders"]
    described = {
        node.version: {name: each.description for name, each in node.columns.items()} for node in models.values()
    }
    assert described == {
        "1": {"id": "", "amount": "In euros", "old": ""},
        "2": {"id": "", "amount": "In cents"},
        "3": {"id": "", "amount": "In euros", "old": ""},
    }
    assert manifest.warnings == ()


OWN_COLUMNS = """\
    models:
      - name: orders
        description: Orders
        columns:
          - {name: id, description: Theirs, data_tests: [unique]}
          - {name: amount, data_tests: [not_null]}
        versions: [{v: 1, description: '', columns: [%s]}]
    """
OF_ALL = ["not_null_orders_v1_amount", "unique_orders_v1_id"]


@pytest.mark.parametrize(
    ("said", "columns", "tests"),
    [
        (
            "{name: id, description: Own}",
            {"id": "Own", "amount": ""},
            ["not_null_orders_v1_amount", "unique_orders_v1_id"],
        ),
        (
            "{name: more}",
            {"id": "Theirs", "amount": "", "more": ""},
            ["not_null_orders_v1_amount", "unique_orders_v1_id"],
        ),
        (
            "{include: all}, {name: id, data_tests: [not_null]}",
            {"id": "", "amount": ""},
            sorted([*OF_ALL, "not_null_orders_v1_id"]),
        ),
        ("{include: [amount]}, {name: id}", {"id": "", "amount": ""}, ["not_null_orders_v1_amount"]),
        ("{include: '*', exclude: [id]}", {"amount": ""}, ["not_null_orders_v1_amount"]),
        ("{include: []}, {name: more}", {"more": ""}, []),
    ],
)
def test_a_version_has_the_columns_of_all_and_their_tests_beside_its_own(
    said: str, columns: dict[str, str], tests: list[str], tmp_path: Path
) -> None:
    manifest = load(tmp_path, {"models/orders_v1.sql": "select 1 as id", "models/all.yml": OWN_COLUMNS % said})

    node = manifest[NodeId("model.shop.orders.v1")]
    assert isinstance(node, Model)
    assert (_described(node), node.description) == (columns, "Orders")
    assert sorted(each.name for each in manifest.values() if isinstance(each, DataTest)) == tests


@pytest.mark.parametrize(
    ("versions", "latest", "version", "named"),
    [
        ("'1.10'", None, "1.10", "orders_v1_10"),
        ("'01'", None, "01", "orders_v01"),
        ("1.5", None, 1.5, "orders_v1_5"),
        ("2", "2.0", 2, "orders_v2"),
        ("a", "a", "a", "orders_va"),
    ],
)
def test_a_version_stays_the_text_or_number_that_it_is(
    versions: str, latest: str | None, version: str | float, named: str, tmp_path: Path
) -> None:
    """So a table is named after what is written: `v: '1.10'` is not 1.1."""
    file = f"models/orders_v{versions.strip(chr(39))}.sql"
    entry = (
        f"models: [{{name: orders, versions: [{{v: {versions}}}]{f', latest_version: {latest}' if latest else ''}}}]"
    )

    manifest = load(tmp_path, {file: "select 1 as id", "models/all.yml": entry})

    (node,) = (each for each in manifest.values() if isinstance(each, Model))
    assert (node.said_version, type(node.said_version)) == (version, type(version))
    assert (node.relation.identifier, node.version) == (named, node.latest_version)


@pytest.mark.parametrize(
    ("entry", "what"),
    [
        ("versions: [{v: true}]", "must be a text or a number, not True"),
        ("versions: [{v: 1}], latest_version: '1'", "has no version '1', which is to be its latest"),
        ("versions: [{v: 1, columns: [{include: all}, {include: [id]}]}]", "has two 'include'"),
    ],
)
def test_what_is_no_version_is_refused(entry: str, what: str, tmp_path: Path) -> None:
    files = {"models/orders_v1.sql": "select 1 as id", "models/all.yml": f"models: [{{name: orders, {entry}}}]"}

    with pytest.raises(ProjectError, match=what) as raised:
        load(tmp_path, files)

    assert raised.value.at is not None
    assert (raised.value.at.path, raised.value.at.line) == ("models/all.yml", 1)


def _described(node: Model) -> dict[str, str]:
    return {name: column.description for name, column in node.columns.items()}


def test_refs_mean_the_latest_version_unless_they_name_one(tmp_path: Path) -> None:
    report = load(tmp_path, FILES)[NodeId("model.shop.report")]

    assert isinstance(report, Model)
    assert report.depends_on == ("model.shop.orders.v2", "model.shop.orders.v1", "model.shop.orders.v3")


def test_tests_of_versions_have_dbts_ids(tmp_path: Path) -> None:
    tests = [node for node in load(tmp_path, FILES).values() if isinstance(node, DataTest)]

    assert {test.id: test.attached_node for test in tests} == {
        "test.shop.unique_orders_v1_id.4f8f74f68f": "model.shop.orders.v1",
        "test.shop.unique_orders_v2_id.677958d3ed": "model.shop.orders.v2",
        "test.shop.unique_orders_v3_id.20b1fa3e76": "model.shop.orders.v3",
    }


def test_without_a_word_the_highest_number_is_the_latest(tmp_path: Path) -> None:
    yaml = "models: [{name: orders, versions: [{v: 9}, {v: 10}, {v: 1}]}]"
    files = {f"models/orders_v{number}.sql": "select 1 as id" for number in (1, 9, 10)} | {"models/all.yml": yaml}

    manifest = load(tmp_path, {**files, "models/report.sql": "select * from {{ ref('orders') }}"})

    report = manifest[NodeId("model.shop.report")]
    assert isinstance(report, Model)
    assert report.depends_on == ("model.shop.orders.v10",)


def test_the_file_of_an_older_version_needs_its_suffix(tmp_path: Path) -> None:
    yaml = "models: [{name: orders, versions: [{v: 1}, {v: 2}]}]"
    files = {"models/orders.sql": "select 1 as id", "models/orders_v2.sql": "select 2 as id", "models/all.yml": yaml}

    with pytest.raises(ProjectError, match="'orders' is there with versions and without") as raised:
        load(tmp_path, files)

    assert raised.value.kind == "Parsing Error"


@pytest.mark.parametrize(
    ("yaml", "said"),
    [
        ("[{name: orders, latest_version: 3, versions: [{v: 1}]}]", "has no version 3, which is to be its latest"),
        ("[{name: orders, versions: [{version: 1}]}]", "'v' is a required property"),
    ],
)
def test_versions_that_make_no_sense_are_refused(tmp_path: Path, yaml: str, said: str) -> None:
    with pytest.raises(ProjectError, match=said):
        load(tmp_path, {"models/orders_v1.sql": "select 1 as id", "models/all.yml": f"models: {yaml}"})


def test_a_version_that_is_not_there_is_told(tmp_path: Path) -> None:
    files = {**FILES, "models/report.sql": "select * from {{ ref('orders', v=7) }}"}

    with pytest.raises(
        ProjectError, match="depends on a node named 'orders' with version '7' which was not found"
    ) as raised:
        load(tmp_path, files)

    assert "it has 1, 2, 3" in str(raised.value)


def test_the_latest_version_may_stand_in_a_file_without_a_suffix(tmp_path: Path) -> None:
    files = {
        "models/a.sql": "select 2 as id",
        "models/a_v1.sql": "select 1 as id",
        "models/a.yml": "models: [{name: a, description: d, versions: [{v: 1}, {v: 2, config: {tags: [new]}}]}]",
    }
    manifest = load(tmp_path, files)
    found = {key: node.path for key, node in manifest.items()}
    assert found == {"model.shop.a.v1": "models/a_v1.sql", "model.shop.a.v2": "models/a.sql"}
    assert not manifest.warnings


MERGED = """\
    groups: [{name: sales, owner: {name: me}}]
    models:
      - name: orders
        latest_version: 2
        meta: {own: 1}
        docs: {show: false}
        access: public
        config:
          tags: [all]
          grants: {select: [reader]}
          persist_docs: {relation: true}
          unique_key: id
          post_hook: "select 1"
        versions:
          - v: 1
          - v: 2
            docs: {show: true}
            access: private
            config:
              tags: [new]
              grants: {select: [writer], insert: [writer]}
              persist_docs: {columns: true}
              unique_key: null
              meta: {own: {more: 2}, deep: [1]}
              docs: {node_color: red}
              post_hook: ["select 2"]
    """


def test_the_config_of_a_version_is_merged_with_that_of_all(tmp_path: Path) -> None:
    files = {name: FILES[name] for name in ("models/orders_v1.sql", "models/orders_v2.sql")}
    manifest = load(tmp_path, {**files, "models/s.yml": MERGED})

    first, second = (manifest.nodes[NodeId(f"model.shop.orders.v{number}")] for number in (1, 2))
    assert first.config["docs"] == {"show": False, "node_color": None}
    assert first.tags == ("all",)
    assert second.tags == ("new", "all")
    assert second.config["grants"] == {"select": ["writer", "reader"], "insert": ["writer"]}
    assert second.config["persist_docs"] == {"relation": True, "columns": True}
    assert second.config["unique_key"] is None
    assert second.meta == {"own": {"more": 2}, "deep": [1]}
    assert second.config["docs"] == {"show": False, "node_color": "red"}
    assert [hook["sql"] for hook in second.config["post_hook"]] == ["select 2", "select 1"]
    assert second.config["access"] == "public", "what stands in a config counts more"


def test_what_a_version_says_of_its_access_beside_its_config_is_not_heard(tmp_path: Path) -> None:
    """As in dbt, and an empty config leaves that of all versions as it is."""
    properties = """
        models:
          - name: orders
            config: {materialized: table}
            versions: [{v: 1, access: public, config: {}}, {v: 2, config: {access: public}}]
        """
    files = {name: FILES[name] for name in ("models/orders_v1.sql", "models/orders_v2.sql")}
    manifest = load(tmp_path, {**files, "models/s.yml": properties})

    first, second = (manifest.nodes[NodeId(f"model.shop.orders.v{number}")] for number in (1, 2))
    assert (first.config["access"], second.config["access"]) == ("protected", "public")
    assert first.config["materialized"] == "table"


def test_tests_with_nothing_behind_them_say_nothing(tmp_path: Path) -> None:
    properties = """\
        models:
          - name: orders
            columns: [{name: id}]
            data_tests: [unique: {arguments: {column_name: id}}]
            versions: [{v: 1, data_tests: }, {v: 2, data_tests: []}]
        """
    files = {
        "models/orders_v1.sql": "select 1 as id",
        "models/orders_v2.sql": "select 2 as id",
        "models/s.yml": properties,
    }
    nodes = load(tmp_path, files).nodes
    assert [node.split(".")[2] for node in nodes if node.startswith("test.")] == ["unique_orders_v1_id"]


@pytest.mark.parametrize("other", ["models/other/m.sql", "seeds/m.csv"])
def test_a_name_has_versions_or_none(other: str, tmp_path: Path) -> None:
    files = {
        "models/m_v1.sql": "select 1 as id",
        "models/s.yml": "models: [{name: m, versions: [{v: 1}]}]",
        other: "id\n1\n" if other.endswith("csv") else "select 1 as id",
    }
    if other.endswith("sql"):
        files["models/m_v2.sql"] = "select 2 as id"
        files["models/s.yml"] = "models: [{name: m, versions: [{v: 1}, {v: 2}]}]"

    with pytest.raises(ProjectError, match="'m' is there with versions and without"):
        load(tmp_path, files)


def test_the_config_of_a_version_is_put_over_that_of_its_model(tmp_path: Path) -> None:
    """Mappings are merged and lists joined, the version's first; anything else is replaced."""
    files = {
        "models/m_v1.sql": "select 1 as id",
        "models/m.yml": """
            models:
              - name: m
                config:
                  tags: [all]
                  meta: {owner: {name: ann, team: web}}
                  grants: {select: [reader]}
                  materialized: table
                  unique_key: [id]
                versions:
                  - v: 1
                    config:
                      tags: [first]
                      meta: {owner: {name: bob}}
                      grants: {+select: [writer]}
                      materialized: view
                      unique_key: day
        """,
    }
    config = load(tmp_path, files).nodes[NodeId("model.shop.m.v1")].config
    assert config["tags"] == ["first", "all"]
    assert config["meta"] == {"owner": {"name": "bob", "team": "web"}}
    assert config["grants"] == {"select": ["reader", "writer"]}
    assert (config["materialized"], config["unique_key"]) == ("view", "day")


def test_meta_beside_the_config_of_a_model_is_added_to_by_its_versions(tmp_path: Path) -> None:
    files = {
        "models/m.sql": "select 1 as id",
        "models/m.yml": "models: [{name: m, meta: {a: 1}, versions: [{v: 1, config: {meta: {b: 1}}}]}]",
    }
    assert load(tmp_path, files).nodes[NodeId("model.shop.m.v1")].config["meta"] == {"a": 1, "b": 1}
