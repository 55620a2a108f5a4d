"""A task that is stopped, in whatever way, leaves no query behind in the server."""

from __future__ import annotations

import os
import signal

from tests.live.ask import Live, until

_START_SECONDS = 60
_GONE_SECONDS = 5


def test_a_task_that_is_set_to_failed_stops_its_query(stack: Live) -> None:
    """As the button in the UI does."""
    pid = sleeping(stack, "failed_by_rest")

    stack.runs["cancelled"].fail("failed_by_rest.run")

    until(lambda: not active(stack, pid), _GONE_SECONDS)


def test_a_running_task_that_is_cleared_stops_its_query(stack: Live) -> None:
    """The next try waits for the server with a query of its own."""
    run = stack.runs["cancelled"]
    pid = sleeping(stack, "cleared_by_rest")

    assert run.clear("cleared_by_rest.run", only_failed=False, only_running=False) == ["cleared_by_rest.run"]

    until(lambda: not active(stack, pid), _GONE_SECONDS)
    assert sleeping(stack, "cleared_by_rest") != pid
    run.fail("cleared_by_rest.run")


def test_a_process_that_is_terminated_stops_its_query(stack: Live) -> None:
    """As when a machine is shut down: SIGTERM goes to the process that runs the task."""
    run = stack.runs["cancelled"]
    pid = sleeping(stack, "terminated")

    os.kill(int(run.tasks()["terminated.run"]["pid"]), signal.SIGTERM)

    until(lambda: not active(stack, pid), _GONE_SECONDS)
    until(lambda: run.states()["terminated.run"] == "failed", _GONE_SECONDS)


def sleeping(stack: Live, model: str) -> int:
    """The server's process that runs the model's statement, as soon as it does: a task's session bears its name."""
    found = (
        "select pid from pg_stat_activity where state = 'active' and query like '%pg_sleep%'"
        f" and application_name = 'cancelled.{model}.run'"
    )
    until(lambda: stack.query(found), _START_SECONDS)
    return int(stack.query(found)[0][0])


def active(stack: Live, pid: int) -> bool:
    """Whether this process of the server still runs a statement."""
    return bool(stack.query(f"select 1 from pg_stat_activity where state = 'active' and pid = {pid}"))
