"""Which files and folders the method `path` means."""

from __future__ import annotations

from pathlib import Path

from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.graph.selection import Selection, select_nodes
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
