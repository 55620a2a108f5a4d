"""run_results.json: what came of each node. Schema version 6 of dbt, which schedulers and dashboards read."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from airflow_sqlmodels.artifacts.json_text import time_text, write_json
from airflow_sqlmodels.artifacts.metadata import metadata
from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import (
    Analysis,
    AnyNode,
    DataTest,
    Exposure,
    Function,
    Model,
    Operation,
    SavedQuery,
    Seed,
    Snapshot,
    Templated,
    UnitTest,
    resource_type,
)
from airflow_sqlmodels.run.result import BEHIND_FAILURE, FAIL_FAST, Result, thread_name
from airflow_sqlmodels.templating.entries.node import kept_rows
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.options import all_options

SCHEMA = "https://schemas.getdbt.com/dbt/run-results/v6.json"


def write_run_results(
    path: Path, manifest: Manifest, results: Sequence[Result], invocation: Invocation, seconds: float
) -> None:
    """Write the file, whole or not at all. `seconds` is how long the command took."""
    write_json(path, run_results(manifest, results, invocation, seconds))


def write_results_of_no_node(
    path: Path, manifest: Manifest, outcome: Result, invocation: Invocation, failures: int | None = None
) -> None:
    """Write the file for what is no node of the project: a macro, or a template from the command line."""
    entry: dict[str, Any] = {
        "status": outcome.status,
        "timing": timing(outcome.started_at, outcome.finished_at),
        "thread_id": "MainThread",
        "execution_time": outcome.seconds,
        "adapter_response": _answer(str(outcome.details.get("response") or ""), outcome.rows),
        "message": outcome.message,
        "failures": failures,
        "unique_id": outcome.node,
        **{"compiled": bool(outcome.compiled_sql), "compiled_code": outcome.compiled_sql or None},
        **{"relation_name": None, "batch_results": None, "overload_results": None},
    }
    write_json(path, _file([entry], manifest, invocation, outcome.seconds))


def run_results(
    manifest: Manifest, results: Sequence[Result], invocation: Invocation, seconds: float
) -> dict[str, Any]:
    """The content of the file."""
    keeps = bool(invocation.store_failures)
    entries = [result_json(manifest, result, keeps_failures=keeps) for result in results]
    return _file(entries, manifest, invocation, seconds)


def _file(
    entries: Sequence[Mapping[str, Any]], manifest: Manifest, invocation: Invocation, seconds: float
) -> dict[str, Any]:
    return {
        "metadata": metadata(SCHEMA, invocation),
        "results": list(entries),
        "elapsed_time": seconds,
        "args": all_options(invocation.args, manifest.settings.flags),
    }


def result_json(manifest: Manifest, result: Result, *, keeps_failures: bool = False) -> dict[str, Any]:
    """The entry of one node; `keeps_failures`: the run was asked to keep the rows that tests find."""
    node = manifest[result.node]
    has_code = isinstance(node, (Templated, UnitTest)) and not isinstance(node, Exposure)
    sql = "" if "batch_results" in result.details else result.compiled_sql  # as in dbt, each batch has its own
    return {
        "status": result.status,
        "timing": _phases(node, result),
        "thread_id": _thread(result),
        "execution_time": result.seconds,
        "adapter_response": _response(node, result),
        "message": _message(node, result),
        "failures": _failures(node, result),
        "unique_id": result.node,
        **(_code(node, result, sql) if has_code else {"compiled": None, "compiled_code": None}),
        "relation_name": _relation_name(manifest, result, keeps_failures=keeps_failures),
        "batch_results": result.details.get("batch_results"),
        "overload_results": result.details.get("overload_results"),
    }


def _thread(result: Result) -> str:
    """Who did it. As in dbt a thread of the run skips what stands behind a failure, and the main one all else."""
    message = result.message or ""
    if result.status == "skipped" and (BEHIND_FAILURE in message or FAIL_FAST in message):
        return "MainThread" if FAIL_FAST in message else thread_name(1)
    return result.thread or "MainThread"


def _code(node: AnyNode, result: Result, sql: str) -> dict[str, Any]:
    """Its query. As in dbt that of a hook or an empty file is empty, and nothing is said of a unit test without one."""
    if isinstance(node, UnitTest) and result.status == "error":
        return {"compiled": None, "compiled_code": None}  # as in dbt, even if the warehouse refused its SQL
    if sql or (result.passed and _may_be_empty(node)):
        return {"compiled": True, "compiled_code": sql}
    return {"compiled": None if isinstance(node, UnitTest) else False, "compiled_code": None}


def _may_be_empty(node: AnyNode) -> bool:
    if isinstance(node, (Analysis, Model)):
        return not _SAYS_NOTHING.sub("", node.raw_code).strip()
    return isinstance(node, Operation)


_SAYS_NOTHING = re.compile(r"(?s)\{#.*?#\}|\{%.*?%\}|\{\{-?\s*config\s*\(.*?\}\}")
"""The tags of a template that print nothing."""


def _failures(node: AnyNode, result: Result) -> int | None:
    """How many; dbt counts those of hooks, exposures and saved queries as well: none, unless they were skipped."""
    if isinstance(node, Operation):
        return None if result.passed and result.message is None else int(not result.passed)  # none if just compiled
    return 0 if isinstance(node, (Exposure, SavedQuery)) and result.status != "skipped" else result.failures


def _message(node: AnyNode, result: Result) -> str | None:
    """What dbt says of a verdict; it does not say whose fault it is that a node was skipped."""
    if result.broken_model is not None:
        return result.message
    if result.status == "skipped":
        if isinstance(node, Operation):
            return f"{_hook_name(node)} skipped"
        return "Skipping due to fail_fast" if FAIL_FAST in (result.message or "") else None
    if isinstance(node, DataTest) and result.status in ("fail", "warn"):
        rows = f"{result.failures} result{'' if result.failures == 1 else 's'}"
        return f"Got {rows}, configured to {result.status} if {result.details.get('condition', '!= 0')}"
    return _error_message(node, result)


def _error_message(node: AnyNode, result: Result) -> str | None:
    """What went wrong under a head like dbt's, which says of what kind it is: readers tell failures apart by that."""
    if result.error is None or result.status != "error" or result.message is None:
        return result.message
    if isinstance(node, Operation):
        return f"{_hook_name(node)} failed, error:\n {result.message}"
    body = "\n".join(f"  {line}" for line in result.message.splitlines())
    return f"{result.error.kind} in {resource_type(node)} {node.name} ({node.path})\n{body}"


def _hook_name(node: Operation) -> str:
    return f"{node.package}.{node.when}.{node.index}"


def _phases(node: AnyNode, result: Result) -> list[dict[str, Any]]:
    """When what was done of a node: nothing was sent of one that could not be compiled. Each batch has its own SQL."""
    phases = timing(result.started_at, result.finished_at)
    is_compiled = bool(result.compiled_sql) or "batch_results" in result.details
    if result.status != "error" or is_compiled or not isinstance(node, _COMPILED):
        return phases
    return [{**each, "name": "compile"} for each in phases[1:]]


_COMPILED = (Model, Snapshot, DataTest, Analysis)
"""The kinds of which a failure without compiled SQL is one of compiling."""


def timing(started: datetime.datetime | None, finished: datetime.datetime | None) -> list[dict[str, Any]]:
    """The phases of a step. Compiling and sending are one here; readers expect dbt's two."""
    if started is None or finished is None:
        return []
    return [
        {"name": "compile", "started_at": time_text(started), "completed_at": time_text(started)},
        {"name": "execute", "started_at": time_text(started), "completed_at": time_text(finished)},
    ]


def _relation_name(manifest: Manifest, result: Result, *, keeps_failures: bool) -> str | None:
    """The relation of a node, whether it got as far as writing it or not; as in dbt, that of a seed is not told."""
    node = manifest[result.node]
    if isinstance(node, Seed):
        return None
    if result.relation_name:
        return result.relation_name
    if isinstance(node, DataTest):
        return kept_rows(node, manifest, asked=keeps_failures and bool(result.compiled_sql))  # named as it is compiled
    if isinstance(node, (Model, Snapshot, Function)):
        return dialect_named(manifest.settings.target.type).render(node.relation)
    return None


def _response(node: AnyNode, result: Result) -> dict[str, Any]:
    """What the warehouse answered: `{"_message": "INSERT 0 3", "code": "INSERT", "rows_affected": 3}`."""
    if isinstance(node, DataTest) and result.status in ("pass", "warn", "fail"):
        return {"_message": "SELECT 1", "code": "SELECT", "rows_affected": 1}  # the one row with the verdict
    if isinstance(node, UnitTest) and result.status in ("pass", "fail"):
        return {"_message": f"SELECT {result.rows}", "code": "SELECT", "rows_affected": result.rows}
    said = result.details.get("response", result.message if result.status == "success" else "")
    # as in dbt, each batch has its own answer
    return {} if isinstance(node, Operation) or "batch_results" in result.details else _answer(said or "", result.rows)


def _answer(said: str, rows: int) -> dict[str, Any]:
    if not said:
        return {}
    if said.startswith("skip "):  # a materialized view that stays as it is
        return {"_message": said, "code": "skip", "rows_affected": str(rows)}
    code = " ".join(word for word in said.split() if not word.isdigit())
    return {"_message": said, "code": code, "rows_affected": rows}
