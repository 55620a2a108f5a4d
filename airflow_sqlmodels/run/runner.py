"""Runs a plan over several connections: what is ready goes first, what stands behind a failure is skipped.

All decisions are made here; `crew` only runs steps. Used by the command alone: in Airflow the scheduler does this.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable

from msgspec import Struct, structs

from airflow_sqlmodels.errors import EphemeralError
from airflow_sqlmodels.graph.order import kind_of
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.run.crew import Crew, OpenSession, RunOne
from airflow_sqlmodels.run.plan import Plan, Step
from airflow_sqlmodels.run.result import BEHIND_FAILURE, FAIL_FAST, Result

CANCEL_AGAIN = 0.5
"""Seconds until a step that should stop is cancelled once more: it may have been between two statements."""


def blocking(command: str) -> frozenset[str]:
    """The statuses of a node, behind which the rest is skipped: in a build also tests that failed."""
    return frozenset({"error", "partial success"} | ({"fail", "skipped"} if command == "build" else set()))


def _ignore_step(_step: Step) -> None:
    return None


def _ignore_result(_result: Result) -> None:
    return None


class RunRules(Struct, frozen=True, kw_only=True):
    """How a plan is run."""

    threads: int = 1
    """How many steps are under way at once, each over a connection of its own."""
    fail_fast: bool = False
    """Whether the first failure stops everything else."""
    on_start: Callable[[Step], None] = _ignore_step
    """Told each step when it begins."""
    on_result: Callable[[Result], None] = _ignore_result
    """Told each result, skipped steps included."""


class Ran(Struct, frozen=True):
    """What came of a plan."""

    results: tuple[Result, ...]
    """One for each step, in the order in which they ended; behind them, what --fail-fast skipped that is no step."""
    interrupted: bool = False
    """Whether ctrl-c ended it early."""


def run_plan(plan: Plan, run_one: RunOne, open_session: OpenSession, rules: RunRules) -> Ran:
    """Run all steps of `plan`, each with `run_one` over a session that no other step uses meanwhile.

    In a build a step is skipped if a node or a test before it failed; elsewhere only errors count, as in dbt.
    Ctrl-c cancels what runs at the server and skips the rest; a second one is raised.
    """
    count = max(1, min(rules.threads, len(plan)))
    with Crew(count, run_one, open_session).at_work() as crew:
        run = _Run(plan, crew, count, rules)
        while run.unfinished:
            try:
                run.proceed()
            except KeyboardInterrupt:
                if run.interrupted:
                    raise
                run.interrupted = True
                run.stop("interrupted")
        run.end()
    return Ran(tuple(run.results), run.interrupted)


class _Run:
    """The state of a run: what waits, what is ready, what came of the rest."""

    def __init__(self, plan: Plan, crew: Crew, places: int, rules: RunRules) -> None:
        self.results: list[Result] = []
        self.interrupted = False
        self._crew = crew
        self._places = places
        self._rules = rules
        self._blocking = blocking(plan.command) - {"skipped"}
        self._steps = {step.node: step for step in plan}
        self._waits = {step.node: len(step.after) for step in plan}
        self._children: dict[NodeId, list[NodeId]] = defaultdict(list)
        for step in plan:
            for parent in step.after:
                self._children[parent].append(step.node)
        self._ready = [(step.depth, step.node) for step in plan if not step.after]
        heapq.heapify(self._ready)
        self._blocked: dict[NodeId, NodeId] = {}
        self._broken: dict[NodeId, EphemeralError] = {}
        self._chosen = frozenset(plan.selected)
        self._running: set[NodeId] = set()
        self._stopped = ""

    @property
    def unfinished(self) -> bool:
        """Whether a step has no result yet."""
        return len(self.results) < len(self._steps)

    def proceed(self) -> None:
        """Begin what is ready and take in one result; once stopped, cancel what runs and skip the rest."""
        self._hand_out()
        if not self._running:
            return
        result = self._crew.next_result(CANCEL_AGAIN if self._stopped else None)
        if result is None:
            self._crew.cancel()
            return
        self._running.discard(result.node)
        if self._stopped and result.status == "error":
            result = structs.replace(result, status="skipped", message=f"cancelled: {self._stopped}", error=None)
            if self._stopped == FAIL_FAST:  # as in dbt, where it never began
                result = structs.replace(result, started_at=None, finished_at=None, seconds=0.0)
        if isinstance(result.error, EphemeralError) and result.error.model in self._chosen:
            result = structs.replace(_behind(result.node, result.error), thread=result.thread)
        self._take(result)
        wrong = result.status in ("error", "fail") or isinstance(result.error, EphemeralError)
        if self._rules.fail_fast and wrong and not self._stopped:
            self.stop(FAIL_FAST)

    def stop(self, reason: str) -> None:
        """Begin nothing any more, and cancel what runs."""
        self._stopped = reason
        self._crew.cancel()

    def end(self) -> None:
        """As in dbt, what others contain counts as skipped too once the first failure ended the run."""
        if self._stopped == FAIL_FAST:
            inline = sorted(self._chosen - self._steps.keys())
            message = f"skipped: {FAIL_FAST}"
            self.results.extend(Result(node=node_id, status="skipped", message=message) for node_id in inline)

    def _hand_out(self) -> None:
        while self._ready and len(self._running) < self._places:
            _, node_id = heapq.heappop(self._ready)
            cause, error = self._blocked.get(node_id), self._broken.get(node_id)
            if error is not None and not self._stopped:
                self._take(_behind(node_id, error))
            elif self._stopped or cause is not None:
                why = self._stopped or f"{cause} {BEHIND_FAILURE}"
                self._take(Result(node=node_id, status="skipped", message=f"skipped: {why}"))
            else:
                self._rules.on_start(self._steps[node_id])
                self._running.add(node_id)
                self._crew.begin(self._steps[node_id])

    def _take(self, result: Result) -> None:
        self.results.append(result)
        step = self._steps[result.node]
        cause = self._blocked.get(step.node, step.node)
        # as in dbt, what a model's own unit test stopped is tolerated like an error
        own = not self._stopped and cause in step.after and kind_of(cause) == "unit_test"
        failed = result.status in self._blocking and not step.tolerated
        skipped = result.status == "skipped" and not (step.tolerated and own)
        broken = result.error if skipped and isinstance(result.error, EphemeralError) else None
        for child in self._children[step.node]:
            if broken is not None:
                self._broken.setdefault(child, broken)
            if failed or skipped:
                self._blocked.setdefault(child, cause)
            self._waits[child] -= 1
            if not self._waits[child]:
                heapq.heappush(self._ready, (self._steps[child].depth, child))
        self._rules.on_result(result)


def _behind(node_id: NodeId, error: EphemeralError) -> Result:
    """What comes of a node behind a chosen ephemeral model that cannot be rendered. As in dbt no error of its own."""
    message = f"Compilation Error in {node_id}: the ephemeral model {error.model} cannot be compiled"
    return Result(node=node_id, status="skipped", message=message, error=error)
