"""What is said of a step in one line, and of a run at its end."""

from __future__ import annotations

import io
import re
from pathlib import Path

import click
import pytest
from rich.console import Console

from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.cli.lines import result_line, start_line, subject
from airflow_sqlmodels.cli.log import Log
from airflow_sqlmodels.cli.progress import Lines, progress_for
from airflow_sqlmodels.cli.summary import count_line, failed, summary
from airflow_sqlmodels.cli.terminal import Terminal
from airflow_sqlmodels.errors import DataTestError, FailedTest, WarehouseError
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.run.plan import Plan, make_plan
from airflow_sqlmodels.run.result import Result, Status
from tests.manifests import data_test, exposure, hook, manifest_of, model, seed, snapshot, source

ORDERS = model("orders")
COUNTRIES = seed("countries")
HISTORY = snapshot("history", ORDERS)
UNIQUE = data_test("unique", ORDERS)
RAW = source("orders")
HOOK = hook("on-run-end", 1)
MANIFEST = manifest_of(ORDERS, COUNTRIES, HISTORY, UNIQUE, RAW, HOOK)


@pytest.mark.parametrize(
    ("node", "text"),
    [
        (ORDERS, "sql table model public.orders"),
        (COUNTRIES, "seed file public.countries"),
        (HISTORY, "snapshot snapshots.history"),
        (UNIQUE, "test unique_orders"),
        (RAW, "freshness of raw.orders"),
        (HOOK, "hook: shop.on-run-end.1"),
        (exposure("board"), "exposure board"),
    ],
)
def test_a_node_is_called_what_it_is(node: AnyNode, text: str) -> None:
    assert subject(node) == text


def test_a_line_says_that_a_step_begins() -> None:
    line = start_line(ORDERS, "1 of 12")

    assert line == f"1 of 12 START sql table model public.orders {'.' * 36} [RUN]"


def test_a_line_that_is_long_anyway_is_not_filled() -> None:
    line = start_line(model("orders_" * 12), "1 of 12")

    assert line == f"1 of 12 START sql table model public.{'orders_' * 12}  [RUN]"


@pytest.mark.parametrize(
    ("node", "status", "more", "text"),
    [
        (
            ORDERS,
            "success",
            {"message": "SELECT 100"},
            "OK created sql table model public.orders [SELECT 100 in 0.12s]",
        ),
        (ORDERS, "error", {"message": "no"}, "ERROR creating sql table model public.orders [ERROR in 0.12s]"),
        (ORDERS, "skipped", {}, "SKIP relation public.orders [SKIP]"),
        (COUNTRIES, "success", {"message": "INSERT 2"}, "OK loaded seed file public.countries [INSERT 2 in 0.12s]"),
        (HISTORY, "success", {"message": "INSERT 0 1"}, "OK took snapshot snapshots.history [INSERT 0 1 in 0.12s]"),
        (UNIQUE, "pass", {"failures": 0}, "PASS unique_orders [PASS in 0.12s]"),
        (UNIQUE, "fail", {"failures": 3}, "FAIL 3 unique_orders [FAIL 3 in 0.12s]"),
        (UNIQUE, "warn", {"failures": 1}, "WARN 1 unique_orders [WARN 1 in 0.12s]"),
        (UNIQUE, "error", {}, "ERROR unique_orders [ERROR in 0.12s]"),
        (UNIQUE, "skipped", {}, "SKIP test unique_orders [SKIP]"),
        (RAW, "warn", {}, "WARN freshness of raw.orders [WARN in 0.12s]"),
        (RAW, "error", {}, "ERROR STALE freshness of raw.orders [ERROR STALE in 0.12s]"),
        (HOOK, "success", {"message": "CREATE"}, "OK hook: shop.on-run-end.1 [OK in 0.12s]"),
        (exposure("board"), "no-op", {}, "NO-OP exposure board [NO-OP in 0.12s]"),
    ],
)
def test_a_line_says_what_came_of_a_step(node: AnyNode, status: Status, more: dict[str, object], text: str) -> None:
    line = result_line(node, Result(node=node.id, status=status, seconds=0.123, **more), "2 of 3")  # type: ignore[arg-type]

    assert re.sub(r" \.+ ", " ", line) == f"2 of 3 {text}"


def test_steps_are_numbered_as_they_begin_and_hooks_by_themselves() -> None:
    written: list[str] = []
    plan = make_plan(manifest_of(ORDERS, UNIQUE, HOOK))
    lines = Lines(MANIFEST, plan, written.append)

    with lines:
        for step in plan:
            lines.started(step)
        lines.ended(Result(node=UNIQUE.id, status="pass"))
        lines.ended(Result(node=HOOK.id, status="success"))

    assert [re.sub(r"^\S+  | \.+.*", "", line) for line in written] == [
        "1 of 2 START sql table model public.orders",
        "2 of 2 START test unique_orders",
        "2 of 2 PASS unique_orders",
        "1 of 1 OK hook: shop.on-run-end.1",
    ]


def test_on_a_terminal_what_ended_stays_and_what_runs_is_counted() -> None:
    shown = io.StringIO()
    plan = make_plan(manifest_of(ORDERS, UNIQUE))
    console = Console(file=shown, force_terminal=True, width=200, color_system=None)

    with Terminal(MANIFEST, plan, console) as terminal:
        terminal.started(plan.steps[0])
        terminal.started(plan.steps[1])
        terminal.ended(Result(node=UNIQUE.id, status="pass"))
        terminal.say("waiting")

    assert "1 of 2 PASS unique_orders" in shown.getvalue()
    assert "waiting" in shown.getvalue()
    assert "1 of 2 done" in shown.getvalue()
    assert "sql table model public.orders  0s" in shown.getvalue()


def test_quiet_tells_of_errors_only(capsys: pytest.CaptureFixture[str]) -> None:
    flags = Flags(command="run", project_dir=Path(), log=Log("error"))
    progress = progress_for(MANIFEST, Plan(command="run", steps=()), flags, "id")

    progress.say("hello")
    progress.ended(Result(node=ORDERS.id, status="success"))
    progress.ended(Result(node=ORDERS.id, status="error"))

    assert "ERROR creating sql table model" in capsys.readouterr().out.strip().partition("\n")[0]


def test_the_last_line_counts_as_dbt_does() -> None:
    statuses: list[Status] = ["success", "pass", "warn", "error", "fail", "skipped", "no-op"]

    line = count_line([Result(node=ORDERS.id, status=status) for status in statuses])

    assert line == "Done. PASS=2 WARN=1 ERROR=2 SKIP=1 NO-OP=1 REUSED=0 TOTAL=7"


@pytest.mark.parametrize(
    ("status", "expected"),
    [("success", False), ("warn", False), ("no-op", False), ("error", True), ("fail", True), ("skipped", True)],
)
def test_a_failed_or_skipped_step_fails_the_command(status: Status, expected: bool) -> None:
    assert failed([Result(node=ORDERS.id, status=status)]) is expected


def test_the_end_tells_each_failure_with_its_place_and_query() -> None:
    error = DataTestError("3 rows", UNIQUE.at, "", [FailedTest("unique_orders", "orders", 3, "select 1\nfrom x", "")])
    results = [
        Result(node=ORDERS.id, status="error", message="models/marts/orders.sql:1: no", error=WarehouseError("no")),
        Result(node=UNIQUE.id, status="fail", failures=3, message="unique_orders: 3 rows at fault", error=error),
    ]

    lines = [click.unstyle(line) for line in summary(MANIFEST, results, 61.5, interrupted=False)]

    assert "\n".join(lines) == (
        "\nFinished running 1 table model, 1 test in 0 hours 1 minutes and 1.50 seconds (61.50s).\n"
        "\nCompleted with 2 errors, 0 partial successes, and 0 warnings:\n"
        "\nDatabase Error in model orders (models/marts/orders.sql:1)\n"
        "  models/marts/orders.sql:1: no\n"
        "\nFailure in test unique_orders (models/schema.yml:1)\n"
        "  unique_orders: 3 rows at fault\n"
        "  to see the rows:\n"
        "    select 1\n"
        "    from x\n"
        "\nDone. PASS=0 WARN=0 ERROR=2 SKIP=0 NO-OP=0 REUSED=0 TOTAL=2"
    )
