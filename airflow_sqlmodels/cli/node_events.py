"""What log collectors are told of each node beside its lines: how far it is, and how it ended, whole."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from typing import Any

from airflow_sqlmodels.artifacts.json_text import time_text
from airflow_sqlmodels.artifacts.run_results import result_json
from airflow_sqlmodels.cli.log import Log
from airflow_sqlmodels.cli.node_info import node_info
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.run.result import Result


def tell_begun(log: Log, manifest: Manifest, node: AnyNode) -> None:
    """A node begins."""
    log.closely("NodeStart", "Q024", f"Began running node {node.id}", _since_now(manifest, node, "started"))


def tell_compiling(log: Log, manifest: Manifest, node: AnyNode) -> None:
    """Its template is about to be rendered."""
    log.closely("NodeCompiling", "Q030", f"Began compiling node {node.id}", _since_now(manifest, node, "compiling"))


def _since_now(manifest: Manifest, node: AnyNode, status: str) -> Callable[[], dict[str, Any]]:
    """What is told of a node that begins something, if anybody listens."""
    return lambda: {"node_info": node_info(manifest, node, status, began=datetime.datetime.now(datetime.UTC))}


def executing(log: Log, manifest: Manifest, node: AnyNode) -> Callable[[str], None]:
    """What tells that a node is executed, when it is called for the first time: with its compiled SQL."""
    began = datetime.datetime.now(datetime.UTC)
    told: list[bool] = []

    def data() -> dict[str, Any]:
        return {"node_info": node_info(manifest, node, "executing", began=began)}

    def tell(_sql: str) -> None:
        if not told:  # a model in batches is compiled for each of them
            told.append(True)
            log.closely("NodeExecuting", "Q031", f"Began executing node {node.id}", data)

    return tell


def tell_raised(log: Log, manifest: Manifest, result: Result) -> None:
    """What a node raised, if it did: said before the verdict. Of batches it was said of each."""
    error = result.error
    if result.status != "error" or error is None or "batch_results" in result.details:
        return

    def data() -> dict[str, Any]:
        info = node_info(manifest, manifest[result.node], "started", began=result.started_at)
        return {"exc": str(error), "exc_info": f"{type(error).__name__}: {error}", "node_info": info}

    log.closely("CatchableExceptionOnRun", "W002", f"{error.kind}\n{error}", data)


def tell_finished(log: Log, manifest: Manifest, result: Result) -> None:
    """A node ended, with all that run_results.json says of it."""

    def data() -> dict[str, Any]:
        info = node_info(manifest, manifest[result.node], result.status, result)
        return {"node_info": info, "run_result": _told(manifest, result)}

    log.closely("NodeFinished", "Q025", f"Finished running node {result.node}", data)


def tell_blocked(log: Log, manifest: Manifest, result: Result) -> None:
    """What depends on a node is skipped, because of how that ended."""

    def data() -> dict[str, Any]:
        return {"unique_id": result.node, "status": result.status, "run_result": _told(manifest, result)}

    said = f"Marking all children of {result.node!r} to be skipped because of status {result.status!r}."
    log.closely("MarkSkippedChildren", "Z033", said, data)


def tell_over(log: Log, manifest: Manifest, results: Sequence[Result], seconds: float, *, success: bool) -> None:
    """A run is over: all results in one."""

    def data() -> dict[str, Any]:
        now = time_text(datetime.datetime.now(datetime.UTC))
        told = [_told(manifest, result) for result in results]
        return {"results": told, "elapsed_time": seconds, "generated_at": now, "success": success}

    log.closely("EndRunResult", "Q037", "Command end result", data)


def _told(manifest: Manifest, result: Result) -> dict[str, Any]:
    """A result as events have it."""
    entry = result_json(manifest, result)
    return {
        "status": entry["status"],
        "message": entry["message"] or "",
        "timing_info": entry["timing"],
        "thread": entry["thread_id"],
        "execution_time": entry["execution_time"],
        "adapter_response": entry["adapter_response"],
        "num_failures": entry["failures"] or 0,
    }
