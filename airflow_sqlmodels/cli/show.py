"""`sqlmodels show`: the first rows of a node's query, or of one from the command line. Nothing is written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import click

from airflow_sqlmodels.artifacts.json_text import to_json
from airflow_sqlmodels.cli.choosing import NOTHING, chosen_plan
from airflow_sqlmodels.cli.execution import prepared
from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.inline import NAME, rendered_inline
from airflow_sqlmodels.cli.opening import open_all
from airflow_sqlmodels.cli.options import (
    ManyValues,
    global_options,
    option,
    output_option,
    refresh_option,
    selection_options,
)
from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.manifest.nodes import AnyNode, Seed
from airflow_sqlmodels.run.plan import Plan
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.warehouse.session import Rows, Session

WIDEST = 40
"""Characters of a value that are shown in a table."""


@click.command(cls=ManyValues)
@global_options
@selection_options
@refresh_option
@output_option
@option("--inline", help="A template to run instead of nodes.")
@option("--limit", type=int, default=5, help="How many rows; -1 for all.")
@click.pass_context
def show(context: click.Context, /, output: str, inline: str | None, limit: int, **_values: Any) -> int:
    """Show the first rows of a query."""
    flags = replace(flags_of(context), indirect_selection="empty")  # a model's tests are not to be shown
    opened = open_all(flags)
    if not inline and not (flags.select or flags.selector):
        raise click.UsageError("name a node with --select, or give a query with --inline", context)
    plan = Plan(command="show", steps=()) if inline else chosen_plan(flags, opened.manifest, "show")
    if not inline and not plan.steps:
        flags.log.tell(NOTHING, "warn", err=True)
        return 0
    means = prepared(flags, opened, plan).means
    session = opened.open_session()
    try:
        for name, sql in _queries(means, plan, inline, session):
            rows = session.query(sql if limit < 0 else f"select * from (\n{sql}\n) as shown limit {limit}")
            session.rollback()
            click.echo(_json(name, rows) if output == "json" else _table(name, rows, flags))
    finally:
        session.close()
    return 0


def _queries(means: Answerer, plan: Plan, inline: str | None, session: Session) -> Iterator[tuple[str, str]]:
    if inline:
        yield NAME, _bare(rendered_inline(means, inline, session))
    for step in plan:
        node = means.manifest[step.node]
        yield node.name, _query(means, node, session)


def _query(means: Answerer, node: AnyNode, session: Session) -> str:
    if isinstance(node, Seed):
        return f"select * from {means.dialect.render(means.relation(node.relation))}"
    return _bare(compile_node(means, node, session).sql)


def _bare(sql: str) -> str:
    return sql.strip().rstrip(";")


def _json(name: str, rows: Rows) -> str:
    listed = [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]
    head = {} if name == NAME else {"node": name}
    return json.dumps({**head, "show": listed}, default=to_json, indent=2)


def _table(name: str, rows: Rows, flags: Flags) -> str:
    """The rows as a plain table: `| id | amount |`."""
    texts = [tuple(rows.columns), *(tuple(_cell(value) for value in row) for row in rows.rows)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    lines = ["| " + " | ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)) + " |" for row in texts]
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    shown = "inline node" if name == NAME else f"node '{name}'"
    title = [] if flags.quiet else [f"Previewing {shown}:"]
    return "\n".join([*title, lines[0], rule, *lines[1:]])


def _cell(value: object) -> str:
    text = "" if value is None else str(value).replace("\n", " ")
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
