"""Running a plan: order, skipping, stopping."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext

import pytest
from msgspec import structs

from airflow_sqlmodels.errors import UnreachableError, WarehouseError
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.run.plan import Plan, Step
from airflow_sqlmodels.run.result import Result, Status
from airflow_sqlmodels.run.runner import Ran, RunRules, run_plan
from airflow_sqlmodels.warehouse.session import Outcome, Rows, Session
from airflow_sqlmodels.warehouse.turns import pause


class FakeSession:
    """A session that only counts."""

    def __init__(self) -> None:
        self.cancelled = False
        self.closed = 0

    def execute(self, sql: str) -> Outcome:
        """Waits until it is cancelled, as a long query does."""
        until = time.monotonic() + 180
        while not self.cancelled:
            assert time.monotonic() < until, f"{sql} was never cancelled"
            pause(0.01)
        raise WarehouseError("canceling statement due to user request")

    def query(self, sql: str, params: object = ()) -> Rows:  # noqa: ARG002
        """No rows."""
        return Rows((), ())

    def copy(self, sql: str, chunks: Iterable[bytes]) -> Outcome:  # noqa: ARG002
        """Nothing."""
        return Outcome(0, "")

    def commit(self) -> None:
        """Nothing."""

    def rollback(self) -> None:
        """Nothing."""

    def autocommit(self) -> AbstractContextManager[None]:
        """Nothing."""
        return nullcontext()

    def cancel(self) -> None:
        """Let the waiting statement fail."""
        self.cancelled = True

    def close(self) -> None:
        """Count it."""
        self.closed += 1


def plan_of(command: str = "build", /, **after: str) -> Plan:
    """Steps by name, each with the names it waits for: `plan_of(a="", b="a")`."""
    depth: dict[str, int] = {}
    for name, above in after.items():
        depth[name] = max((depth[each] + 1 for each in above.split()), default=0)
    steps = [
        Step(NodeId(name), tuple(NodeId(each) for each in above.split()), depth[name], name.startswith("tolerated"))
        for name, above in after.items()
    ]
    return Plan(command=command, steps=tuple(steps))


def ran(plan: Plan, bad: dict[str, Status] | None = None, **rules: object) -> Ran:
    """Run with every step a success but the `bad` ones."""
    statuses = bad or {}

    def run_one(step: Step, _session: Session) -> Result:
        return Result(node=step.node, status=statuses.get(step.node, "success"))

    return run_plan(plan, run_one, FakeSession, RunRules(**rules))  # type: ignore[arg-type]  # switches of a test


def statuses(of: Ran) -> dict[str, str]:
    return {result.node: result.status for result in of.results}


@pytest.mark.parametrize("threads", [1, 4])
def test_every_step_ends_behind_those_it_waits_for(threads: int) -> None:
    plan = plan_of(a="", b="a", c="a", d="b c", e="")

    order = [result.node for result in ran(plan, threads=threads).results]

    assert sorted(order) == ["a", "b", "c", "d", "e"]
    assert all(order.index(NodeId(each)) < order.index(step.node) for step in plan for each in step.after)


def test_the_least_deep_goes_first_then_the_id() -> None:
    plan = plan_of(z="", b="z", a="z", y="", x="y")

    assert [result.node for result in ran(plan).results] == ["y", "z", "a", "b", "x"]


@pytest.mark.parametrize(
    ("command", "status", "expected"),
    [
        ("build", "error", "skipped"),
        ("build", "fail", "skipped"),
        ("build", "warn", "success"),
        ("build", "no-op", "success"),
        ("run", "error", "skipped"),
        ("run", "fail", "success"),
        ("test", "fail", "success"),
    ],
)
def test_what_stands_behind_a_failure_is_skipped(command: str, status: Status, expected: str) -> None:
    found = statuses(ran(plan_of(command, a="", b="a", c="b", d=""), {"a": status}))

    assert (found["b"], found["c"], found["d"]) == (expected, expected, "success")


def test_a_skipped_step_says_whose_fault_it_is() -> None:
    found = ran(plan_of(a="", b="a", c="b"), {"a": "error"})

    assert [result.message for result in found.results] == [None, *["skipped: a did not succeed"] * 2]


def test_others_go_on_when_a_tolerated_step_fails() -> None:
    found = statuses(ran(plan_of(tolerated="", b="tolerated"), {"tolerated": "error"}))

    assert found["b"] == "success"


def test_fail_fast_skips_all_that_has_not_begun() -> None:
    found = statuses(ran(plan_of(a="", b="", c=""), {"a": "error"}, fail_fast=True))

    assert found == {"a": "error", "b": "skipped", "c": "skipped"}


def test_fail_fast_skips_the_chosen_that_are_no_steps_too() -> None:
    plan = structs.replace(plan_of(a="", b=""), selected=(NodeId("a"), NodeId("b"), NodeId("inline")))

    stopped, whole = (statuses(ran(plan, {"a": status}, fail_fast=True)) for status in ("error", "success"))

    assert stopped == {"a": "error", "b": "skipped", "inline": "skipped"}
    assert whole == {"a": "success", "b": "success"}


def test_fail_fast_cancels_what_runs() -> None:
    began: list[NodeId] = []

    def run_one(step: Step, session: Session) -> Result:
        began.append(step.node)
        if step.node == "slow":
            session.execute("select pg_sleep(60)")
        while "slow" not in began:
            pause(0.01)
        return Result(node=step.node, status="error")

    found = run_plan(plan_of(bad="", slow=""), run_one, FakeSession, RunRules(threads=2, fail_fast=True))

    assert statuses(found) == {"bad": "error", "slow": "skipped"}
    (slow,) = [result for result in found.results if result.node == "slow"]
    assert (slow.started_at, slow.finished_at, slow.seconds) == (None, None, 0.0), "as if it had never begun"


def test_ctrl_c_cancels_what_runs_and_skips_the_rest() -> None:
    main = threading.main_thread().ident
    assert main is not None

    def run_one(step: Step, session: Session) -> Result:
        threading.Timer(0.05, signal.pthread_kill, (main, signal.SIGINT)).start()
        session.execute("select pg_sleep(60)")
        return Result(node=step.node, status="success")

    found = run_plan(plan_of(slow="", next="slow", other=""), run_one, FakeSession, RunRules())

    assert found.interrupted
    assert set(statuses(found).values()) == {"skipped"}


def test_each_thread_has_one_session_which_is_closed_at_the_end() -> None:
    sessions: list[FakeSession] = []

    def run_one(step: Step, _session: Session) -> Result:
        pause(0.01)
        return Result(node=step.node, status="success")

    run_plan(plan_of(a="", b="", c="", d=""), run_one, opener(sessions), RunRules(threads=2))

    assert [session.closed for session in sessions] == [1, 1]


def test_a_broken_connection_is_opened_again() -> None:
    sessions: list[FakeSession] = []

    def run_one(step: Step, _session: Session) -> Result:
        if step.node == "a":
            raise UnreachableError("the connection broke")
        return Result(node=step.node, status="success")

    found = run_plan(plan_of(a="", b=""), run_one, opener(sessions), RunRules())

    assert statuses(found) == {"a": "error", "b": "success"}
    assert [session.closed for session in sessions] == [1, 1]


def test_an_unexpected_error_fails_its_step_and_asks_for_a_report() -> None:
    sessions: list[FakeSession] = []

    def run_one(_step: Step, _session: Session) -> Result:
        raise ZeroDivisionError("oops")

    result = run_plan(plan_of(a=""), run_one, opener(sessions), RunRules()).results[0]

    assert result.status == "error"
    assert [session.closed for session in sessions] == [1]
    assert "please report it" in str(result.message)
    assert "ZeroDivisionError: oops" in str(result.message)


def test_a_connection_that_cannot_be_opened_fails_the_step() -> None:
    def refuse() -> Session:
        raise UnreachableError("no Postgres answers")

    def never(step: Step, _session: Session) -> Result:
        raise AssertionError(step)

    result = run_plan(plan_of(a=""), never, refuse, RunRules()).results[0]

    assert (result.status, result.message) == ("error", "no Postgres answers")


def test_beginnings_and_results_are_told_in_order() -> None:
    told: list[str] = []

    ran(
        plan_of(a="", b="a"),
        {"a": "error"},
        on_start=lambda step: told.append(f"start {step.node}"),
        on_result=lambda result: told.append(f"{result.status} {result.node}"),
    )

    assert told == ["start a", "error a", "skipped b"]


def test_a_result_names_its_thread() -> None:
    assert ran(plan_of(a="")).results[0].thread == "Thread-1 (worker)"


def test_an_empty_plan_has_no_results() -> None:
    assert ran(plan_of()).results == ()


def opener(sessions: list[FakeSession]) -> Callable[[], FakeSession]:
    """Opens sessions, and notes them."""

    def open_session() -> FakeSession:
        sessions.append(FakeSession())
        return sessions[-1]

    return open_session


def test_others_go_on_when_its_own_unit_test_stops_a_tolerated_step() -> None:
    unit, other = NodeId("unit_test.shop.u"), NodeId("model.shop.other")
    steps = (
        Step(unit),
        Step(other),
        Step(NodeId("tolerated"), (unit,), 1, tolerated=True),
        Step(NodeId("late"), (other,), 1, tolerated=True),
        Step(NodeId("below"), (NodeId("tolerated"),), 2),
        Step(NodeId("below_late"), (NodeId("late"),), 2),
    )

    found = statuses(ran(Plan(command="build", steps=steps), {unit: "fail", other: "error"}))

    assert (found["tolerated"], found["below"]) == ("skipped", "success")
    assert (found["late"], found["below_late"]) == ("skipped", "skipped")
