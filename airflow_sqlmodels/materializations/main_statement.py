"""Sends the statement with the model's own query in it; when it is refused, says where in the compiled query."""

from __future__ import annotations

from airflow_sqlmodels.errors import UnreachableError, WarehouseError, location_in
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.warehouse.refusals import pointed_at
from airflow_sqlmodels.warehouse.session import Outcome


def send_main(build: Build, sql: str) -> Outcome:
    """What the warehouse says of it. Raises WarehouseError with the place in the compiled query."""
    try:
        return build.session.execute(sql)
    except UnreachableError:
        raise
    except WarehouseError as error:
        raise placed(error, build.select, f"compiled {build.node.path}") from error


def placed(error: WarehouseError, query: str, label: str) -> WarehouseError:
    """The error with its place in `query`, if it points into it."""
    offset = error.position - 1 - error.statement.find(query)
    if not error.position or not query or query not in error.statement or not 0 <= offset <= len(query):
        return error
    what = error.what.removesuffix(pointed_at(error.statement, error.position))
    at = location_in(query, offset, label)
    return WarehouseError(what, at, error.hint, error.sqlstate, error.statement, error.position)


def with_header(build: Build, sql: str) -> str:
    """The statement behind the config `sql_header`."""
    header = build.config.get("sql_header")
    return f"{str(header).rstrip().rstrip(';')};\n{sql}" if header else sql
