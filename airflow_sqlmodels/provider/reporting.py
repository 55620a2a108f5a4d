"""What a task tells: its return value, the SQL it shows, the exception it ends with."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Any

from airflow_sqlmodels.errors import DataTestError, FailedTest, SqlModelsError
from airflow_sqlmodels.manifest.nodes import AnyNode, NodeId, resource_type
from airflow_sqlmodels.run.result import Result

TESTS = ("test.", "unit_test.")
"""What the ids of tests begin with."""


def is_unit_test(node_id: NodeId) -> bool:
    """Whether this is a unit test."""
    return node_id.startswith("unit_test.")


def level_of(result: Result) -> int:
    """The log level of what came of a node: by it people filter a task's log."""
    if result.status in ("error", "fail", "partial success"):
        return logging.ERROR
    return logging.WARNING if result.status == "warn" else logging.INFO


def summary(results: Sequence[Result]) -> dict[str, Any]:
    """The return value of a task, small enough for any XCom backend."""
    built = [result for result in results if not result.node.startswith(TESTS)]
    tests = Counter(result.status for result in results if result.node.startswith(TESTS))
    told: dict[str, Any] = {"status": _worst(results), "seconds": round(sum(each.seconds for each in results), 3)}
    if built:
        told["relation"] = built[0].relation_name
        told["rows"] = built[0].rows
        told["message"] = built[0].message
        told.update(built[0].details)
    if tests:
        told["tests"] = {verdict: tests.get(verdict, 0) for verdict in ("pass", "warn", "fail", "error")}
        told["failures"] = {_name(each): each.failures for each in results if each.status in ("warn", "fail")}
    return told


def raise_for(results: Sequence[Result]) -> None:
    """Raises the error that stopped a node; else DataTestError with every test that failed."""
    for result in results:
        if result.status == "error":
            raise result.error or SqlModelsError(result.message or "failed")
    failed: list[FailedTest] = []
    first: SqlModelsError | None = None
    for result in results:
        if result.status == "fail":
            first = first or result.error
            failed += getattr(result.error, "failed", ())
    if first is not None:
        what = "; ".join(_what(each) for each in results if each.status == "fail")
        raise DataTestError(what, first.at, "see the log for the query and the first rows", failed)


def _what(result: Result) -> str:
    """What failed. A unit test's own message does not say which one it is."""
    return result.error.what if is_unit_test(result.node) and result.error is not None else str(result.message)


def compiled_text(before: str, sql: str) -> str:
    """The SQL of all nodes of a task, one behind the other."""
    return f"{before}\n;\n\n{sql.strip()}" if before else sql.strip()


def run_title(node: AnyNode) -> str:
    """`model marts.fct_orders`, for the log."""
    relation = getattr(node, "relation", None)
    name = node.name if relation is None or resource_type(node) == "test" else str(relation)
    return f"{resource_type(node)} {name}"


def _worst(results: Sequence[Result]) -> str:
    order = ("error", "fail", "warn", "success", "pass", "no-op")
    statuses = {result.status for result in results}
    return next((status for status in order if status in statuses), "no-op")


def _name(result: Result) -> str:
    if is_unit_test(result.node):
        return result.node.rpartition(".")[2]
    return result.node.split(".", 2)[-1].rpartition(".")[0] or result.node
