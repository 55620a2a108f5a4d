"""Models in Python: read as dbt reads them, though Postgres cannot run them."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.artifacts.manifest_json import manifest_json
from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.manifest.nodes import Model, NodeId
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import PROJECT, load

SCORED = """\
import pandas as pd


def model(dbt, session):
    dbt.config(tags=["slow"], packages=["pandas"])
    limit = dbt.config.get("limit", 5)
    owner = dbt.config.meta_get("owner")
    orders = dbt.ref("orders").to_pandas()
    return pd.concat([orders, dbt.source("shop", "old_orders"), dbt.ref("shop", "orders")]).head(limit)
"""
FILES = {
    "dbt_project.yml": PROJECT + "models: {shop: {+materialized: view}}\n",
    "models/orders.sql": "select 1 as id",
    "models/scored.py": SCORED,
    "models/report.sql": "select * from {{ ref('scored') }}",
    "models/all.yml": """\
        sources: [{name: shop, tables: [{name: old_orders}]}]
        models: [{name: scored, columns: [{name: id, data_tests: [unique]}]}]
        """,
}


def test_what_a_model_in_python_asks_for_counts_and_others_read_it(tmp_path: Path) -> None:
    manifest = load(tmp_path, FILES)

    scored = manifest.nodes[NodeId("model.shop.scored")]
    assert isinstance(scored, Model)
    assert scored.depends_on == ("model.shop.orders", "source.shop.shop.old_orders")
    assert scored.tags == ("slow",)
    assert manifest.nodes[NodeId("model.shop.report")].depends_on == ("model.shop.scored",)
    assert any(each.id.startswith("test.shop.unique_scored_id") for each in manifest.values())


def test_the_manifest_says_of_it_what_dbt_says(tmp_path: Path) -> None:
    manifest = load(tmp_path, FILES)
    entry = manifest_json(manifest, graph_of(manifest), Invocation())["nodes"]["model.shop.scored"]

    assert (entry["language"], entry["raw_code"]) == ("python", SCORED.strip())
    asked = {"config_keys_used": ["limit"], "config_keys_defaults": [5],
             "meta_keys_used": ["owner"], "meta_keys_defaults": [None]}  # fmt: skip
    assert entry["unrendered_config"] == {"materialized": "table", "tags": ["slow"], "packages": ["pandas"], **asked}
    assert entry["config"].items() >= {**asked, "materialized": "table"}.items()  # the folder's view does not count


def test_properties_and_its_own_config_say_what_it_is_built_as(tmp_path: Path) -> None:
    own = "def model(dbt, s):\n    dbt.config(materialized='incremental')\n    return s\n"
    files = {
        **FILES,
        "models/a.py": "def model(dbt, s):\n    return s\n",
        "models/b.py": own,
        "models/more.yml": "models: [{name: a, config: {materialized: view}}, {name: b, config: {materialized: view}}]",
    }

    manifest = load(tmp_path, files)

    built = {node.name: node.materialized for node in manifest.values() if isinstance(node, Model)}
    assert built == {"orders": "view", "report": "view", "scored": "table", "a": "view", "b": "incremental"}


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("def model(dbt, s):\n    return s.table('{{ this }}')\n", 2, "No jinja in python model code is allowed"),
        ("def model(dbt, s):\n    return (\n", 2, "this is not Python"),
        ("import pandas\n", 1, "exactly one model defined per python file, found 0"),
        ("\ndef model(dbt):\n    return dbt\n", 2, "two args, `dbt` and a session"),
        ("def model(dbt, s):\n    s.show()\n", 1, "return only one dataframe object"),
        ("def model(dbt, s):\n    n = 'a'\n    return dbt.ref(n)\n", 3, "must be plain values"),
        ("def model(dbt, s):\n    return dbt.config.get()\n", 2, "at least one argument"),
        ("def model(dbt, s):\n    return dbt.config.get(1, 2, 3)\n", 2, "at most 2 arguments (3 given)"),
    ],
)
def test_what_is_no_model_is_refused_where_it_stands(tmp_path: Path, text: str, line: int, what: str) -> None:
    with pytest.raises(ProjectError) as refused:
        load(tmp_path, {"models/wrong.py": text})

    assert what in str(refused.value)
    assert str(refused.value.at).startswith(f"models/wrong.py:{line}")
