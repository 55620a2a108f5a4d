"""What the tasks of a run leave for its on-run-end hooks: dbt's `results`, put together from an XCom of each task."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct, field

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.provider.carried import kept, known_again, merged
from airflow_sqlmodels.provider.specs import START
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.templating.code import CompiledCode

KEY = "sqlmodels_results"
"""The XCom's. It is left by a task that fails as well, which has no return value."""


class Outcome(Struct):
    """What came of one node."""

    result: Result
    error: str | None = None
    """The kind of error that it ended with."""
    code: CompiledCode | None = None


class Left(Struct):
    """What one task leaves."""

    outcomes: list[Outcome]
    graph: dict[str, Any] = field(default_factory=dict)
    """What macros have put into `graph`, as plain data."""


def left(means: Answerer, results: Sequence[Result], tell: Callable[[str], None]) -> Any:
    """What a task leaves, as plain data. `tell` is told of what macros keep in `graph` that cannot be carried."""
    outcomes = []
    for each in results:
        plain = msgspec.structs.replace(each, error=None, compiled_sql="", sent_sql="")  # it is part of the code
        outcomes.append(Outcome(plain, getattr(each.error, "kind", None), means.compiled.get(each.node)))
    return msgspec.json.decode(msgspec.json.encode(Left(outcomes, kept(means.graph, tell))))


def graph_of(instance: Any, task_id: str) -> dict[str, Any]:
    """What the macros of a task have put into `graph`, as it was left."""
    found = _of_task(instance, task_id)
    return {} if found is None else found.graph


def gathered(
    means: Answerer, instance: Any, nodes_of: Mapping[str, Sequence[str]], prefix: str, begun: Mapping[str, Any]
) -> list[Result]:
    """What came of these nodes, by the task that runs them, in the order in which they ended; then what did not run.

    What was compiled for them, and what their macros have put into `graph` beyond what it began with, is known to
    `means` afterwards. As in dbt there is nothing to tell if a hook failed at the start. What was marked as a success
    by hand, is not part of this run or is gone from the project is left out.
    """
    states = instance.get_task_states(dag_id=instance.dag_id, run_ids=[instance.run_id]).get(instance.run_id) or {}
    if states.get(prefix + START) not in (None, "success"):
        return []
    found: list[Outcome] = []
    graph: Any = dict(begun)
    for task_id, nodes in nodes_of.items():
        state = states.get(task_id)
        said = _of_task(instance, task_id) if state in ("success", "failed") else None
        if said is not None:
            graph = merged(begun, graph, said.graph)
        found += (each for each in _outcomes(said, task_id, nodes, state) if each.result.node in means.manifest)
    means.graph.update(known_again(graph, means.dialect))
    means.compiled.update({each.result.node: each.code for each in found if each.code is not None})
    ran = [each for each in found if each.result.finished_at is not None]
    ran.sort(key=lambda each: str(each.result.finished_at))
    return [_whole(each) for each in (*ran, *(each for each in found if each.result.finished_at is None))]


def _of_task(instance: Any, task_id: str) -> Left | None:
    index = -1 if instance.map_index is None else instance.map_index
    said = instance.xcom_pull(task_ids=task_id, key=KEY, map_indexes=index)
    return None if said is None else msgspec.convert(said, Left)


def _outcomes(said: Left | None, task_id: str, nodes: Sequence[str], state: str | None) -> Iterator[Outcome]:
    if said is not None:
        yield from said.outcomes
        known = {each.result.node for each in said.outcomes}
        yield from (Outcome(Result(node=NodeId(each), status="skipped")) for each in nodes if each not in known)
    elif state in ("upstream_failed", "skipped"):
        yield from (Outcome(Result(node=NodeId(each), status="skipped")) for each in nodes)
    elif state == "failed":
        what = f"the task {task_id} failed before it could tell what came of it: see its log"
        yield from (Outcome(Result(node=NodeId(each), status="error", message=what), "Runtime Error") for each in nodes)


def _whole(each: Outcome) -> Result:
    error = None
    if each.error is not None:
        error = SqlModelsError(each.result.message or "")
        error.kind = each.error
    sql = each.code.sql if each.code is not None and each.code.sql else ""
    return msgspec.structs.replace(each.result, error=error, compiled_sql=sql)
