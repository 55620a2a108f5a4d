"""`sqlmodels show`: the first rows of a node's query, or of one from the command line."""

from __future__ import annotations

import contextlib
import datetime
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import click
from msgspec import Struct

from airflow_sqlmodels.artifacts.compiled import write_inlined
from airflow_sqlmodels.artifacts.json_text import to_json
from airflow_sqlmodels.artifacts.run_results import write_results_of_no_node, write_run_results
from airflow_sqlmodels.cli.choosing import chosen_plan
from airflow_sqlmodels.cli.execution import ended_with_nothing, prepared
from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.inline import NAME as INLINE
from airflow_sqlmodels.cli.inline import answer_data, compiled_inline, ended_by_inline, inline_id, refuse_both
from airflow_sqlmodels.cli.log import RUN_RESULTS
from airflow_sqlmodels.cli.opening import connected, profile_of, write_manifest
from airflow_sqlmodels.cli.opening_lines import begin, tell_concurrency
from airflow_sqlmodels.cli.options import (
    ManyValues,
    global_options,
    introspect_option,
    option,
    output_option,
    refresh_option,
    selection_options,
)
from airflow_sqlmodels.cli.summary import ended_by_failures
from airflow_sqlmodels.cli.tables import table_lines
from airflow_sqlmodels.cli.target_files import keep_sql, write_sql
from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.compile.origins import CompiledText, Template
from airflow_sqlmodels.errors import SqlModelsError, UnreachableError, WarehouseError
from airflow_sqlmodels.manifest.nodes import AnyNode, Model, NodeId, Seed
from airflow_sqlmodels.run.explained import explained
from airflow_sqlmodels.run.plan import Plan
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.warehouse.session import Rows, Session


class Shown(Struct, frozen=True):
    """A query and its first rows."""

    node: NodeId
    name: str | None
    """None for a query from the command line."""
    sql: str
    rows: Rows
    began: datetime.datetime
    seconds: float

    def result(self) -> Result:
        """As run_results.json has it."""
        ended = self.began + datetime.timedelta(seconds=self.seconds)
        rows = len(self.rows.rows)
        return Result(
            node=self.node,
            status="success",
            rows=rows,
            seconds=self.seconds,
            compiled_sql=self.sql,
            details={"response": f"SELECT {rows}"},
            started_at=self.began,
            finished_at=ended,
            thread="MainThread",
        )


@click.command(cls=ManyValues)
@global_options
@introspect_option
@selection_options
@refresh_option
@output_option
@option("--inline", help="A template to run instead of nodes.")
@option("--inline-direct", help="A query to run as it is, without reading the project's files.")
@option("--limit", type=int, default=5, help="How many rows; -1 for all.")
@click.pass_context
def show(
    context: click.Context, /, output: str, inline: str | None, inline_direct: str | None, limit: int, **_values: Any
) -> int:
    """Show the first rows of a query."""
    inline, inline_direct = inline or None, inline_direct or None
    flags = replace(flags_of(context), indirect_selection="empty")  # a model's tests are not to be shown
    refuse_both(context, inline if inline_direct is None else inline_direct, flags)
    if inline_direct is not None:
        return _show_direct(flags, inline_direct, limit, output)
    if inline is None and not (flags.select or flags.selector):
        raise SqlModelsError("name a node with --select, or give a query with --inline")
    opened = begin(flags, shown=False)
    write_manifest(flags, opened.manifest)
    plan = Plan(command="show", steps=()) if inline is not None else chosen_plan(flags, opened.manifest, "show")
    if inline is None and not plan.steps:
        return ended_with_nothing(flags, opened)
    tell_concurrency(flags, opened, len(plan) or 1, shown=False)
    means = prepared(flags, opened, plan).means
    session = opened.open_session()
    seen: list[Shown] = []
    try:
        for shown in _all_shown(means, plan, inline, limit, session):
            seen.append(shown)
            _tell(flags, shown.node, shown.name, shown.rows, output)
    finally:
        session.close()
    _keep(flags, means, seen)
    return 0


def _show_direct(flags: Flags, query: str, limit: int, output: str) -> int:
    profile = profile_of(flags)
    session = connected(profile, flags.log.statement if flags.log.wants_statements else None)
    try:
        rows = _first(_bare(query), limit, session)
    finally:
        session.close()
    _tell(flags, NodeId(f"sql_operation.{INLINE}"), None, rows, output)
    return 0


def _all_shown(means: Answerer, plan: Plan, inline: str | None, limit: int, session: Session) -> Iterator[Shown]:
    if inline is not None:
        query = _Query(inline_id(means.manifest), None, _bare(compiled_inline(means, inline, session)))
        try:
            shown = _shown(query, limit, session)
        except UnreachableError:
            raise
        except WarehouseError as error:
            raise ended_by_inline(error) from error
        yield shown
    for step in plan:
        node = means.manifest[step.node]
        version = f".v{node.version}" if isinstance(node, Model) and node.version is not None else ""
        with _named(means, node, session):
            shown = _shown(_query(means, node, node.name + version, session), limit, session)
        yield shown


@contextlib.contextmanager
def _named(means: Answerer, node: AnyNode, session: Session) -> Iterator[None]:
    """What is refused says of which node."""
    try:
        yield
    except UnreachableError:
        raise
    except SqlModelsError as refusal:
        session.rollback()
        error = explained(refusal, means, node, session)
        result = Result(node=node.id, status="error", message=str(error), error=error)
        raise ended_by_failures(means.manifest, [result]) from error


def _shown(asked: _Query, limit: int, session: Session) -> Shown:
    began, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    try:
        rows = _first(asked.sql, limit, session, asked.head)
    except WarehouseError as error:
        label = asked.name or "--inline"
        raise CompiledText(asked.sql, f"compiled {label}", asked.templates).placed(error) from error
    return Shown(asked.node, asked.name, asked.sql, rows, began, time.perf_counter() - clock)


def _first(sql: str, limit: int, session: Session, head: str = "") -> Rows:
    rows = session.query(head + (sql if limit < 0 else f"select * from (\n{sql}\n) as shown limit {limit}"))
    session.rollback()
    return rows


def _keep(flags: Flags, means: Answerer, seen: Sequence[Shown]) -> None:
    """Write the SQL, and into manifest.json and run_results.json what came of it."""
    manifest = means.manifest
    for each in seen:
        if each.name is not None and not isinstance(manifest[each.node], Seed):
            write_sql(flags, manifest, each.result())
    write_inlined(flags.target_folder(manifest), manifest, means.compiled)
    keep_sql(flags, manifest, means)
    if not flags.switch("write_json", manifest, default=True):
        return
    path = flags.target_folder(manifest) / "run_results.json"
    results = [each.result() for each in seen]
    if len(seen) == 1 and seen[0].name is None:
        write_results_of_no_node(path, manifest, results[0], means.invocation)
    else:
        write_run_results(path, manifest, results, means.invocation, sum(each.seconds for each in seen))
    flags.log.wrote(RUN_RESULTS, path)


class _Query(Struct, frozen=True):
    """What is to be shown."""

    node: NodeId
    name: str | None
    sql: str
    head: str = ""
    """What stands in front of the whole statement: common table expressions that the query reads."""
    templates: tuple[Template, ...] = ()
    """What it was made of."""


def _query(means: Answerer, node: AnyNode, name: str, session: Session) -> _Query:
    if isinstance(node, Seed):
        return _Query(node.id, name, f"select * from {means.dialect.render(means.relation(node.relation))}")
    compiled = compile_node(means, node, session)
    header, sql = str(compiled.rendering.config.get("sql_header") or "").strip(), _bare(compiled.sql)
    if header.lower().startswith("with ") and not header.endswith(";"):  # it is no statement of its own
        return _Query(node.id, name, sql, f"{header}\n", compiled.templates)
    if header:
        session.execute(header)  # in the transaction of the query
    return _Query(node.id, name, sql, templates=compiled.templates)


def _bare(sql: str) -> str:
    return sql.strip().rstrip(";")


def _tell(flags: Flags, node_id: NodeId, name: str | None, rows: Rows, output: str) -> None:
    text = _json(name, rows) if output == "json" else _table(name, rows, flags)
    preview = _json_rows(rows) if output == "json" else "\n".join(table_lines(rows.columns, rows.rows))
    data = {**answer_data(flags, node_id, name, output), "preview": preview}
    flags.log.answer("ShowNode", "Q041", text, data)


def _json(name: str | None, rows: Rows) -> str:
    head = {} if name is None else {"node": name}
    return json.dumps({**head, "show": _listed(rows)}, default=to_json, indent=2)


def _json_rows(rows: Rows) -> str:
    return json.dumps(_listed(rows), default=to_json)


def _listed(rows: Rows) -> list[dict[str, Any]]:
    return [dict(zip(rows.columns, row, strict=True)) for row in rows.rows]


def _table(name: str | None, rows: Rows, flags: Flags) -> str:
    """The rows as a plain table: `| id | amount |`."""
    shown = "inline node" if name is None else f"node '{name}'"
    title = [] if flags.quiet else [f"Previewing {shown}:"]
    return "\n".join([*title, *table_lines(rows.columns, rows.rows)])
