"""What the tasks of a run leave for its on-run-end hooks: dbt's `results`, put together from an XCom of each task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.provider.specs import START
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.templating.code import CompiledCode

KEY = "sqlmodels_results"
"""The XCom's. It is left by a task that fails as well, which has no return value."""


class Left(Struct):
    """One node's outcome as its task left it."""

    result: Result
    error: str | None = None
    """The kind of error that it ended with."""
    code: CompiledCode | None = None


def left(means: Answerer, results: Sequence[Result]) -> list[dict[str, Any]]:
    """The results of a task as plain data, and what was compiled for them."""
    told = []
    for each in results:
        plain = msgspec.structs.replace(each, error=None, compiled_sql="", sent_sql="")  # it is part of the code
        told.append(Left(plain, getattr(each.error, "kind", None), means.compiled.get(each.node)))
    plainly: list[dict[str, Any]] = msgspec.json.decode(msgspec.json.encode(told))  # what JSON has no word for is text
    return plainly


def gathered(means: Answerer, instance: Any, nodes_of: Mapping[str, Sequence[str]], prefix: str) -> list[Result]:
    """What came of these nodes, by the task that runs them, in the order in which they ended; then what did not run.

    What was compiled for them is known to `means` afterwards. As in dbt there is nothing to tell if a hook failed at
    the start. What was marked as a success by hand, or is not part of this run, is left out.
    """
    states = instance.get_task_states(dag_id=instance.dag_id, run_ids=[instance.run_id]).get(instance.run_id) or {}
    if states.get(prefix + START) not in (None, "success"):
        return []
    ran: list[Result] = []
    others: list[Result] = []
    for task_id, nodes in nodes_of.items():
        for each in _of_task(instance, task_id, nodes, states.get(task_id)):
            if each.code is not None:
                means.compiled[each.result.node] = each.code
            (others if each.result.finished_at is None else ran).append(_whole(each))
    return [*sorted(ran, key=lambda each: str(each.finished_at)), *others]


def _of_task(instance: Any, task_id: str, nodes: Sequence[str], state: str | None) -> Iterator[Left]:
    if state in ("upstream_failed", "skipped"):
        yield from (Left(Result(node=NodeId(each), status="skipped")) for each in nodes)
    if state not in ("success", "failed"):
        return
    index = -1 if instance.map_index is None else instance.map_index
    told = instance.xcom_pull(task_ids=task_id, key=KEY, map_indexes=index)
    if told is not None:
        yield from msgspec.convert(told, list[Left])
        known = {each["result"]["node"] for each in told}
        yield from (Left(Result(node=NodeId(each), status="skipped")) for each in nodes if each not in known)
    elif state == "failed":
        what = f"the task {task_id} failed before it could tell what came of it: see its log"
        yield from (Left(Result(node=NodeId(each), status="error", message=what), "Runtime Error") for each in nodes)


def _whole(each: Left) -> Result:
    error = None
    if each.error is not None:
        error = SqlModelsError(each.result.message or "")
        error.kind = each.error
    sql = each.code.sql if each.code is not None and each.code.sql else ""
    return msgspec.structs.replace(each.result, error=error, compiled_sql=sql)
