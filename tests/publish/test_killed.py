"""A build killed with -9 behind any of its statements: the old table is readable, the next build is right."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from airflow_sqlmodels.warehouse.session import Outcome
from tests.materializations.builds import Connection, another_session, built, names_in, rows_of, seeded

MOST_STATEMENTS = 30


def _build(kind: str, session: DbApiSession, folder: Path, number: int, **more: Any) -> None:
    if kind == "seed":
        seeded(session, folder, f"id,number\n1,{number}\n", **more)
    else:
        built(session, kind, f"select 1 as id, {number} as number", unique_key="id", **more)


def _killed(dsn: str, kind: str, folder: Path, survives: int) -> bool:
    """Builds in a child process that kills itself behind so many statements. False if it came to its end."""
    pid = os.fork()
    if pid:
        _, status = os.waitpid(pid, 0)
        return os.WIFSIGNALED(status)
    seen = 0

    def kill(_sql: str, _outcome: Outcome) -> None:
        nonlocal seen
        seen += 1
        if seen > survives:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        with another_session(dsn, on_statement=kill) as session:
            _build(kind, session, folder, 2)
    finally:
        os._exit(0)


@pytest.mark.filterwarnings("ignore:This process")  # forking beside threads: the child does nothing with them
@pytest.mark.parametrize("kind", ["table", "incremental", "seed", "view"])
@pytest.mark.parametrize("before", ["nothing", "table"])
def test_after_a_kill_the_next_build_is_right(
    session: DbApiSession, connection: Connection, postgres_dsn: str, tmp_path: Path, kind: str, before: str
) -> None:
    for survives in range(MOST_STATEMENTS):
        connection.execute("drop table if exists orders, orders__candidate cascade")
        if before == "table":
            _build("incremental", session, tmp_path, 1)
            connection.execute("create view upper as select number from orders")

        was_killed = _killed(postgres_dsn, kind, tmp_path, survives)

        if before == "table":
            assert rows_of(connection, "select * from upper") in ([(1,)], [(2,)])
        _build(kind, session, tmp_path, 3)
        assert rows_of(connection, "select * from orders") == [(1, 3)]
        assert names_in(connection) - {"upper"} == {"orders"}
        connection.execute(f"drop {'view' if kind == 'view' else 'table'} orders cascade")
        if not was_killed:
            return
    raise AssertionError("it never came to its end")


@pytest.mark.filterwarnings("ignore:This process")
@pytest.mark.since_postgres(14)
def test_a_query_whose_client_is_gone_ends_soon(
    session: DbApiSession, connection: Connection, postgres_dsn: str
) -> None:
    built(session, "table", "select 1 as id")
    pid = os.fork()
    if not pid:
        with another_session(postgres_dsn, name="to be killed") as other:
            built(other, "table", "select 2 as id, pg_sleep(600)::text as long")
        os._exit(0)
    while not rows_of(
        connection, "select from pg_stat_activity where query like '%pg_sleep(600)%' and pid <> pg_backend_pid()"
    ):
        time.sleep(0.02)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    said = list[str]()

    session.execute("set statement_timeout = '180s'")  # waiting for the whole of the long query would fail
    session.commit()

    built(session, "table", "select 3 as id", log=said.append)

    assert rows_of(connection, "select * from orders") == [(3,)]
    assert "another session is writing public.orders" in said[0]
    assert "to be killed" in said[0]
