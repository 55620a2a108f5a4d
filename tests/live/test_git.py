"""DAG and project in a git bundle: a commit repairs wrong SQL, and a cleared task runs what the commit says."""

from __future__ import annotations

import importlib.metadata

import pytest

from tests.live.ask import Live, until
from tests.live.scenes import ABOVE, BELOW, BROKEN, REPAIRED

_AIRFLOW = tuple(map(int, importlib.metadata.version("apache-airflow").split(".")[:2]))


@pytest.mark.skipif(_AIRFLOW < (3, 3), reason="rerun_with_latest_version came with Airflow 3.3")
def test_a_cleared_task_runs_the_sql_of_the_newest_commit(stack: Live) -> None:
    """Nobody says so in the call: the DAG's rerun_with_latest_version does."""
    run = stack.runs["from_git"]
    assert run.end() == "failed"
    first = run.tasks()
    assert first["orders.run"]["state"] == "failed"
    assert first["orders.run"]["rendered_fields"]["compiled_sql"].split()[:3] == BROKEN.split()[:3]

    commit = stack.repository.commit({"shop/models/orders.sql": REPAIRED}, "amuont is amount")
    until(lambda: newest_version(stack) == commit, 30)
    assert run.clear("orders.run", include_downstream=True, only_failed=False) == sorted(("orders.run", *BELOW))
    assert run.end() == "success"

    again = run.tasks()
    assert "amount * 2 as double" in again["orders.run"]["rendered_fields"]["compiled_sql"]
    assert {again[task_id]["try_number"] for task_id in ABOVE} == {1}
    assert stack.query("select sum(double) from from_git.orders") == [(120,)]


def newest_version(stack: Live) -> str:
    """The commit from which Airflow has read the DAG last."""
    return str(stack.api.get("/api/v2/dags/from_git/details")["bundle_version"])
