"""What is said of a step, in one line: dbt's words, so that eyes and scripts find what they know."""

from __future__ import annotations

from airflow_sqlmodels.manifest.nodes import (
    AnyNode,
    DataTest,
    Function,
    Model,
    NodeId,
    Operation,
    Seed,
    Snapshot,
    Source,
    UnitTest,
    resource_type,
)
from airflow_sqlmodels.run.plan import Plan
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.batches import has_batches

WIDTH = 80
"""Lines are filled with dots up to here; longer ones stay as they are."""

COLOURS = {"success": "green", "pass": "green", "warn": "yellow", "skipped": "yellow", "no-op": "yellow"}
"""By status; what is not here is red."""


def subject(node: AnyNode) -> str:
    """What a node is and is called: `sql table model marts.fct_orders`, `test unique_orders_id`."""
    match node:
        case Model():
            kind = "microbatch" if has_batches(node) else node.materialized
            return f"{node.language} {kind} model {node.relation}"
        case Seed():
            return f"seed file {node.relation}"
        case Snapshot():
            return f"snapshot {node.relation}"
        case Function():
            return f"function {node.relation}"
        case Source():
            return f"freshness of {node.source_name}.{node.name}"
        case Operation():
            return f"hook: {node.package}.{node.when}.{node.index}"
        case UnitTest():
            return f"unit_test {_tested(node)}"
        case _:
            return f"{resource_type(node)} {node.name}"


def level_of(result: Result) -> str:
    """How loud the line of a result is."""
    status = "error" if result.broken_model is not None else result.status
    return {"error": "error", "fail": "error", "warn": "warn"}.get(status, "info")


def start_line(node: AnyNode, place: str) -> str:
    """The line of a step that begins; `place` is its number as in `3 of 12`."""
    return bracketed(f"{place} START {subject(node)}", "RUN")


def result_line(node: AnyNode, result: Result, place: str) -> str:
    """The line of a step that ended."""
    return bracketed(f"{place} {_did(node, result)}", verdict(node, result))


def verdict(node: AnyNode, result: Result) -> str:
    """What stands in the brackets: `SELECT 100 in 0.12s`, `FAIL 3 in 0.05s`, `SKIP`."""
    if result.status == "skipped":
        return "SKIP" if result.broken_model is None else "ERROR SKIP"
    return f"{_word(node, result)} in {result.seconds:.2f}s"


def _word(node: AnyNode, result: Result) -> str:
    if result.status == "success" and isinstance(node, Function):
        return "SUCCESS"
    if result.status == "success":
        return result.message if result.message and not isinstance(node, Operation) else "OK"
    if result.status == "partial success" and (result.message or "").startswith("PARTIAL SUCCESS ("):
        return str(result.message)
    if result.status in ("fail", "warn") and result.failures is not None:
        return f"{result.status.upper()} {result.failures}"
    if result.status == "error" and isinstance(node, Source) and result.error is None:
        return "ERROR STALE"
    return result.status.upper()


def _did(node: AnyNode, result: Result) -> str:
    if result.status == "skipped":
        why = "" if result.broken_model is None else " due to ephemeral model status 'error'"
        return f"SKIP {_skipped(node)}{why}"
    if result.status == "no-op":
        return f"NO-OP {subject(node)}"
    if isinstance(node, DataTest):
        return f"{_word(node, result)} {node.name}"
    if isinstance(node, UnitTest):
        return f"{_word(node, result)} {_tested(node)}"
    if isinstance(node, (Source, Operation)):
        return f"{_word(node, result)} {subject(node)}"
    if isinstance(node, Function) and result.status == "partial success":
        return f"OK created {subject(node)}"
    if result.status == "partial success":
        return f"PARTIALLY created {subject(node)}"
    done, failed = _VERBS.get(type(node), ("made", "making"))
    return f"OK {done} {subject(node)}" if result.passed else f"ERROR {failed} {subject(node)}"


def _tested(node: UnitTest) -> str:
    return f"{node.model_name}::{node.versioned_name}"


_VERBS: dict[type, tuple[str, str]] = {
    Model: ("created", "creating"),
    Function: ("created", "creating"),
    Seed: ("loaded", "loading"),
    Snapshot: ("took", "taking"),
}


def _skipped(node: AnyNode) -> str:
    return f"relation {node.relation}" if isinstance(node, (Model, Seed, Snapshot, Function)) else subject(node)


def bracketed(text: str, word: str) -> str:
    """A line that is filled with dots, and ends in a word in brackets."""
    return f"{f'{text} '.ljust(WIDTH, '.')} [{word}]"


class Places:
    """Numbers steps in the order in which they are told of; hooks are counted by themselves."""

    def __init__(self, plan: Plan) -> None:
        self._total = len(plan)
        self._numbers: dict[NodeId, int] = {}
        hooks = (plan.on_start, plan.on_end)
        self._hooks = {each: (number, len(ids)) for ids in hooks for number, each in enumerate(ids, 1)}

    def of(self, node_id: NodeId) -> str:
        """`3 of 12`."""
        number, total = self.numbers(node_id)
        return f"{number} of {total}"

    def numbers(self, node_id: NodeId) -> tuple[int, int]:
        """The two numbers of it."""
        if node_id in self._hooks:
            return self._hooks[node_id]
        return self._numbers.setdefault(node_id, len(self._numbers) + 1), self._total
