"""Runs a plan on threads: what is ready goes first, what stands behind a failure is skipped.

All decisions are made in the calling thread; `worker` only runs steps. Used by the command alone: in Airflow the
scheduler does this.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import Empty

from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.run.plan import Plan, Step
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.run.worker import Desk, OpenSession, RunOne, Worker

CANCEL_AGAIN = 0.5
"""Seconds until a step that should stop is cancelled once more: it may have been between two statements."""


def _ignore_step(_step: Step) -> None:
    return None


def _ignore_result(_result: Result) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRules:
    """How a plan is run."""

    threads: int = 1
    fail_fast: bool = False
    """Whether the first failure stops everything else."""
    on_start: Callable[[Step], None] = _ignore_step
    """Told each step when it begins, in the calling thread."""
    on_result: Callable[[Result], None] = _ignore_result
    """Told each result, skipped steps included, in the calling thread."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a plan."""

    results: tuple[Result, ...]
    """One for each step, in the order in which they ended."""
    interrupted: bool = False
    """Whether ctrl-c ended it early."""


def run_plan(plan: Plan, run_one: RunOne, open_session: OpenSession, rules: RunRules) -> Ran:
    """Run all steps of `plan`, each with `run_one` over a session of its thread.

    In a build a step is skipped if a node or a test before it failed; elsewhere only errors count, as in dbt.
    Ctrl-c cancels what runs at the server and skips the rest; a second one is raised.
    """
    desk = Desk(run_one, open_session)
    count = max(1, min(rules.threads, len(plan)))
    workers = [Worker(f"Thread-{number}", desk) for number in range(1, count + 1)]
    run = _Run(plan, desk, rules)
    for worker in workers:
        worker.start()
    try:
        while run.unfinished:
            try:
                run.proceed(workers)
            except KeyboardInterrupt:
                if run.interrupted:
                    raise
                run.interrupted = True
                run.stop("interrupted", workers)
    finally:
        for _ in workers:
            desk.todo.put(None)
    for worker in workers:
        worker.join()
    return Ran(tuple(run.results), run.interrupted)


class _Run:
    """The state of a run: what waits, what is ready, what came of the rest."""

    def __init__(self, plan: Plan, desk: Desk, rules: RunRules) -> None:
        self.results: list[Result] = []
        self.interrupted = False
        self._desk = desk
        self._rules = rules
        self._blocking = (*(("error", "fail") if plan.command == "build" else ("error",)), "partial success")
        self._steps = {step.node: step for step in plan}
        self._waits = {step.node: len(step.after) for step in plan}
        self._children: dict[NodeId, list[NodeId]] = defaultdict(list)
        for step in plan:
            for parent in step.after:
                self._children[parent].append(step.node)
        self._ready = [(step.depth, step.node) for step in plan if not step.after]
        heapq.heapify(self._ready)
        self._blocked: dict[NodeId, NodeId] = {}
        self._running: set[NodeId] = set()
        self._stopped = ""

    @property
    def unfinished(self) -> bool:
        """Whether a step has no result yet."""
        return len(self.results) < len(self._steps)

    def proceed(self, workers: list[Worker]) -> None:
        """Hand out what is ready and take in one result; once stopped, cancel what runs and skip the rest."""
        self._hand_out(len(workers))
        if not self._running:
            self._skip_lost()
            return
        try:
            result = self._desk.done.get(timeout=CANCEL_AGAIN if self._stopped else None)
        except Empty:
            for worker in workers:
                worker.cancel()
            return
        self._running.discard(result.node)
        if self._stopped and result.status == "error":
            result = replace(result, status="skipped", message=f"cancelled: {self._stopped}", error=None)
        self._take(result)
        if self._rules.fail_fast and result.status in ("error", "fail") and not self._stopped:
            self.stop("--fail-fast", workers)

    def stop(self, reason: str, workers: list[Worker]) -> None:
        """Begin nothing any more, and cancel what runs."""
        self._stopped = reason
        for worker in workers:
            worker.cancel()

    def _hand_out(self, places: int) -> None:
        while self._ready and len(self._running) < places:
            _, node_id = heapq.heappop(self._ready)
            cause = self._blocked.get(node_id)
            if self._stopped or cause is not None:
                why = self._stopped or f"{cause} did not succeed"
                self._take(Result(node=node_id, status="skipped", message=f"skipped: {why}"))
            else:
                self._rules.on_start(self._steps[node_id])
                self._desk.todo.put(self._steps[node_id])
                self._running.add(node_id)

    def _skip_lost(self) -> None:
        """Skip what nothing leads to any more: ctrl-c may have come in the middle of the bookkeeping."""
        there = {result.node for result in self.results}
        for node_id in self._steps:
            if node_id not in there:
                self.results.append(Result(node=node_id, status="skipped", message=f"skipped: {self._stopped}"))

    def _take(self, result: Result) -> None:
        self.results.append(result)
        step = self._steps[result.node]
        failed = result.status in self._blocking and not step.tolerated
        cause = self._blocked.get(step.node, step.node)
        for child in self._children[step.node]:
            if failed or result.status == "skipped":
                self._blocked.setdefault(child, cause)
            self._waits[child] -= 1
            if not self._waits[child]:
                heapq.heappush(self._ready, (self._steps[child].depth, child))
        self._rules.on_result(result)
