"""What readers notice while a table is rebuilt under them: nothing but newer rows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import psycopg
import pytest

from airflow_sqlmodels.errors import PublishError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import QUICK, Connection, built, names_in, rows_of
from tests.publish.readers import ROWS, in_turn, one, prepared, reading

REBUILDS = 100
_OTHER = Relation("", "public", "other")

_LOOK = "select count(*), min(generation), max(generation) from {}"
_JOIN = (
    "select count(*), least(min(a.generation), min(b.generation)), greatest(max(a.generation), max(b.generation))"
    " from {} a join {} b using (id)"
)
READS = (
    one(_LOOK.format("orders")),
    one(_LOOK.format("by_day")),
    one(_LOOK.format("on_top")),
    one(_JOIN.format("by_day", "by_shop")),
    one(_JOIN.format("by_shop", "by_day")),
    prepared(_LOOK.format("by_shop")),
)
# each statement of a transaction sees what is committed by then, unless a lock keeps the writer off: a swap's does
TRANSACTIONS = (
    in_turn(_LOOK.format("by_day"), _LOOK.format("by_shop")),
    in_turn(_LOOK.format("by_shop"), _LOOK.format("orders"), _LOOK.format("by_day")),
)


def _generation(number: int) -> str:
    return f"select {number} as generation, id from generate_series(1, {ROWS}) id"


def _views(connection: Connection) -> None:
    connection.execute("create view by_day as select * from orders")
    connection.execute("create view by_shop as select id, generation from orders")
    connection.execute("create view on_top as select a.id, b.generation from by_day a join by_shop b using (id)")


@pytest.mark.parametrize("kind", ["table", "incremental"])
def test_eight_readers_see_no_error_and_no_mix_of_generations(
    session: DbApiSession, connection: Connection, postgres_dsn: str, kind: str
) -> None:
    built(session, kind, _generation(0), unique_key="id")
    _views(connection)
    reads = READS + TRANSACTIONS if kind == "table" else READS + READS[:2]
    rebuilds = REBUILDS if kind == "table" else 30

    with reading(postgres_dsn, reads) as seen:
        for number in range(1, rebuilds + 1):
            built(session, kind, _generation(number), unique_key="id")
            assert not seen.problems, seen.problems

    assert seen.problems == []
    assert max(seen.generations) > 1
    assert seen.looks >= len(reads)
    assert names_in(connection) == {"orders", "by_day", "by_shop", "on_top"}


def test_readers_follow_a_name_that_changes_its_kind(
    session: DbApiSession, connection: Connection, postgres_dsn: str
) -> None:
    built(session, "table", _generation(0))
    _views(connection)

    with reading(postgres_dsn, READS + TRANSACTIONS) as seen:
        for number in range(1, 11):
            built(session, ("view", "table")[number % 2], _generation(number))

    assert seen.problems == []
    assert rows_of(connection, "select distinct generation from on_top") == [(10,)]


@pytest.fixture
def long_reader(postgres_dsn: str, session: DbApiSession) -> Iterator[Connection]:
    """A transaction that has read the table and does not end."""
    built(session, "table", _generation(0))
    with psycopg.connect(postgres_dsn, application_name="dashboard") as reader:
        reader.execute("select * from orders")
        yield reader


def test_publishing_gives_up_and_names_who_is_in_the_way(
    session: DbApiSession, connection: Connection, long_reader: Connection
) -> None:
    before = rows_of(connection, "select 'orders'::regclass::oid")

    with pytest.raises(PublishError) as raised:
        built(session, "table", _generation(1), rules=QUICK)

    assert f"{long_reader.info.backend_pid}" in str(raised.value)
    assert "dashboard" in str(raised.value)
    assert "0.5 seconds" in str(raised.value)
    assert rows_of(connection, "select 'orders'::regclass::oid") == before
    assert rows_of(connection, "select distinct generation from orders") == [(0,)]
    assert rows_of(connection, "select distinct generation from orders__candidate") == [(1,)]


def test_the_next_run_publishes_once_the_reader_is_gone(
    session: DbApiSession, connection: Connection, long_reader: Connection
) -> None:
    with pytest.raises(PublishError):
        built(session, "table", _generation(1), rules=QUICK)
    long_reader.rollback()

    built(session, "table", _generation(2))

    assert rows_of(connection, "select distinct generation from orders") == [(2,)]
    assert names_in(connection) == {"orders"}


_WANTS = "select from pg_locks where relation = 'orders'::regclass and mode = 'AccessExclusiveLock' and not granted"
MORE = 40


def test_others_read_on_while_publishing_waits_for_a_long_reader(
    session: DbApiSession, postgres_dsn: str, connection: Connection, long_reader: Connection
) -> None:
    _views(connection)
    rebuild = threading.Thread(target=built, args=(session, "table", _generation(1)))

    with reading(postgres_dsn, READS[:4]) as seen:
        rebuild.start()
        try:
            _until(lambda: rows_of(connection, _WANTS), "publishing never asks for its lock")
            before = seen.looks
            _until(lambda: seen.looks > before + MORE, "nobody reads while publishing waits")
            assert seen.generations == {0}
        finally:
            long_reader.rollback()
            rebuild.join(180)

    assert seen.problems == []
    assert rows_of(connection, "select distinct generation from orders") == [(1,)]


def test_a_snapshot_older_than_the_new_rows_sees_none(session: DbApiSession, postgres_dsn: str) -> None:
    """The known limit of every swap: only delete + insert is right for a reader with an older snapshot."""
    built(session, "table", _generation(0))
    built(session, "table", _generation(0), _OTHER)
    with psycopg.connect(postgres_dsn) as reader:
        reader.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        reader.execute("select count(*) from other")

        built(session, "table", _generation(1))
        built(session, "incremental", _generation(1), _OTHER, unique_key="id")

        assert rows_of(reader, "select count(*) from orders") == [(0,)]
        assert rows_of(reader, "select count(*), max(generation) from other") == [(ROWS, 0)]


_WAITS = (
    "select coalesce(max(clock_timestamp() - waitstart) > 1.2 * current_setting('deadlock_timeout')::interval, false)"
    " from pg_locks where relation = 'orders'::regclass and mode = 'ShareUpdateExclusiveLock' and not granted"
)
"""Whether somebody has waited for it so long that autovacuum, if it held it, would have given way."""


@pytest.mark.since_postgres(14)  # where one can see how long somebody waits
def test_upkeep_in_the_way_is_waited_for_until_autovacuum_gives_way_and_readers_read_on(
    session: DbApiSession, connection: Connection, postgres_dsn: str
) -> None:
    built(session, "table", _generation(0))
    connection.execute("set lock_timeout = '1s'")

    with psycopg.connect(postgres_dsn) as upkeep:
        upkeep.execute("lock table orders in share update exclusive mode")  # as (auto)vacuum and analyze hold it
        rebuild = threading.Thread(target=built, args=(session, "table", _generation(1)))
        rebuild.start()
        try:
            _until(lambda: _waits_and_reads_on(connection), "nobody waits for upkeep to end")
        finally:
            upkeep.rollback()
            rebuild.join(180)

    assert rows_of(connection, "select distinct generation from orders") == [(1,)]


def _waits_and_reads_on(connection: Connection) -> bool:
    assert rows_of(connection, "select distinct generation from orders") == [(0,)]
    return rows_of(connection, _WAITS) == [(True,)]


def _until(true: Callable[[], object], otherwise: str) -> None:
    deadline = time.monotonic() + 180
    while not true():
        assert time.monotonic() < deadline, otherwise
        time.sleep(0.01)
