"""What log collectors are told of each node beside its lines: when it begins and how it ended, whole."""

from __future__ import annotations

import datetime
from typing import Any

from airflow_sqlmodels.artifacts.run_results import result_json
from airflow_sqlmodels.cli.log import Log
from airflow_sqlmodels.cli.node_info import node_info
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.run.result import Result


def tell_begun(log: Log, manifest: Manifest, node: AnyNode) -> None:
    """A node begins."""
    now = datetime.datetime.now(datetime.UTC)
    said = f"Began running node {node.id}"
    log.closely("NodeStart", "Q024", said, lambda: {"node_info": node_info(manifest, node, "started", began=now)})


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
        entry = result_json(manifest, result)
        told = {
            "status": entry["status"],
            "message": entry["message"] or "",
            "timing_info": entry["timing"],
            "thread": entry["thread_id"],
            "execution_time": entry["execution_time"],
            "adapter_response": entry["adapter_response"],
            "num_failures": entry["failures"] or 0,
        }
        return {"node_info": node_info(manifest, manifest[result.node], result.status, result), "run_result": told}

    log.closely("NodeFinished", "Q025", f"Finished running node {result.node}", data)
