"""What the demo shows at its end: tasks, relations, tests."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table

from docs.demo.api import Api
from docs.demo.postgres import WAREHOUSE, Server

_COLOURS = {"success": "green", "failed": "red", "upstream_failed": "yellow", "pass": "green", "warn": "yellow",
            "fail": "red", "error": "red"}  # fmt: skip
_KINDS = "case c.relkind when 'r' then 'table' when 'v' then 'view' when 'm' then 'materialized view' end"
_SCHEMAS = ("staging", "intermediate", "marts")


def show(console: Console, api: Api, server: Server, dag_id: str, run_id: str) -> None:
    """Print the three tables."""
    tasks = sorted(api.tasks(dag_id, run_id), key=lambda each: each["start_date"] or "")
    console.print(_tasks(tasks))
    console.print(_relations(server))
    console.print(_tests(api, dag_id, run_id, tasks))


def _tasks(tasks: list[dict[str, Any]]) -> Table:
    table = Table("task", "state", "seconds", title="Tasks, in the order in which they began", title_justify="left")
    for each in tasks:
        seconds = f"{each['duration']:.1f}" if each["duration"] is not None else ""
        table.add_row(each["task_id"], _coloured(each["state"]), seconds)
    return table


def _relations(server: Server) -> Table:
    table = Table("relation", "kind", "rows", title="What is in the warehouse now", title_justify="left")
    with server.connect(WAREHOUSE) as connection:
        found = connection.execute(
            f"select n.nspname, c.relname, {_KINDS} from pg_class c join pg_namespace n on n.oid = c.relnamespace"  # type: ignore[arg-type]
            " where n.nspname = any(%s) and c.relkind in ('r', 'v', 'm')"
            " order by array_position(%s, n.nspname::text), 2",
            (list(_SCHEMAS), list(_SCHEMAS)),
        ).fetchall()
        for schema, name, kind in found:
            counted = connection.execute(f'select count(*) from "{schema}"."{name}"').fetchone()  # type: ignore[arg-type]
            table.add_row(f"{schema}.{name}", kind, f"{counted[0]:,}" if counted else "")
    return table


def _tests(api: Api, dag_id: str, run_id: str, tasks: list[dict[str, Any]]) -> Table:
    table = Table("tests of", "pass", "warn", "fail", "rows at fault", title="Tests", title_justify="left")
    for each in tasks:
        told = api.xcom(dag_id, run_id, each["task_id"])
        if not isinstance(told, dict) or "tests" not in told:
            continue
        counts = told["tests"]
        failures = ", ".join(f"{name}: {count}" for name, count in told.get("failures", {}).items())
        table.add_row(each["task_id"].removesuffix(".test"), *(_count(counts, key) for key in ("pass", "warn", "fail")),
                      failures)  # fmt: skip
    return table


def _count(counts: dict[str, int], verdict: str) -> str:
    number = counts.get(verdict, 0)
    return f"[{_COLOURS[verdict]}]{number}[/]" if number else ""


def _coloured(state: str | None) -> str:
    colour = _COLOURS.get(state or "")
    return f"[{colour}]{state}[/]" if colour else str(state or "not run")
