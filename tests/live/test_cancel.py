"""A task that is stopped, in whatever way, leaves no query behind in the server."""

from __future__ import annotations

import os
import signal
import subprocess

import pytest

from tests.live.ask import Live, Run, until

_START_SECONDS = 60
_GONE_SECONDS = 5
_END_SECONDS = 15


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


@pytest.mark.parametrize(("model", "number"), [("terminated", signal.SIGTERM), ("killed", signal.SIGKILL)])
def test_a_process_that_is_ended_leaves_no_query(stack: Live, model: str, number: signal.Signals) -> None:
    """SIGTERM comes when a machine is shut down; after SIGKILL only the server can see that nobody waits."""
    run = stack.runs["cancelled"]
    pid = sleeping(stack, model)

    os.kill(process_of(run, model), number)

    until(lambda: not active(stack, pid), _GONE_SECONDS)
    until(lambda: run.states()[f"{model}.run"] == "failed", _END_SECONDS)


def test_the_end_of_the_watching_process_stops_the_query(stack: Live) -> None:
    """Airflow's worker, which has started the task's process and watches it."""
    run = stack.runs["cancelled"]
    pid = sleeping(stack, "watched")

    os.kill(parent_of(process_of(run, "watched")), signal.SIGTERM)

    until(lambda: not active(stack, pid), _GONE_SECONDS)
    until(lambda: run.states()["watched.run"] == "failed", _END_SECONDS)


def process_of(run: Run, model: str) -> int:
    """The process that runs a model's task."""
    return int(run.tasks()[f"{model}.run"]["pid"])


def parent_of(pid: int) -> int:
    """The process that has started another."""
    told = subprocess.run(["ps", "-o", "ppid=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(told.stdout)


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
