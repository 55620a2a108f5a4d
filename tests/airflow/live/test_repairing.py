"""The everyday story: a model fails, its SQL is repaired, its task is cleared. In a folder and in a git bundle."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_sqlmodels.provider.compat import HAS_RERUN_LATEST
from tests.airflow.live.scenes import ABOVE, BELOW, REPAIRED
from tests.airflow.live.stack import Live, Run, until

pytestmark = pytest.mark.live

BROKEN_STATES = {
    **dict.fromkeys(ABOVE, "success"),
    "orders.run": "failed",
    **dict.fromkeys(BELOW, "upstream_failed"),
}
AGAIN = sorted(["orders.run", *BELOW])


def test_a_model_repaired_in_a_folder_runs_again_with_all_below_it(live: Live) -> None:
    run = live.runs["repaired"]
    assert run.end() == "failed"
    before = run.tasks()
    assert run.states() == BROKEN_STATES, run.log("stg_orders.run")
    assert "models/orders.sql:1" in run.log("orders.run")
    assert live.columns("folder", "customers") == ["id", "name"]
    assert live.columns("folder", "stg_orders") == ["id", "amount"]
    assert live.columns("folder", "orders") == []

    (live.dags / "shop/models/orders.sql").write_text(REPAIRED)
    cleared = run.clear("orders.run", include_downstream=True, only_failed=True)

    assert cleared == AGAIN
    assert run.end() == "success"
    check_repaired(live, run, before, "folder")


def test_a_model_repaired_in_git_runs_again_if_the_latest_version_is_asked_for(live: Live) -> None:
    run = live.runs["repaired_in_git"]
    assert run.end() == "failed"
    before = run.tasks()
    assert run.states() == BROKEN_STATES, run.log("stg_orders.run")
    commit = live.repository.commit({"shop/models/orders.sql": REPAIRED}, "orders: spell amount")
    until(lambda: live.api.get("/api/v2/dags/repaired_in_git")["bundle_version"] == commit)

    # Airflow keeps a run's files: a cleared task runs the SQL of the commit with which its run began …
    run.clear("orders.run", include_downstream=True, only_failed=True, run_on_latest_version=False)
    assert run.end() == "failed"
    assert "amuont" in run.log("orders.run", 2)

    # … unless it is told otherwise. Since 3.3 a DAG can tell so for all its runs, and ours does: then "clear" alone
    # does it. Before, it must be said each time: "Run with latest bundle version" in the dialog.
    said = {} if HAS_RERUN_LATEST else {"run_on_latest_version": True}
    run.clear("orders.run", include_downstream=True, only_failed=True, **said)
    assert run.end() == "success"
    check_repaired(live, run, before, "git", tries=3)


def check_repaired(live: Live, run: Run, before: dict[str, dict[str, Any]], schema: str, tries: int = 2) -> None:
    """The tasks from `orders` down ran again, and no other; the new SQL is what ran."""
    after = run.tasks()
    assert set(run.states().values()) == {"success"}
    assert after["orders.run"]["try_number"] == tries
    for task_id in BELOW:
        assert after[task_id]["start_date"] > after["orders.run"]["end_date"]
    for task_id in ABOVE:
        for what in ("try_number", "start_date", "end_date"):
            assert after[task_id][what] == before[task_id][what], (task_id, what)
    assert live.columns(schema, "orders") == ["id", "amount", "double"]
    assert live.query(f"select double from {schema}.overview") == [(120,)]
    rendered = run.task("orders.run")["rendered_fields"]["compiled_sql"]
    assert "amount * 2" in rendered
    assert f'"{schema}"."stg_orders"' in rendered
