"""manifest.json behind a run: the SQL of the nodes that it compiled, and nothing of earlier runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.artifacts import manifest_update
from tests.cli.projects import Call, calling, profile_for, write_project

MORE = {
    "models/marts/orders.sql": "{{ config(materialized='ephemeral') }}\nselect * from {{ ref('stg_orders') }}\n",
    "models/marts/revenue.sql": "select sum(amount)::int as amount from {{ ref('orders') }}\n",
    "models/marts/owed.sql": "select 10 as amount\n",
    "models/marts/paid.sql": "select 10 as amount\n",
    "models/marts/marts.yml": """\
        models:
          - name: owed
            config: {contract: {enforced: true}}
            columns: [{name: amount, data_type: int, constraints: [{type: primary_key}]}]
          - name: paid
            config: {contract: {enforced: true}}
            columns:
              - name: amount
                data_type: int
                constraints: [{type: foreign_key, to: ref('owed'), to_columns: [amount]}]
        """,
}
SOME = ("model.shop.stg_orders", "model.shop.orders", "model.shop.revenue")


@pytest.fixture
def call(tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command on a project with a database of its own."""
    fields = psycopg.conninfo.conninfo_to_dict(postgres_dsn)
    profile = profile_for({key: str(value) for key, value in fields.items()})
    write_project(tmp_path, **{"profiles.yml": profile, **MORE})
    return calling(tmp_path, capfd)


def manifest(folder: Path) -> dict[str, Any]:
    """manifest.json; it says nothing twice."""
    text = (folder / "target/manifest.json").read_text()
    found: dict[str, Any] = json.loads(text, object_pairs_hook=_each_key_once)
    return found


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    assert len(found) == len(pairs), [key for key, _ in pairs]
    return found


def nodes(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = manifest(folder)["nodes"]
    return {node_id: {**node, "created_at": 0} for node_id, node in found.items()}


def compiled(entries: Mapping[str, Any]) -> set[str]:
    return {node_id for node_id, entry in entries.items() if entry.get("compiled")}


def test_a_run_leaves_the_sql_of_its_nodes(call: Call, tmp_path: Path) -> None:
    assert call("build")[0] == 0

    found = nodes(tmp_path)
    revenue = found["model.shop.revenue"]
    assert revenue["compiled_code"].startswith("with __dbt__cte__orders as (")
    assert [each["id"] for each in revenue["extra_ctes"]] == ["model.shop.orders"]
    assert revenue["compiled_path"] == "target/compiled/shop/models/marts/revenue.sql"
    assert revenue["build_path"] == "target/run/shop/models/marts/revenue.sql"
    assert found["model.shop.orders"]["build_path"] is None, "it is part of what reads it"
    assert set(SOME) < compiled(found)
    constraint = found["model.shop.paid"]["columns"]["amount"]["constraints"][0]
    assert constraint["to"].endswith('."public"."owed"')


@pytest.mark.parametrize("anew", [True, False])
def test_nothing_is_left_of_the_run_before(anew: bool, call: Call, tmp_path: Path, monkeypatch: Any) -> None:
    """Whether the file is written anew or in parts."""
    if anew:
        monkeypatch.setattr(manifest_update, "_rewrite", lambda *_: False)
    call("parse")
    parsed = nodes(tmp_path)
    assert call("build")[0] == 0

    call("compile", "--select", "owed")
    assert compiled(nodes(tmp_path)) == {"model.shop.owed"}
    assert nodes(tmp_path)["model.shop.owed"]["build_path"] is None

    call("ls")
    assert nodes(tmp_path) == parsed


LATER = {
    "macros/later.sql": "{% macro later() %}2{% endmacro %}\n",
    "models/marts/late.sql": "select {% if execute %}{{ later() }}{% else %}1{% endif %} as n\n",
    "functions/twice.sql": "select 2 * n\n",
    "functions/twice.yml": """\
        functions:
          - name: twice
            arguments: [{name: n, data_type: int}]
            returns: {data_type: int}
            overloads: [{defined_in: twice_text, arguments: [{name: n, data_type: text}], returns: {data_type: text}}]
        """,
    "functions/twice_text.sql": "select n || n || '{{ 1 if execute else 0 }}'\n",
}


@pytest.mark.parametrize(
    "commands",
    [
        ["parse", "compile"],
        ["compile", "compile"],
        ["compile", "run"],
        ["build", "compile"],
        ["build", "run --select late"],
        ["run --select late", "run --select twice"],
    ],
    ids=" then ".join,
)
def test_a_file_put_together_is_the_file_written_anew(commands: list[str], call: Call, tmp_path: Path) -> None:
    write_project(tmp_path, **{"profiles.yml": None, **LATER})
    call("build")
    for command in commands:
        assert call(*command.split())[0] == 0

    together = _undated(tmp_path)

    (tmp_path / "target/manifest.json").unlink()
    call(*commands[-1].split())
    assert together == _undated(tmp_path)


def _undated(folder: Path) -> dict[str, Any]:
    """What manifest.json says of nodes and functions, but for when they were read."""
    found = manifest(folder)
    both = {**found["nodes"], **found["functions"]}
    return {node_id: {**node, "created_at": 0} for node_id, node in both.items()}


def test_a_run_of_nothing_new_keeps_the_file_of_the_project(call: Call, tmp_path: Path) -> None:
    call("parse")
    before = (tmp_path / "target/manifest.json").stat()
    call("ls")
    assert (tmp_path / "target/manifest.json").stat().st_mtime_ns == before.st_mtime_ns


def test_the_edges_are_told_in_short(call: Call, tmp_path: Path) -> None:
    assert call("compile")[0] == 0
    found = json.loads((tmp_path / "target/graph_summary.json").read_text())
    linked = found["linked"]
    stg_orders = next(each for each in linked.values() if each["name"] == "model.shop.stg_orders")
    below = {linked[str(number)]["name"] for number in stg_orders["succ"]}
    assert found["_invocation_id"]
    assert stg_orders["type"] == "model"
    assert "model.shop.orders" in below
    assert {name.partition(".")[0] for name in below} == {"model", "test"}


def test_a_run_that_keeps_failures_names_the_relations_of_its_tests(call: Call, tmp_path: Path) -> None:
    test = "{not_null: {config: {store_failures: true}}}"
    text = f"models: [{{name: revenue, columns: [{{name: amount, data_tests: [unique, {test}]}}]}}]\n"
    (tmp_path / "models/revenue.yml").write_text(text)
    call("build", "--select", "+revenue")
    usual = _kept(tmp_path)

    call("test", "--select", "revenue", "--store-failures")

    asked = _kept(tmp_path)
    assert usual["unique_revenue_amount"] == (None, None)
    assert usual["not_null_revenue_amount"][0] is not None
    assert asked == {name: (places[1], places[1]) for name, places in asked.items()}
    assert asked["unique_revenue_amount"][0].endswith('."public_dbt_test__audit"."unique_revenue_amount"')
    call("test", "--select", "revenue")
    assert _kept(tmp_path).items() <= usual.items()
    assert _kept(tmp_path).keys() == asked.keys()


def _kept(folder: Path) -> dict[str, tuple[str, str]]:
    """The relations of data tests in manifest.json and in run_results.json, by name."""
    results = json.loads((folder / "target/run_results.json").read_text())["results"]
    found = {each["unique_id"]: each["relation_name"] for each in results}
    return {
        node["name"]: (node["relation_name"], found[node_id])
        for node_id, node in nodes(folder).items()
        if node["resource_type"] == "test" and node_id in found
    }


def test_compile_tells_how_long_each_node_took(call: Call, tmp_path: Path) -> None:
    assert call("compile")[0] == 0

    results = json.loads((tmp_path / "target/run_results.json").read_text())["results"]
    assert results
    for result in results:
        assert [each["name"] for each in result["timing"]] == ["compile", "execute"]
        assert result["execution_time"] > 0


@pytest.mark.parametrize(
    ("args", "hooks"), [((), 2), (("--select", "tag:on-run-end"), 1), (("--select", "path:models"), 0)]
)
def test_hooks_are_compiled_and_do_nothing(args: tuple[str, ...], hooks: int, call: Call, tmp_path: Path) -> None:
    settings = tmp_path / "dbt_project.yml"
    written = (
        "on-run-start: \"{{ run_query('create table seen (a int)') }}select 1\"\non-run-end: \"{{ 'select 2' }}\"\n"
    )
    settings.write_text(f"{settings.read_text()}\n{written}")

    assert call("compile", *args)[0] == 0
    assert call("compile", *args)[0] == 0, "the table was not kept"

    results = json.loads((tmp_path / "target/run_results.json").read_text())["results"]
    found = [each for each in results if each["unique_id"].startswith("operation.")]
    assert [(each["status"], each["message"], each["failures"]) for each in found] == [("success", None, None)] * hooks
    assert "select 2" in {each["compiled_code"] for each in found} or not hooks
