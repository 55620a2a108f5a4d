"""From an Airflow connection to a session: any connection whose hook speaks DBAPI to Postgres."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from airflow_sqlmodels.errors import ProfileError, UnreachableError
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from airflow_sqlmodels.warehouse.session import Outcome, Session

_CHECK_INTERVAL_MS = 2000
"""How often the server looks whether the client is still there, so that a killed worker's query ends (Postgres 14+)."""


@contextlib.contextmanager
def open_session(connection: Any, name: str, log: Any) -> Iterator[Session]:
    """A session over an Airflow connection, closed at the end. Each statement is logged with its time and rows.

    Raises ProfileError if the connection is not one for Postgres, UnreachableError if nobody answers.
    """
    hook = _hook(connection, name)
    session = DbApiSession(
        _connect(hook, connection), on_statement=lambda sql, outcome: _tell(log, sql, outcome), reopen=hook.get_conn
    )
    try:
        yield session
    finally:
        session.close()


def _hook(connection: Any, name: str) -> Any:
    options = f"-c application_name={_plain(name)}"
    try:
        hook = connection.get_hook(hook_params={"options": options})
    except TypeError:  # not a Postgres hook: it knows no options
        hook = connection.get_hook()
    if not hasattr(hook, "get_conn") or connection.conn_type not in ("postgres", "postgresql"):
        raise ProfileError(
            f"the connection {connection.conn_id!r} is of type {connection.conn_type!r}, not 'postgres'",
            None,
            "give conn_id= the id of a Postgres connection",
        )
    return hook


def _connect(hook: Any, connection: Any) -> Any:
    try:
        return hook.get_conn()
    except Exception as error:
        name = type(error).__module__
        if not name.startswith("psycopg"):
            raise
        where = f"{connection.host or 'localhost'}:{connection.port or 5432}"
        said = str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__
        raise UnreachableError(
            f"the warehouse at {where} (connection {connection.conn_id!r}) did not let us in: {said}",
            None,
            "check that it runs, and the connection's host, port, login and password",
        ) from None


def _tell(log: Any, sql: str, outcome: Outcome) -> None:
    rows = "" if outcome.rows < 0 else f", {outcome.rows} rows"
    log.info("%s\n-- %s in %.3f s%s", sql.strip(), outcome.status or "ok", outcome.seconds, rows)


def _plain(name: str) -> str:
    """A name as libpq takes it inside `options`."""
    return "".join(each if each.isalnum() or each in "_.-" else "_" for each in name)[:60]
