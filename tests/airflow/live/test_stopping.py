"""A task that is stopped stops its statement at the server, however it is stopped."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from airflow_sqlmodels.provider.compat import HAS_RERUN_LATEST
from tests.airflow.live.stack import Live, Run, until

pytestmark = pytest.mark.live


def test_a_task_marked_failed_stops_its_statement(live: Live) -> None:
    run = sleeping(live, "marked")

    run.mark("marked.run", "failed")

    assert_gone(live, "marked")
    until(lambda: "stopping the statement at the server" in run.log("marked.run"))
    assert run.states()["marked.run"] == "failed"
    assert live.columns("stopped", "marked") == []


def test_a_task_cleared_while_it_runs_stops_its_statement_and_runs_again(live: Live) -> None:
    run = sleeping(live, "cleared")
    (first,) = backends(live, "cleared")

    run.clear("cleared.run", only_failed=False)

    until(lambda: first not in backends(live, "cleared"))
    until(lambda: backends(live, "cleared"))
    assert run.tasks()["cleared.run"]["try_number"] == 2
    run.mark("cleared.run", "failed")
    assert_gone(live, "cleared")


SINCE_3_3 = pytest.mark.skipif(not HAS_RERUN_LATEST, reason="before 3.3 Airflow's supervisor keeps SIGTERM to itself")


@pytest.mark.parametrize("what", ["runner", pytest.param("supervisor", marks=SINCE_3_3)])
def test_a_process_that_is_asked_to_end_stops_its_statement(live: Live, what: str) -> None:
    """As when a machine is taken away: SIGTERM goes to the process that runs the task, or to its parent."""
    run = sleeping(live, what)
    runner = int(run.tasks()[f"{what}.run"]["pid"])

    os.kill(runner if what == "runner" else parent_of(runner), signal.SIGTERM)

    assert_gone(live, what)
    until(lambda: run.states()[f"{what}.run"] == "failed")


def sleeping(live: Live, model: str) -> Run:
    """The run whose tasks sleep in the server; this model's has begun to."""
    until(lambda: backends(live, model))
    return live.runs["stopped"]


def assert_gone(live: Live, model: str) -> None:
    """The server runs the model's statement no more, long before it would end by itself."""
    until(lambda: not backends(live, model))


def backends(live: Live, model: str) -> list[int]:
    """The server's processes that run the model's statement: each task gives its session its own name."""
    return [
        pid
        for (pid,) in live.query(
            "select pid from pg_stat_activity where state = 'active'"
            f" and application_name = 'stopped.{model}.run' and query like '%pg_sleep%'"
        )
    ]


def parent_of(pid: int) -> int:
    """The process that has started another."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("PPid:")).split()[1])
