"""The files other tools read: their fields, and that they are there whole or not at all."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from airflow_sqlmodels.artifacts.json_text import to_json, write_json
from airflow_sqlmodels.artifacts.manifest_json import manifest_json
from airflow_sqlmodels.artifacts.run_results import run_results
from airflow_sqlmodels.artifacts.sources import sources
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.entries.places import compiled_path
from airflow_sqlmodels.templating.invocation import Invocation
from tests.graph.shop import SHOP
from tests.manifests import data_test, exposure, hook, manifest_of, model, saved_query, seed, source, unit_test

NOON = datetime.datetime(2024, 1, 2, 12, 0, 0, 5, tzinfo=datetime.UTC)
LATER = NOON + datetime.timedelta(seconds=2)
RUN = Invocation(id="run-1", started_at=NOON, args={"which": "build"})
ORDERS = model("orders")
UNIQUE = data_test("unique", ORDERS)
COUNTRIES = seed("countries")
RAW = source("orders")
HOOK = hook("on-run-start")
VERDICT = {"_message": "SELECT 1", "code": "SELECT", "rows_affected": 1}
ROUNDED = unit_test("rounded", ORDERS)
MANIFEST = manifest_of(ORDERS, UNIQUE, COUNTRIES, RAW, HOOK, ROUNDED)


@pytest.mark.parametrize(
    ("node", "compiled", "phases"),
    [
        (ORDERS, "", ["compile"]),
        (UNIQUE, "", ["compile"]),
        (ORDERS, "select 1", ["compile", "execute"]),
        (COUNTRIES, "", ["compile", "execute"]),
    ],
)
def test_what_could_not_be_compiled_has_no_time_of_execution(node: AnyNode, compiled: str, phases: list[str]) -> None:
    result = Result(node=node.id, status="error", compiled_sql=compiled, started_at=NOON, finished_at=LATER)

    entry = run_results(MANIFEST, [result], RUN, 2.5)["results"][0]

    assert [each["name"] for each in entry["timing"]] == phases
    assert entry["timing"][-1]["completed_at"] == "2024-01-02T12:00:02.000005Z"


def test_batches_that_fail_have_been_sent() -> None:
    result = Result(
        node=ORDERS.id,
        status="error",
        started_at=NOON,
        finished_at=LATER,
        details={"batch_results": {"successful": [], "failed": [("2024-01-01", "2024-01-02")]}},
    )

    entry = run_results(MANIFEST, [result], RUN, 2.5)["results"][0]

    assert [each["name"] for each in entry["timing"]] == ["compile", "execute"]


@pytest.mark.parametrize("node", [exposure("dash", ORDERS), saved_query("monthly")])
def test_nothing_has_failed_in_what_is_never_run(node: AnyNode) -> None:
    written = run_results(manifest_of(ORDERS, node), [Result(node=node.id, status="no-op")], RUN, 0.1)

    assert (written["results"][0]["status"], written["results"][0]["failures"]) == ("no-op", 0)


def test_a_built_model_has_dbts_fields() -> None:
    result = Result(
        node=ORDERS.id,
        status="success",
        rows=10,
        seconds=2.0,
        message="SELECT 10",
        compiled_sql="select 1",
        relation_name='"warehouse"."public"."orders"',
        started_at=NOON,
        finished_at=LATER,
        thread="Thread-1",
    )

    written = run_results(MANIFEST, [result], RUN, 2.5)

    assert written["elapsed_time"] == 2.5
    assert (written["args"]["which"], written["args"]["select"]) == ("build", ())
    assert written["metadata"]["dbt_schema_version"].endswith("run-results/v6.json")
    assert written["results"] == [
        {
            "status": "success",
            "timing": [
                {"name": "compile", "started_at": "2024-01-02T12:00:00.000005Z",
                 "completed_at": "2024-01-02T12:00:00.000005Z"},
                {"name": "execute", "started_at": "2024-01-02T12:00:00.000005Z",
                 "completed_at": "2024-01-02T12:00:02.000005Z"},
            ],
            "thread_id": "Thread-1",
            "execution_time": 2.0,
            "adapter_response": {"_message": "SELECT 10", "code": "SELECT", "rows_affected": 10},
            "message": "SELECT 10",
            "failures": None,
            "unique_id": "model.shop.orders",
            "compiled": True,
            "compiled_code": "select 1",
            "relation_name": '"warehouse"."public"."orders"',
            "batch_results": None,
            "overload_results": None,
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("node", "result", "expected"),
    [
        (UNIQUE, {"status": "fail", "failures": 3, "message": "3 rows"}, {"failures": 3, "relation_name": None}),
        (UNIQUE, {"status": "fail", "failures": 1}, {"message": "Got 1 result, configured to fail if != 0"}),
        (
            UNIQUE,
            {"status": "warn", "failures": 3, "details": {"condition": ">1"}},
            {"message": "Got 3 results, configured to warn if >1"},
        ),
        (UNIQUE, {"status": "pass"}, {"adapter_response": VERDICT}),
        (ORDERS, {"status": "skipped"}, {"compiled": False, "compiled_code": None, "timing": []}),
        (
            ORDERS,
            {"status": "skipped", "message": "skipped: a did not succeed"},
            {"message": None, "thread_id": "Thread-1 (worker)"},
        ),
        (
            ORDERS,
            {"status": "skipped", "message": "cancelled: --fail-fast", "thread": "Thread-2 (worker)"},
            {"message": "Skipping due to fail_fast", "thread_id": "MainThread", "timing": []},
        ),
        (ORDERS, {"status": "error"}, {"adapter_response": {}, "relation_name": '"warehouse"."public"."orders"'}),
        (HOOK, {"status": "success", "message": "SELECT 1"}, {"adapter_response": {}, "failures": 0}),
        (HOOK, {"status": "success"}, {"compiled": True, "compiled_code": ""}),
        (HOOK, {"status": "error", "message": "no"}, {"failures": 1, "compiled": False}),
        (HOOK, {"status": "skipped"}, {"message": "shop.on-run-start.0 skipped", "thread_id": "MainThread"}),
        (COUNTRIES, {"status": "success", "message": "INSERT 2", "rows": 2}, {"compiled": None, "relation_name": None}),
        (COUNTRIES, {"status": "success", "relation_name": "countries"}, {"relation_name": None}),
        (ROUNDED, {"status": "error"}, {"compiled": None, "compiled_code": None}),
        (ROUNDED, {"status": "error", "compiled_sql": "select 1"}, {"compiled": None, "compiled_code": None}),
        (ROUNDED, {"status": "pass", "compiled_sql": "select 1"}, {"compiled": True}),
        (ORDERS, {"status": "success", "message": "No-op", "details": {"response": ""}}, {"adapter_response": {}}),
        (
            ORDERS,
            {"status": "success", "message": "SUCCESS", "rows": 2, "details": {"batch_results": {"successful": []}}},
            {"adapter_response": {}, "message": "SUCCESS"},
        ),
    ],
)
def test_other_results_leave_out_what_they_have_not(
    node: AnyNode, result: dict[str, Any], expected: dict[str, Any]
) -> None:
    found = run_results(MANIFEST, [Result(node=node.id, **result)], RUN, 1.0)["results"][0]

    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(("status", "sql", "named"), [("fail", "select 1", True), ("error", "", False)])
def test_a_test_that_is_asked_to_keep_its_rows_names_their_table_once_it_has_a_query(
    status: str, sql: str, named: bool
) -> None:
    kept = data_test("unique", ORDERS, name="kept", relation=Relation("db", "audit", "kept"))
    result = Result(node=kept.id, status=status, compiled_sql=sql)

    found = run_results(manifest_of(ORDERS, kept), [result], structs.replace(RUN, store_failures=True), 1.0)["results"]

    assert (found[0]["relation_name"] is not None) is named


def test_the_age_of_a_source_is_told() -> None:
    details = {"max_loaded_at": "a", "snapshotted_at": "b", "max_loaded_at_time_ago_in_s": 5.0}
    results = [Result(node=RAW.id, status="warn", details=details), Result(node=ORDERS.id, status="success")]

    found = sources(MANIFEST, results, RUN, 1.0)["results"]

    assert len(found) == 1
    assert (found[0]["status"], found[0]["max_loaded_at_time_ago_in_s"]) == ("warn", 5.0)
    assert found[0]["criteria"]["warn_after"] == {"count": 12, "period": "hour"}


def test_a_source_that_could_not_be_asked_is_a_runtime_error() -> None:
    found = sources(MANIFEST, [Result(node=RAW.id, status="error", message="no table")], RUN, 1.0)["results"]

    assert found == [{"unique_id": RAW.id, "error": "no table", "status": "runtime error"}]


def test_the_manifest_has_dbts_parts_and_maps() -> None:
    written = manifest_json(SHOP, graph_of(SHOP), RUN)

    assert set(written) >= {
        *("metadata", "nodes", "sources", "macros", "docs", "exposures", "metrics", "groups", "selectors"),
        *("disabled", "parent_map", "child_map", "group_map", "saved_queries", "semantic_models", "unit_tests"),
    }
    assert list(written["sources"]) == ["source.shop.raw.orders", "source.shop.crm.people"]
    assert written["parent_map"]["model.shop.joined"] == ["model.shop.stg_orders", "model.shop.stg_people"]
    assert written["group_map"] == {"finance": ["model.shop.revenue"]}
    json.dumps(written, default=to_json)


@pytest.mark.parametrize(
    ("node", "path"),
    [
        (ORDERS, "compiled/shop/models/marts/orders.sql"),
        (UNIQUE, "compiled/shop/models/schema.yml/unique_orders.sql"),
    ],
)
def test_compiled_sql_lies_where_dbt_puts_it(node: AnyNode, path: str) -> None:
    assert compiled_path(node) == path


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (NOON, "2024-01-02T12:00:00.000005Z"),
        (datetime.datetime(2024, 1, 2, 3, 4), "2024-01-02T03:04:00"),
        (datetime.date(2024, 1, 2), "2024-01-02"),
        (Decimal("1.5"), 1.5),
        (Path("a/b"), "a/b"),
    ],
)
def test_values_become_json(value: object, expected: object) -> None:
    assert to_json(value) == expected


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    place = tmp_path / "deep" / "x.json"
    write_json(place, {"a": 1})

    endless: list[object] = []
    endless.append(endless)

    with pytest.raises(RecursionError):
        write_json(place, {"b": endless})

    assert json.loads(place.read_text()) == {"a": 1}
    assert [each.name for each in place.parent.iterdir()] == ["x.json"]
