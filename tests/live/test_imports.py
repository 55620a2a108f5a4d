"""What Airflow makes of DAG files: an import error with the place of a mistake, a group between other tasks."""

from __future__ import annotations

from textwrap import dedent

from tests.live.ask import Live, until


def test_a_mistake_in_a_project_is_an_import_error_with_place_caret_and_hint(stack: Live) -> None:
    """The page of import errors says what `sqlmodels parse` says."""
    until(stack.api.import_errors, 30)

    (error,) = stack.api.import_errors()

    assert dedent(error[error.index("models/report.sql") :]).startswith(
        "models/report.sql:2:14: no model, seed or snapshot 'odrers'\n"
        "    from {{ ref('odrers') }}\n"
        "                 ^\n"
        "hint: did you mean 'orders'?\n"
    )


def test_a_group_runs_in_order_between_other_tasks(stack: Live) -> None:
    """What is before the group ends before its first model, what is behind it begins after the last."""
    run = stack.runs["grouped"]
    assert run.end() == "success"

    tasks = run.tasks()

    order = ("before", "models.first.run", "models.second.run", "after")
    assert set(tasks) == set(order)
    times = [tasks[task_id][when] for task_id in order for when in ("start_date", "end_date")]
    assert times == sorted(times)
    assert stack.query("select id from grouped.second") == [(1,)]
