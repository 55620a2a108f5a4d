"""Runs one data test: counts the rows at fault, judges them, stores them if asked to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from airflow_sqlmodels.compile.compiler import Compiled, compile_node, note_called
from airflow_sqlmodels.compile.origins import CompiledText
from airflow_sqlmodels.errors import DataTestError, FailedTest, Location, UnreachableError, WarehouseError, excerpt
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Source
from airflow_sqlmodels.materializations.main_statement import behind_header
from airflow_sqlmodels.materializations.registry import own_version
from airflow_sqlmodels.run.judging import header, judging_query, keep, limited, stores, verdict
from airflow_sqlmodels.run.own_test import judged_by
from airflow_sqlmodels.run.result import Result, Status
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.warehouse.session import Rows, Session
from airflow_sqlmodels.warehouse.turns import computing

SHOWN_ROWS = 5
"""How many rows at fault are shown in the log."""


_RENDERS_ARGUMENTS = ".get_where_subquery"
_RUNS_TESTS = tuple(
    MacroId(f"macro.dbt.{name}") for name in ("get_limit_subquery_sql", "should_store_failures", "statement")
)
"""What dbt runs data tests with. It takes note of these as if the tests called them."""


def run_data_test(
    means: Answerer,
    node: DataTest,
    session: Session,
    *,
    log: Callable[[str], None],
    on_compiled: Callable[[str], None],
    label: str,
) -> Result:
    """The verdict of a test: pass, warn or fail, with the number of failures. `label` is what errors call its SQL."""
    with computing():
        compiled = compile_node(means, node, session)
    sql = compiled.sql
    on_compiled(sql)
    try:
        rows, stored, judging = _judged(means, node, compiled, session)
    except UnreachableError:
        raise
    except WarehouseError as refusal:
        raise _placed(refusal, node, compiled.text(label)) from refusal
    failures, should_warn, should_error = _verdict(rows, node)
    status = _status(node, should_warn, should_error)
    query = f"select * from {stored}" if stored else sql.strip()
    if status != "pass":
        in_front = "" if stored else header(means, node)
        _send(in_front, session)
        _show(node, failures, query, session, log)
        query = behind_header(in_front, query)
    _end(compiled, session)
    tested = _tested(means, node)
    failed = FailedTest(node.name, tested.name if tested else "", failures, query, _owner(node, tested))
    error = DataTestError(_message(node, failures), node.at, "", [failed]) if status == "fail" else None
    return Result(
        node=node.id,
        status=status,
        failures=0 if status == "pass" else failures,  # as dbt counts: within the limits none has failed
        message=None if status == "pass" else _message(node, failures),
        compiled_sql=sql,
        sent_sql=judging,
        relation_name=stored,
        error=error,
        details={} if status == "pass" else {"condition": _condition(node, status)},
    )


def _judged(means: Answerer, node: DataTest, compiled: Compiled, session: Session) -> tuple[Rows, str | None, str]:
    """The row with the verdict, the relation that holds the rows at fault, if any, and the query that was sent."""
    sql = compiled.sql
    own = own_version(means, "test", built_in=True)
    arguments = tuple(macro for macro in compiled.rendering.called_macros if macro.endswith(_RENDERS_ARGUMENTS))
    note_called(compiled, arguments if own else (*arguments, *_RUNS_TESTS))
    if own is not None:
        return judged_by(own, compiled, session, arguments), None, sql
    rows = limited(means, node, compiled)
    stored = keep(means, node, rows, session) if stores(means, node) else None
    judging = judging_query(means, node, compiled, f"select * from {stored}" if stored else rows)
    in_front = header(means, node)
    _send(in_front, session)
    return session.query(judging, commits=not compiled.wrote), stored, behind_header(in_front, judging)


def _end(compiled: Compiled, session: Session) -> None:
    """End the transaction. As in dbt what the test's template wrote does not stay, unless it committed that itself."""
    if compiled.wrote:
        session.rollback()
    else:
        session.commit()


def _send(in_front: str, session: Session) -> None:
    """Send a header by itself: what it gives are not the rows that are asked for behind it."""
    if in_front.strip():
        session.execute(in_front)


def _placed(error: WarehouseError, node: DataTest, text: CompiledText) -> WarehouseError:
    """A singular test's error with the line of its file; a generic test's with that of its YAML, and the SQL's."""
    found = text.placed(error)
    if node.generic is None or found.at is None:
        return found
    what = f"{found.what}{excerpt(node.at)}\n  in {found.at}{excerpt(found.at)}"
    at = Location(node.at.path, node.at.line, node.at.column)
    return type(error)(what, at, error.hint, error.sqlstate, error.statement, error.position)


def _verdict(rows: Rows, node: DataTest) -> tuple[int, bool, bool]:
    if len(rows.rows) != 1 or len(rows.rows[0]) != 3:
        raise WarehouseError(
            f"a data test must give one row with three columns, not {len(rows.rows)} rows with {len(rows.columns)}",
            node.at,
        )
    failures, should_warn, should_error = rows.rows[0]
    return int(failures or 0), verdict(should_warn, node), verdict(should_error, node)


def _status(node: DataTest, should_warn: bool, should_error: bool) -> Status:
    if str(node.config.get("severity") or "error").lower() == "error" and should_error:
        return "fail"
    return "warn" if should_warn else "pass"


def _condition(node: DataTest, status: Status) -> str:
    """What the count was judged by."""
    return str(node.config.get("error_if" if status == "fail" else "warn_if") or "!= 0")


def _message(node: DataTest, failures: int) -> str:
    condition = str(node.config.get("error_if") or "!= 0")
    rule = "" if condition == "!= 0" else f" (fails if {condition})"
    return f"{node.name}: {failures} {'row' if failures == 1 else 'rows'} at fault{rule}"


def _show(node: DataTest, failures: int, query: str, session: Session, log: Callable[[str], None]) -> None:
    """Tell how many rows are at fault, how to see them, and the first of them."""
    log(f"{node.at}: {_message(node, failures)}\nto see the rows:\n{query}")
    try:
        first = session.query(f"select * from (\n{query}\n) as rows_at_fault limit {SHOWN_ROWS}")
    except UnreachableError:
        raise
    except WarehouseError as error:  # they can be counted, and their columns cannot be worked out: `1 / 0`
        session.rollback()
        log(f"they cannot be shown: {error.what}")
        return
    lines = [" | ".join(first.columns), *(" | ".join(map(_cell, row)) for row in first.rows)]
    log("the first of them:\n" + "\n".join(lines))


def _cell(value: Any) -> str:
    return "null" if value is None else str(value)


def _tested(means: Answerer, node: DataTest) -> AnyNode | None:
    target = node.attached_node or (node.depends_on[0] if node.depends_on else None)
    return None if target is None or target not in means.manifest else means.manifest[target]


def _owner(node: DataTest, tested: AnyNode | None) -> str:
    """Who is to be told: the test's owner, else the model's."""
    for each in (node, tested):
        if each is None:
            continue
        said = each.meta.get("owner") or (each.config.get("airflow") or {}).get("owner")
        if said:
            return str(said)
        if isinstance(each, Source) and each.source_meta.get("owner"):
            return str(each.source_meta["owner"])
    return ""
