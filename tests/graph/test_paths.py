"""Which files and folders the method `path` means."""

from __future__ import annotations

from pathlib import Path

from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.graph.selection import Selection, select_nodes
from airflow_sqlmodels.manifest.nodes import DataTest
from tests.projects import load


def test_a_folder_that_holds_only_what_is_disabled_is_one_where_packages_have_nodes_too(tmp_path: Path) -> None:
    manifest = load(
        tmp_path,
        {
            "models/off.sql": "{{ config(enabled=false) }} select 1 as a",
            "dbt_packages/base/dbt_project.yml": "name: base\n",
            "dbt_packages/base/models/one.sql": "select 1 as a",
            "dbt_packages/base/other/two.sql": "select 1 as a",
        },
    )

    found = {
        path: set(select_nodes(manifest, graph_of(manifest), Selection(select=[f"path:{path}"])).ids)
        for path in ("models", "models/off.sql", "other")
    }
    assert found == {"models": {"model.base.one"}, "models/off.sql": set(), "other": set()}


def test_folders_that_the_project_writes_with_a_dot_are_found_with_and_without_it(tmp_path: Path) -> None:
    manifest = load(
        tmp_path,
        {
            "dbt_project.yml": """\
                name: shop
                model-paths: ["./models"]
                data_tests: {shop: {marts: {+severity: warn}}}
                """,
            "models/marts/orders.sql": "select 1 as id",
            "models/marts/orders.yml": "models: [{name: orders, columns: [{name: id, data_tests: [unique]}]}]",
            "models/other.sql": "select 1 as id",
        },
    )

    paths = ("models/marts", "./models/marts/", "models/**/orders.sql", "./models/marts/orders.yml")
    found = [select_nodes(manifest, graph_of(manifest), Selection(select=[f"path:{path}"])).ids for path in paths]
    tested = next(node for node in manifest.values() if isinstance(node, DataTest))
    assert all({"model.shop.orders", tested.id} == set(each) for each in found)
    assert (tested.fqn, tested.config["severity"]) == (("shop", "marts", "unique_orders_id"), "warn")
    assert {node.path for node in manifest.values()} >= {"./models/marts/orders.sql", "./models/other.sql"}
