"""What people are told: in the logs, by return values, by callbacks, by import errors."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path

import pytest

from tests.airflow.live.stack import PASSWORD, Live, until

pytestmark = pytest.mark.live


def test_a_failed_data_test_tells_how_many_rows_which_and_how_to_see_them(live: Live) -> None:
    run = live.runs["failing"]
    assert run.end() == "failed"

    log = run.log("payments.test")
    (query,) = re.findall(r"to see the rows:\n(.*?)\nselect \* from \(", log, re.DOTALL)
    assert "unique_payments_half: 2 rows at fault" in log
    assert live.query(query) == [(0, 2), (1, 2)]
    assert "unique_field | n_records\n0 | 2\n1 | 2" in log
    assert run.level("payments.test", "test unique_payments_half: 2 rows at fault") == "error"
    assert "DataTestError: models/all.yml" in log


def test_a_failure_callback_is_told_which_tests_failed(live: Live) -> None:
    live.runs["failing"].end()
    file = live.dags / "told.json"
    until(lambda: written(file))

    told = json.loads(file.read_text())

    (test, model, failures, query, owner) = told["failed"][0]
    assert (told["type"], told["task"], len(told["failed"])) == ("DataTestError", "payments.test", 1)
    assert (test, model, failures, owner) == ("unique_payments_half", "payments", 2, "ann")
    assert len(live.query(query)) == 2


def test_the_callback_of_the_dag_itself_is_told_no_exception(live: Live) -> None:
    """Airflow calls it when the run has failed, in the DAG processor: so ours goes to the tasks, by `default_args`."""
    live.runs["failing"].end()
    file = live.dags / "told_run.json"
    until(lambda: written(file))

    assert json.loads(file.read_text()) == {"exception": "None", "reason": "task_failure"}


def test_a_log_has_each_statement_with_its_time_and_rows(live: Live) -> None:
    run = live.runs["failing"]
    run.end()

    log = run.log("payments.run")

    assert re.search(r'create table \S+"payments\w*" as\nselect .*\n-- SELECT 4 in \d\.\d{3} s, 4 rows', log), log
    assert re.search(r'create schema if not exists "failing".*\n-- DO in \d\.\d{3} s', log), log
    assert run.level("payments.run", "model failing.payments: SELECT 4") == "info"


def test_tasks_return_what_came_of_them(live: Live) -> None:
    run, failed = live.runs["repaired"], live.runs["failing"]
    run.end()
    failed.end()

    built, tested = failed.told("payments.run"), run.told("stg_orders.test")

    assert (built["status"], built["rows"]) == ("success", 4)
    assert built["relation"] == '"warehouse"."failing"."payments"'
    assert built["seconds"] > 0
    assert tested["tests"] == {"pass": 1, "warn": 0, "fail": 0, "error": 0}
    assert failed.told("payments.test") is None  # a task that fails returns nothing


def test_no_log_has_the_password(live: Live) -> None:
    for name in ("failing", "grouped"):
        live.runs[name].end()

    written = [path for path in live.stack.logs.rglob("*") if path.is_file()]

    assert any("payments.test" in str(path) for path in written)
    assert [path for path in written if PASSWORD.encode() in path.read_bytes()] == []


def test_a_mistake_in_a_project_is_an_import_error_with_place_caret_and_hint(live: Live) -> None:
    until(live.api.import_errors)

    (error,) = live.api.import_errors()

    assert "models/report.sql:2:14: " in error
    assert "from {{ ref('odrers') }}\n" + 13 * " " + "^" in dedented(error)
    assert "hint: did you mean 'orders'?" in error


def test_a_group_runs_in_order_between_other_tasks(live: Live) -> None:
    run = live.runs["grouped"]
    assert run.end() == "success"

    tasks = run.tasks()

    order = ["before", "models.first.run", "models.second.run", "after"]
    assert sorted(tasks) == sorted(order)
    for earlier, later in itertools.pairwise(order):
        assert tasks[earlier]["end_date"] <= tasks[later]["start_date"]


def written(file: Path) -> bool:
    """Whether a callback has written its file."""
    return file.exists() and file.stat().st_size > 0


def dedented(text: str) -> str:
    """The text without the indentation that a traceback gives to all its lines."""
    return "\n".join(line.removeprefix("    ") for line in text.splitlines())
