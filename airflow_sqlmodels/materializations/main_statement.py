"""Sends the statement with the model's own query in it; when it is refused, says where in the model."""

from __future__ import annotations

from typing import Any

from airflow_sqlmodels.compile.origins import CompiledText
from airflow_sqlmodels.errors import UnreachableError, WarehouseError
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.warehouse.session import Outcome


def send_main(build: Build, sql: str) -> Outcome:
    """What the warehouse says of it. Raises WarehouseError with the place in the model or in the compiled query."""
    build.sent.append(sql)
    try:
        return build.session.execute(sql)
    except UnreachableError:
        raise
    except WarehouseError as error:
        raise placed(build, error) from error


def placed(build: Build, error: WarehouseError) -> WarehouseError:
    """The error with its place, if it points into the model's query."""
    text = build.compiled or CompiledText(build.select, f"compiled {build.node.path}")
    return text.placed(error)


def with_header(build: Build, sql: str) -> str:
    """The statement behind the config `sql_header`."""
    return behind_header(build.config.get("sql_header"), sql)


def behind_header(header: Any, sql: str) -> str:
    """The statement behind a header, if there is one."""
    return f"{str(header).rstrip().rstrip(';')};\n{sql}" if header else sql
