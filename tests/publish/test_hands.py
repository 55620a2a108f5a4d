"""Hands that take turns: while one keeps readers waiting, no other may compute for long."""

from __future__ import annotations

import time

import pytest

from airflow_sqlmodels.warehouse.libpq import Connection as TurnsConnection
from airflow_sqlmodels.warehouse.libpq import LibpqSession
from airflow_sqlmodels.warehouse.turns import Turns, computing, pause
from tests.materializations.builds import Connection, built, rows_of

_KEPT_WAITING = (
    "select query from pg_locks l join pg_stat_activity a using (pid)"
    " where l.mode = 'AccessExclusiveLock' and l.granted and l.relation = 'orders'::regclass"
    " and a.state = 'idle in transaction'"
)
"""Who locks readers out and asks the server for nothing."""


@pytest.mark.parametrize("kind", ["table", "view"])
@pytest.mark.parametrize("waits_within", [True, False])
def test_nobody_else_computes_while_readers_are_locked_out(
    connection: Connection, postgres_dsn: str, kind: str, *, waits_within: bool
) -> None:
    session = LibpqSession(TurnsConnection.connect(postgres_dsn))
    built(session, kind, "select 0 as id")
    connection.execute("create view by_day as select * from orders")
    locked_out: list[object] = []
    looks = ends = 0

    def rebuild() -> None:
        nonlocal ends
        for number in range(1, 4):
            said = {"description": f"built {number} times", "persist_docs": {"relation": True}}
            built(session, kind, f"select {number} as id", **said)
            ends += 1

    def compute() -> None:
        nonlocal looks
        while ends < 3:
            with computing():
                time.sleep(0.02)  # as long as a large template may take: the server has done what it was asked for
                locked_out.extend(rows_of(connection, _KEPT_WAITING))
                looks += 1
                if waits_within:
                    pause(0)
            if not waits_within:
                pause(0)

    with Turns() as turns:
        turns.begin("writer", rebuild)
        turns.begin("other", compute)
        while ends < 3:
            turns.turn(1)
    session.close()

    assert looks >= 3
    assert locked_out == []
    assert rows_of(connection, "select id from by_day") == [(3,)]
