"""--log-format json: what happens to each node, as the events that log collectors know from dbt."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import click

from airflow_sqlmodels.cli.lines import Places, level_of, result_line, start_line, subject
from airflow_sqlmodels.cli.log_format import event
from airflow_sqlmodels.cli.node_info import node_info
from airflow_sqlmodels.cli.summary import (
    COUNTED,
    count_line,
    duration,
    error_count,
    failure,
    finished_line,
    kinds,
    to_explain,
    verdict,
)
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import (
    AnyNode,
    DataTest,
    Function,
    Model,
    Operation,
    Seed,
    Snapshot,
    Source,
    UnitTest,
    resource_type,
)
from airflow_sqlmodels.run.microbatch import BatchNews
from airflow_sqlmodels.run.plan import Plan, Step
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.entries.groups import logged_group
from airflow_sqlmodels.templating.entries.shape import whole_config
from airflow_sqlmodels.templating.entries.view import attached_of

_RESULTS: dict[type, tuple[str, str]] = {
    Model: ("LogModelResult", "Q012"),
    Seed: ("LogSeedResult", "Q016"),
    Snapshot: ("LogSnapshotResult", "Q015"),
    Function: ("LogFunctionResult", "Q047"),
    DataTest: ("LogTestResult", "Q007"),
    UnitTest: ("LogTestResult", "Q007"),
    Source: ("LogFreshnessResult", "Q018"),
    Operation: ("LogHookEndLine", "Q033"),
}


Write = Callable[[str, str], None]
"""Where a line goes, which is told its level first."""


def ended(results: Sequence[Result], interrupted: bool = False) -> dict[str, Any]:
    """What dbt's event of the end of a run has."""
    found: Counter[str] = Counter(result.status for result in results)
    return {
        "num_errors": error_count(results),
        "num_warnings": found["warn"],
        "keyboard_interrupt": interrupted,
        "num_partial_success": found["partial success"],
    }


def counted(results: Sequence[Result]) -> dict[str, Any]:
    """What dbt's event of the last line has."""
    found: Counter[str] = Counter(result.status for result in results)
    stats = {_STATS[word]: sum(found[status] for status in statuses) for word, statuses in COUNTED}
    return {"stats": {**stats, "total": len(results)}}


class JsonProgress:
    """Writes an event when a step begins and when it ends, and those of the whole run."""

    def __init__(self, manifest: Manifest, plan: Plan, invocation: str, write: Write) -> None:
        self._manifest = manifest
        self._invocation = invocation
        self._tell = write
        self._total = len(plan)
        self._places = Places(plan)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def started(self, step: Step) -> None:
        """A node begins."""
        node, (number, total) = self._manifest[step.node], self._places.numbers(step.node)
        is_hook, now = isinstance(node, Operation), datetime.datetime.now(datetime.UTC)
        what = {"statement": _hook(node)} if is_hook else {"description": subject(node)}
        info = node_info(self._manifest, node, "started", began=now)
        name, code = ("LogHookStartLine", "Q032") if is_hook else ("LogStartLine", "Q011")
        line = start_line(node, self._places.of(step.node))
        self._write(name, code, line, {**what, "index": number, "total": total, "node_info": info})

    def ended(self, result: Result) -> None:
        """A node ended, or was skipped."""
        node, (number, total) = self._manifest[result.node], self._places.numbers(result.node)
        is_hook = isinstance(node, Operation)
        skipped = result.status == "skipped" and not is_hook
        name, code = ("SkippingDetails", "Q034") if skipped else _RESULTS[type(node)]
        if result.broken_model is not None:
            name, code = "LogSkipBecauseError", "Z034"
        data = {
            **self._details(node, result),
            **self._group(node),
            "index": number,
            "execution_time": result.seconds,
            "node_info": self._info(node, result.status, result),
        }
        if name != "LogTestResult":  # which has `num_models`
            data["total"] = total
        line = result_line(node, result, self._places.of(result.node))
        self._write(name, code, line, data, "info" if is_hook else level_of(result))  # as in dbt, whatever came of it

    def batch(self, news: BatchNews) -> None:
        """A batch of a model began or ended."""
        place = {"description": news.what, "batch_index": news.number, "total_batches": news.total}
        data: dict[str, Any] = {**place, "node_info": self._info(news.node, news.status, None)}
        if news.status == "started":
            said = f"{news.what} is being run sequentially"
            self._write("MicrobatchExecutionDebug", "Q044", said, {"msg": said}, "debug")
            self._write("LogStartBatch", "Q045", news.line, data)
            return
        if news.error is not None:
            wrong = {"unique_id": news.node.id, "exc": str(news.error), "node_info": data["node_info"]}
            self._write("GenericExceptionOnRun", "W004", str(news.error), wrong, "error")
        status = news.message if news.status == "success" else news.status
        data |= {"status": status, "execution_time": news.seconds, **self._group(news.node)}
        self._write("LogBatchResult", "Q046", news.line, data, "error" if news.error else "info")

    def say(self, message: str) -> None:
        """Something a template or a step has to tell."""
        self._write("JinjaLogInfo", "I062", message, {"msg": message})

    def summary(
        self,
        results: Sequence[Result],
        seconds: float,
        interrupted: bool,
        place: Callable[[AnyNode], str],
        *,
        counts: bool = True,
    ) -> None:
        """The events at the end of a run. `place`: where the compiled SQL of a node is; `counts`: what came of all."""
        self._blank()
        ran = {"stat_line": kinds(self._manifest, results), "execution": duration(seconds), "execution_time": seconds}
        self._write("FinishedRunningStats", "E047", finished_line(self._manifest, results, seconds), ran)
        if counts:
            self._verdict(results, interrupted)
        for result in to_explain(results):
            self._failure(result, place)
        if counts:
            self._counts(results)

    def _verdict(self, results: Sequence[Result], interrupted: bool) -> None:
        self._blank()
        self._write(
            "EndOfRunSummary", "Z030", click.unstyle(verdict(results, interrupted)), ended(results, interrupted)
        )

    def _counts(self, results: Sequence[Result]) -> None:
        self._blank()
        self._write("StatsLine", "Z023", count_line(results), counted(results))

    def _failure(self, result: Result, place: Callable[[AnyNode], str]) -> None:
        self._blank()
        node = self._manifest[result.node]
        warned = result.status == "warn"
        names = {"node_name": node.name, "path": node.path, "resource_type": resource_type(node)}
        told = {"node_info": self._info(node, result.status, result), **self._group(node)}
        level = level_of(result)
        name, code = ("RunResultWarning", "Z021") if warned else ("RunResultFailure", "Z022")
        self._write(name, code, f"{resource_type(node)} {node.name} ({node.at})", {**names, **told}, level)
        text = click.unstyle("\n".join(failure(self._manifest, result)))
        name, code = ("RunResultWarningMessage", "Z046") if warned else ("RunResultError", "Z024")
        self._write(name, code, text, {"msg": text, **told}, level)
        if result.compiled_sql and "batch_results" not in result.details:
            self._blank()
            path = place(node)
            data = {"path": path, "node_info": told["node_info"]}
            self._write("SQLCompiledPath", "Z026", f"  compiled code at {path}", data)

    def _blank(self) -> None:
        """An empty line is an event too."""
        self._write("Formatting", "Z017", "", {"msg": ""})

    def _group(self, node: AnyNode) -> dict[str, Any]:
        """Whose node it is, for those who are to be told."""
        group = logged_group(node, self._manifest)
        return {} if group is None else {"group": group}

    def _details(self, node: AnyNode, result: Result) -> dict[str, Any]:
        if isinstance(node, Operation):
            return {"statement": _hook(node), "status": result.status}
        if result.status == "skipped":
            relation = getattr(node, "relation", None)
            where = relation.schema if relation is not None else ""
            skipped = {"node_name": node.name, "resource_type": resource_type(node), "schema": where}
            if result.broken_model is None:
                return skipped
            return {**skipped, "relation": node.name if relation is None else relation.identifier, "status": "error"}
        if isinstance(node, (DataTest, UnitTest)):
            found = {"name": node.name, "status": result.status, "num_failures": result.failures or 0}
            return {**found, "num_models": self._total, "attached_node": _attached(node)}
        said = result.message if result.passed else result.status
        if isinstance(node, Seed):
            names = {"relation": node.relation.identifier, "schema": node.relation.schema}
            return {**names, "status": result.status, "result_message": said}
        if isinstance(node, Snapshot):
            what = f"{node.relation.schema}.{node.relation.identifier}"
            told = {"status": result.status, "result_message": result.message}
            return {"description": what, "cfg": _config_texts(node), **told}
        if isinstance(node, Source):
            return {"source_name": node.source_name, "table_name": node.name, "status": result.status}
        return {"description": subject(node), "status": said}

    def _info(self, node: AnyNode, status: str, result: Result | None) -> dict[str, Any]:
        return node_info(self._manifest, node, status, result)

    def _write(self, name: str, code: str, message: str, data: Mapping[str, Any], level: str = "info") -> None:
        self._tell(level, event(name, code, message, self._invocation, data, level))


def _attached(node: DataTest | UnitTest) -> str:
    return (attached_of(node) if isinstance(node, DataTest) else None) or ""


def _config_texts(node: Snapshot) -> dict[str, str]:
    """Its config as dbt puts it into an event: what is set, as texts."""
    found = whole_config("snapshot", node.config)
    shown = {key: _set(value) if isinstance(value, dict) else value for key, value in found.items()}
    return {key.replace("_hook", "-hook"): str(value) for key, value in _set(shown).items()}


def _set(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _hook(node: AnyNode) -> str:
    return subject(node).removeprefix("hook: ")


_STATS = {"PASS": "pass", "WARN": "warn", "ERROR": "error", "SKIP": "skip", "NO-OP": "noop", "REUSED": "reused"}
