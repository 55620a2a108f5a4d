"""What the demo shows at its end: tasks, relations, tests."""

from __future__ import annotations

from typing import Any

from psycopg import sql
from rich.console import Console
from rich.table import Table

from docs.demo.api import Api
from docs.demo.postgres import WAREHOUSE, Server

_COLOURS = {"success": "green", "failed": "red", "upstream_failed": "yellow", "pass": "green", "warn": "yellow",
            "fail": "red", "error": "red"}  # fmt: skip
_RELATIONS = """
select n.nspname, c.relname, case c.relkind when 'r' then 'table' when 'v' then 'view' else 'materialized view' end
from pg_class as c
join pg_namespace as n on n.oid = c.relnamespace
where pg_get_userbyid(c.relowner) = 'pipeline' and c.relkind in ('r', 'v', 'm') and c.relpersistence <> 't'
order by array_position(array['reference', 'staging', 'intermediate', 'marts'], n.nspname::text), 1, 2
"""
_VERDICTS = ("pass", "warn", "fail", "error")


def show(console: Console, api: Api, server: Server, dag_id: str, run_id: str) -> None:
    """Print the three tables, and what each task that failed said."""
    tasks = sorted(api.tasks(dag_id, run_id), key=lambda each: each["start_date"] or "")
    told = {each["task_id"]: api.xcom(dag_id, run_id, each["task_id"]) for each in tasks}
    for table in (task_table(tasks), _relation_table(server), test_table(told)):
        console.print()
        console.print(table)
    for each in tasks:
        if each["state"] == "failed":
            log = api.log(dag_id, run_id, each["task_id"], each["try_number"])
            console.print(f"\n[red]{each['task_id']} failed[/]")
            console.print(last_words(log), markup=False)


def last_words(log: list[dict[str, Any]]) -> str:
    """The error with which a task ended, from its log. Airflow tells what brought it about behind it."""
    raised = [line["error_detail"][0] for line in log if line.get("error_detail")]
    return str(raised[-1]["exc_value"]) if raised else "its log does not say why"


def task_table(tasks: list[dict[str, Any]]) -> Table:
    """Each task with its state and seconds."""
    table = _table("Tasks, in the order in which they began", "task", "state", "seconds")
    for each in tasks:
        seconds = "" if each["duration"] is None else f"{each['duration']:.1f}"
        table.add_row(each["task_id"], _coloured(each["state"]), seconds)
    return table


def _relation_table(server: Server) -> Table:
    table = _table("What the pipeline owns in the warehouse now", "schema", "relation", "kind", "rows")
    with server.connect(WAREHOUSE) as connection:
        for schema, name, kind in connection.execute(_RELATIONS).fetchall():
            query = sql.SQL("select count(*) from {}").format(sql.Identifier(schema, name))
            counted = connection.execute(query).fetchone()
            table.add_row(schema, name, kind, f"{counted[0]:,}" if counted else "")
    return table


def test_table(told: dict[str, Any]) -> Table:
    """What each task's tests said: how many of each verdict, and which found rows."""
    table = _table("Tests, and which of them found rows", "tests of", *_VERDICTS, "rows found")
    for task_id, each in told.items():
        if not isinstance(each, dict) or "tests" not in each:
            continue
        found = ", ".join(f"{name}: {count:,}" for name, count in each.get("failures", {}).items())
        table.add_row(task_id.removesuffix(".test"), *(_count(each["tests"], verdict) for verdict in _VERDICTS), found)
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left")
    for column in columns:
        number = column in ("seconds", "rows", *_VERDICTS)
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    return table


def _count(counts: dict[str, int], verdict: str) -> str:
    number = counts.get(verdict, 0)
    return f"[{_COLOURS[verdict]}]{number}[/]" if number else ""


def _coloured(state: str | None) -> str:
    colour = _COLOURS.get(state or "")
    return f"[{colour}]{state}[/]" if colour else str(state or "not run")
