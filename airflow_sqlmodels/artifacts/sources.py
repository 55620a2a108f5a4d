"""sources.json: how old each source was. Schema version 3 of dbt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from airflow_sqlmodels.artifacts.json_text import write_json
from airflow_sqlmodels.artifacts.metadata import metadata
from airflow_sqlmodels.artifacts.run_results import timing
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Source
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.entries.view import freshness_view
from airflow_sqlmodels.templating.invocation import Invocation

SCHEMA = "https://schemas.getdbt.com/dbt/sources/v3.json"
AGE = "max_loaded_at_time_ago_in_s"
"""Among the details of a result, if the age could be told."""
SELECTED = {"_message": "SELECT 1", "code": "SELECT", "rows_affected": 1}
"""What the warehouse answered: the one row with the age."""


def write_sources(
    path: Path, manifest: Manifest, results: Sequence[Result], invocation: Invocation, seconds: float
) -> None:
    """Write the file, whole or not at all. `seconds` is how long the command took."""
    write_json(path, sources(manifest, results, invocation, seconds))


def sources(manifest: Manifest, results: Sequence[Result], invocation: Invocation, seconds: float) -> dict[str, Any]:
    """The content of the file. Results of anything but sources are left out."""
    nodes = ((manifest[result.node], result) for result in results)
    return {
        "metadata": metadata(SCHEMA, invocation),
        "results": [_result(node, result) for node, result in nodes if isinstance(node, Source)],
        "elapsed_time": seconds,
    }


def _result(node: Source, result: Result) -> dict[str, Any]:
    if AGE not in result.details:
        return {"unique_id": node.id, "error": result.message, "status": "runtime error"}
    return {
        "unique_id": node.id,
        **result.details,
        "status": result.status,
        "criteria": freshness_view(node.freshness),
        "adapter_response": SELECTED,
        "timing": timing(result.started_at, result.finished_at),
        "thread_id": result.thread,
        "execution_time": result.seconds,
    }
