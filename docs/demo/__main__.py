"""`python -m docs.demo run` runs the example once and shows it; `python -m docs.demo ui` leaves it up until ctrl-c."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from docs.demo import airflow, postgres, report
from docs.demo.places import find_places, free_port
from docs.demo.trouble import DemoError

ROOT = Path(__file__).resolve().parents[2]
DAG_ID = "customer_orders"


def main() -> int:
    """Run what was asked for; the exit code."""
    arguments = _arguments()
    console = Console()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    try:
        with _stack(arguments.port, console) as (stack, server, say):
            failed = _run_once(stack, server, console, say)
            if arguments.what == "ui":
                _stay(stack, console)
            else:
                console.print(_NEXT)
        say("Stopped everything it started")
    except DemoError as error:
        console.print(f"[red]{error}[/]")
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted: everything it started is stopped")
        return 130
    return int(failed)


_NEXT = """
Where to look next:
  make ui                  the same, but Airflow stays up for a look around
  sql_project/models       the SQL behind each task
  dags/customer_orders.py  the whole DAG file
  docs/tutorial.md         from a stored procedure to this"""


@contextlib.contextmanager
def _stack(port: int, console: Console) -> Iterator[tuple[airflow.Stack, postgres.Server, Any]]:
    began = time.monotonic()

    def say(message: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.1f} s[/]  {message}")

    places = find_places(ROOT)
    free_port(port)
    say("Starting the embedded Postgres")
    with postgres.running(places.data) as server:
        orders = postgres.load_raw(server, ROOT / "sql_project" / "raw" / "raw_data.sql")
        say(f"Raw data is there: {orders:,} orders")
        with airflow.running(places, server, port, ROOT / "dags", say) as stack:
            say(f"Airflow answers at {stack.url}")
            yield stack, server, say
            say("Stopping")


def _run_once(stack: airflow.Stack, server: postgres.Server, console: Console, say: Any) -> bool:
    """One run of the example; whether it failed."""
    _wait_for_dag(stack)
    run_id = stack.api.trigger(DAG_ID)
    say(f"Running the DAG {DAG_ID}")
    seen: set[str] = set()

    def look() -> None:
        for each in stack.api.tasks(DAG_ID, run_id):
            if each["state"] in ("success", "failed", "upstream_failed") and each["task_id"] not in seen:
                seen.add(each["task_id"])
                say(f"  {each['task_id']}: {each['state']}")

    state = stack.api.wait(DAG_ID, run_id, look)
    say(f"The run ended: {state}")
    report.show(console, stack.api, server, DAG_ID, run_id)
    return state != "success"


def _wait_for_dag(stack: airflow.Stack, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not stack.api.has_dag(DAG_ID):
        errors = stack.api.import_errors()
        if errors:
            raise DemoError("a DAG file could not be read:\n" + "\n".join(errors))
        if time.monotonic() > deadline:
            raise DemoError(
                f"Airflow did not find the DAG {DAG_ID} within {seconds:.0f} seconds", "see .demo/airflow/logs"
            )
        time.sleep(0.3)


def _stay(stack: airflow.Stack, console: Console) -> None:
    console.print(
        f"\n[bold]{stack.url}[/]  (no login is needed: everybody who reaches it is an admin)\nctrl-c stops it."
    )
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m docs.demo")
    parser.add_argument("what", choices=("run", "ui"))
    parser.add_argument("--port", type=int, default=8080)
    return parser.parse_args()


def _interrupt(_number: int, _frame: Any) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
