"""What people are told: in logs, by return values, by failure callbacks."""

from __future__ import annotations

import json
import re

from tests.live.ask import PASSWORD, Live, until


def test_a_failed_data_test_says_how_many_rows_which_and_how_to_see_them(stack: Live) -> None:
    """The query in the log finds these rows when it is sent as it is."""
    run = stack.runs["failing"]
    assert run.end() == "failed"

    messages = run.messages("payments.test")

    (told,) = (each for each in messages if each.startswith("models/all.yml:") and "to see the rows" in each)
    count, query = told.split("\nto see the rows:\n")
    assert count.endswith("unique_payments_half: 2 rows at fault")
    assert sorted(stack.query(query)) == [(0, 2), (1, 2)]
    (first,) = (each for each in messages if each.startswith("the first of them:\n"))
    assert sorted(first.splitlines()[1:]) == ["0 | 2", "1 | 2", "unique_field | n_records"]


def test_a_failure_callback_gets_the_failed_tests(stack: Live) -> None:
    """The exception has a list of what failed: test, model, how many rows, the query, the owner."""
    assert stack.runs["failing"].end() == "failed"
    file = stack.dags / "told.json"
    until(file.exists, 15)

    told = json.loads(file.read_text())

    assert (told["type"], told["task"], len(told["failed"])) == ("DataTestError", "payments.test", 1)
    test, model, failures, query, owner = told["failed"][0]
    assert (test, model, failures, owner) == ("unique_payments_half", "payments", 2, "ann")
    assert len(stack.query(query)) == 2


def test_a_log_has_each_statement_with_its_time_and_rows(stack: Live) -> None:
    """What was sent to the server, and what came of it."""
    run = stack.runs["failing"]
    run.end()

    log = run.log("payments.run")

    assert re.search(r"create table (.*\n)+-- SELECT 4 in \d+\.\d{3} s, 4 rows", log), log
    assert re.search(r"-- CREATE SCHEMA in \d+\.\d{3} s", log), log


def test_a_model_returns_rows_seconds_and_relation(stack: Live) -> None:
    """As XCom `return_value`, for the tasks behind it."""
    run = stack.runs["failing"]
    run.end()

    returned = run.returned("payments.run")

    assert (returned["rows"], returned["relation"]) == (4, '"warehouse"."failing"."payments"')
    assert 0 < returned["seconds"] < 30


def test_no_log_has_the_password(stack: Live) -> None:
    """Of tasks that end well, fail or cannot connect; nor the logs of Airflow's own processes."""
    dag_ids = {"failing", "grouped", "locked_out"}
    for dag_id in dag_ids:
        stack.runs[dag_id].end()

    logs = [path for path in stack.airflow.logs.rglob("*") if path.is_file()]

    assert "did not let us in" in stack.runs["locked_out"].log("first.run")
    assert dag_ids <= {part.removeprefix("dag_id=") for path in logs for part in path.parts}
    assert [path for path in logs if PASSWORD.encode() in path.read_bytes()] == []
