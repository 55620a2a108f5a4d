"""Runs one unit test: the model's SQL over given rows must give the rows expected. Nothing is written."""

from __future__ import annotations

from collections.abc import Callable

from airflow_sqlmodels.compile.unit_test import (
    ACTUAL,
    check_expected,
    comparing_query,
    compile_unit_test,
    compiled_text,
)
from airflow_sqlmodels.errors import (
    CompilationError,
    DataTestError,
    FailedTest,
    SqlModelsError,
    UnreachableError,
    WarehouseError,
)
from airflow_sqlmodels.manifest.nodes import UnitTest
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.run.row_diff import row_diff, shown
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.warehouse import catalog
from airflow_sqlmodels.warehouse.session import Session
from airflow_sqlmodels.warehouse.turns import computing


def run_unit_test(
    means: Answerer, node: UnitTest, session: Session, *, on_compiled: Callable[[str], None], label: str
) -> Result:
    """The verdict of a unit test: pass or fail. `label` is what errors call its SQL."""
    with computing():
        model = compile_unit_test(means, node, session)
    on_compiled(model.sql)
    sent = model
    try:
        types = catalog.types_of_select(session, means.dialect, model.sql)
        columns, sent = comparing_query(means, node, model, types, session)
        check_expected(means, node, columns, session)
        rows = session.query(sent.sql).rows
    except UnreachableError:
        raise
    except CompilationError as error:  # the expected rows do not fit: as in dbt a Runtime Error
        raise SqlModelsError(error.what, error.at, error.hint) from error
    except WarehouseError as error:
        at = sent.row_at(error)
        if at is not None:
            raise type(error)(error.what, at, error.hint, error.sqlstate, error.statement, error.position) from error
        raise compiled_text(means, node, model.sql, label).placed(error) from error
    session.rollback()
    actual = [row[1:] for row in rows if row[0] == ACTUAL]
    expected = [row[1:] for row in rows if row[0] != ACTUAL]
    diff = row_diff(columns, expected, actual)
    message = shown(diff) if diff else None
    return Result(
        node=node.id,
        status="fail" if diff else "pass",
        rows=len(rows),
        failures=int(bool(diff)),
        message=message,
        compiled_sql=model.sql,
        sent_sql=sent.sql,
        error=_error(means, node, message, sent.sql) if message else None,
    )


def _error(means: Answerer, node: UnitTest, message: str, query: str) -> DataTestError:
    model = means.manifest[node.model]
    owner = str(node.meta.get("owner") or model.meta.get("owner") or "")
    what = f"the unit test {node.versioned_name!r} of {model.name!r} failed: {message}"
    return DataTestError(what, node.at, "", [FailedTest(node.versioned_name, model.name, 1, query, owner)])
