"""`python -m docs.demo run` runs the example once and shows it; `python -m docs.demo ui` leaves it up until ctrl-c."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from rich.console import Console

from docs.demo import airflow, postgres, report
from docs.demo.places import choose_port, taken_places
from docs.demo.signals import interrupt_once
from docs.demo.trouble import DemoError

ROOT = Path(__file__).resolve().parents[2]
DAG_ID = "customer_orders"
_WIDTH = 110

_NEXT = """
Where to look next:
  make ui                  the same, but Airflow stays up for a look around
  sql_project/models       the SQL behind each task
  dags/customer_orders.py  the whole DAG file
  docs/tutorial.md         from a stored procedure to this"""

_MEND = """
What to do next:
  mend it                  and make demo again: this leaves the rows of the run before where they were
  make ui                  the same, but Airflow stays up: one click runs what failed again"""


def main() -> int:
    """Run what was asked for; the exit code."""
    console = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False, soft_wrap=False)
    interrupt_once()
    try:
        arguments = _arguments()
        with _stack(arguments.port, console) as (stack, server, say):
            failed = _run_once(stack, server, console, say)
            if arguments.what == "ui":
                _stay(stack, console)
            else:
                console.print(_MEND if failed else _NEXT)
        say("Everything it started is stopped")
    except DemoError as error:
        console.print(f"[red]{_plain(error)}[/]")
        return 1
    except KeyboardInterrupt:
        console.print("Interrupted. Everything it started is stopped")
        return 130
    return int(failed)


@contextlib.contextmanager
def _stack(
    port: int | None, console: Console
) -> Iterator[tuple[airflow.Stack, postgres.Server, Callable[[str], None]]]:
    began = time.monotonic()

    def say(message: str) -> None:
        console.print(f"[dim]{time.monotonic() - began:5.1f} s[/]  {message}")

    chosen = choose_port(port)
    with taken_places(ROOT) as places:
        say("Starting the embedded Postgres")
        with postgres.running(places.data) as server:
            orders = postgres.load_raw(server, ROOT / "sql_project" / "raw" / "raw_data.sql")
            say(f"Raw data is there: {orders:,} orders")
            with airflow.running(places, server, chosen, ROOT / "dags", say) as stack:
                say(f"Airflow answers at {stack.url}")
                yield stack, server, say
                say("Stopping")


def _run_once(stack: airflow.Stack, server: postgres.Server, console: Console, say: Callable[[str], None]) -> bool:
    """One run of the example; whether it failed."""
    _wait_for_dag(stack)
    run_id = stack.api.trigger(DAG_ID)
    say(f"Running the DAG {DAG_ID}")
    seen: set[str] = set()

    def look() -> None:
        stack.check()
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
    while not stack.api.has_dag(DAG_ID, stack.started):
        stack.check()
        errors = stack.api.import_errors(stack.started)
        if errors:
            raise DemoError("a DAG file could not be read:\n" + "\n".join(errors))
        if time.monotonic() > deadline:
            raise DemoError(f"Airflow did not find the DAG {DAG_ID} within {seconds:.0f} seconds", f"see {stack.logs}")
        time.sleep(0.2)


def _stay(stack: airflow.Stack, console: Console) -> None:
    console.print(f"\n[bold]{stack.url}[/]\nlogin: none is needed, whoever reaches the page is an admin (it can be")
    console.print("reached from this machine only). ctrl-c stops it.")
    with contextlib.suppress(KeyboardInterrupt):
        while True:
            time.sleep(1)
            stack.check()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m docs.demo", description=__doc__)
    parser.add_argument("what", choices=("run", "ui"))
    parser.add_argument("--port", type=_port, help="where Airflow listens; else SQLMODELS_PORT, else 8080 or the next")
    arguments = parser.parse_args()
    if arguments.port is None and os.environ.get("SQLMODELS_PORT"):
        arguments.port = _port(os.environ["SQLMODELS_PORT"])
    return arguments


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 65_536:
        raise DemoError(f"{text!r} is no port", "a number from 1 to 65535")
    return int(text)


def _plain(error: Exception) -> str:
    """What an error says, with nothing in it that rich takes for markup."""
    return str(error).replace("[", "\\[")


if __name__ == "__main__":
    sys.exit(main())
