"""A session over a live Postgres, with each driver."""

from __future__ import annotations

import contextlib
import pickle
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.errors import UnreachableError, WarehouseError
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from airflow_sqlmodels.warehouse.session import Outcome
from tests.warehouse.drivers import DRIVERS, NAMES, Connect, both_drivers, opened


@pytest.fixture(params=DRIVERS, ids=NAMES)
def session(request: pytest.FixtureRequest, postgres_dsn: str) -> Iterator[DbApiSession]:
    """A session over each driver."""
    made = opened(request.param, postgres_dsn)
    yield made
    made.close()


def test_a_percent_sign_means_nothing_without_parameters(session: DbApiSession) -> None:
    session.execute("create table t as select '100% of %s, %(a)s, %%' as text")

    assert session.query("select text, 7 % 4, text like '100%' from t").rows == (("100% of %s, %(a)s, %%", 3, True),)


def test_parameters_are_bound(session: DbApiSession) -> None:
    assert session.query("select %s::text, %s::int", ("it's; --", 2)).rows == (("it's; --", 2),)


def test_several_statements_go_out_as_one(session: DbApiSession) -> None:
    outcome = session.execute("create table t (id int); insert into t values (1); insert into t values (2), (3)")

    assert (outcome.rows, outcome.status) == (2, "INSERT 0 2")
    assert session.query("select count(*) from t").rows == ((3,),)


def test_a_query_gives_columns_rows_and_status(session: DbApiSession) -> None:
    rows = session.query("select 1 as id, 'a' as name union all select 2, null order by 1")

    assert rows.columns == ("id", "name")
    assert rows.rows == ((1, "a"), (2, None))
    assert rows.status == "SELECT 2"


def test_a_query_is_described_without_its_rows(session: DbApiSession) -> None:
    found = session.describe(
        "select 1 / (random() * 0)::int as broken, 'a'::text as name, 1.5::numeric(4, 2) as amount"
    )
    assert found == (("broken", "integer"), ("name", "text"), ("amount", "numeric"))
    assert session.describe("select") == ()


def test_a_statement_can_end_its_transaction(session: DbApiSession, connection: psycopg.Connection[Any]) -> None:
    assert session.query("select 1", commits=True).rows == ((1,),)
    session.execute("create table kept as select 1 as id")
    assert session.query("select id from kept -- all", commits=True).rows == ((1,),)
    session.rollback()
    session.execute("insert into kept values (2)")
    session.commit(after="insert into kept values (3);\ninsert into kept values (4)")
    session.rollback()
    session.commit(after="insert into kept values (5) -- the last")
    session.rollback()
    assert connection.execute("select array_agg(id order by id) from kept").fetchone() == ([1, 2, 3, 4, 5],)


def test_a_statement_that_fails_does_not_commit(session: DbApiSession, connection: psycopg.Connection[Any]) -> None:
    session.execute("create table lost as select 1 as id")
    with pytest.raises(WarehouseError) as raised:
        session.commit(after="select 1;\nselect 1 / 0")
    assert raised.value.sqlstate == "22012"
    session.rollback()
    session.commit()
    assert connection.execute("select to_regclass('lost')").fetchone() == (None,)


def test_a_comment_goes_in_front_and_changes_no_place(session: DbApiSession) -> None:
    session.comment = "/* 100% {node} */\n"
    assert session.query("select 7 where 1 = %s", (1,)).rows == ((7,),)
    shown = session.query("select query from pg_stat_activity where pid = pg_backend_pid()").rows
    assert "/* 100% {node} */" in shown[0][0]
    for statement in ("select nothing", "select 1;\nselect nothing"):
        with pytest.raises(WarehouseError) as raised:
            session.execute(statement)
        assert raised.value.position == statement.index("nothing") + 1
        assert raised.value.statement == statement
        session.rollback()


def test_a_comment_may_stand_behind(session: DbApiSession) -> None:
    session.comment_behind = "\n/* 100% sure */"
    own = "select query from pg_stat_activity where pid = pg_backend_pid()"
    for sql, params in ((f"{own} -- mine", ()), (f"{own} and 1 = %s;", (1,))):
        assert session.query(sql, params).rows[0][0].endswith("/* 100% sure */")


def test_a_first_statement_is_pointed_at(session: DbApiSession) -> None:
    with pytest.raises(WarehouseError) as raised:
        session.query("select id,\n    nothing\nfrom pg_class_")
    assert raised.value.position == len("select id,\n    nothing\nfrom ") + 1
    session.rollback()


def test_a_query_without_rows_gives_none(session: DbApiSession) -> None:
    rows = session.query("create table t (id int)")

    assert (rows.columns, rows.rows, rows.status) == ((), (), "CREATE TABLE")


def test_nothing_stays_without_a_commit(session: DbApiSession, connection: psycopg.Connection[Any]) -> None:
    session.execute("create table kept (id int)")
    session.commit()
    session.execute("create table lost (id int)")

    session.rollback()

    found = connection.execute("select relname from pg_class where relname in ('kept', 'lost')").fetchall()
    assert found == [("kept",)]


def test_each_statement_in_autocommit_is_a_transaction(
    session: DbApiSession, connection: psycopg.Connection[Any]
) -> None:
    session.execute("create table before (id int)")

    with session.autocommit():
        session.execute("vacuum before")
        session.execute("create table inside (id int)")
        found = connection.execute("select count(*) from pg_class where relname in ('before', 'inside')").fetchone()
    session.execute("create table behind (id int)")
    session.rollback()

    assert found == (2,)
    assert connection.execute("select count(*) from pg_class where relname = 'behind'").fetchone() == (0,)


def test_an_error_in_autocommit_ends_it(session: DbApiSession) -> None:
    with pytest.raises(WarehouseError), session.autocommit():
        session.execute("select 1/0")
    session.execute("create table t (id int)")
    session.rollback()

    assert session.query("select to_regclass('t')").rows == ((None,),)


@pytest.mark.parametrize("size", [0, 1, 200_000])
def test_copy_loads_bytes_in_chunks(session: DbApiSession, size: int) -> None:
    session.execute("create table t (id int, name text)")

    outcome = session.copy(
        "copy t (id, name) from stdin with (format csv)",
        (f'{number},"näme, {number}%"\n'.encode() for number in range(size)),
    )

    assert outcome.rows == size
    assert session.query("select count(*), count(distinct name) from t").rows == ((size, size),)


def test_a_copy_that_fails_says_the_line(session: DbApiSession) -> None:
    session.execute("create table t (id int)")

    with pytest.raises(WarehouseError) as raised:
        session.copy("copy t from stdin with (format csv)", [b"1\n2\n", b"three\n"])

    assert raised.value.sqlstate == "22P02"
    assert 'invalid input syntax for type integer: "three"' in str(raised.value)
    assert 'COPY t, line 3, column id: "three"' in str(raised.value)


def test_chunks_that_fail_leave_no_rows(session: DbApiSession) -> None:
    session.execute("create table t (id int)")
    session.commit()

    def chunks() -> Iterator[bytes]:
        yield b"1\n"
        raise ValueError("the file ends here")

    with pytest.raises((ValueError, WarehouseError), match="the file ends here"):
        session.copy("copy t from stdin with (format csv)", chunks())
    session.rollback()

    assert session.query("select count(*) from t").rows == ((0,),)


def test_an_error_carries_state_statement_caret_and_hint(session: DbApiSession) -> None:
    statement = "select 1 as ä,\n    amout\nfrom (select 1 as amount) t"

    with pytest.raises(WarehouseError) as raised:
        session.execute(statement)

    error = raised.value
    assert (error.sqlstate, error.statement) == ("42703", statement)
    assert str(error) == (
        'column "amout" does not exist\n'
        "    amout\n"
        "    ^    line 2 of the statement\n"
        "hint: no table in this query has 'amout'; "
        'Postgres says: Perhaps you meant to reference the column "t.amount".'
    )


@pytest.mark.parametrize(
    ("sql", "state", "told"),
    [
        ("select * from nowhere", "42P01", "nobody made 'nowhere'"),
        ("select 1/0", "22012", "nullif"),
        ("select from from", "42601", "does not parse"),
        ("create table t (id int primary key); insert into t values (1), (1)", "23505", r"Key \(id\)=\(1\)"),
        ("select 'x'::int", "22P02", "cast it more carefully"),
        ("set local lock_timeout = '1ms'; do $$ begin raise lock_not_available; end $$", "55P03", "holds a lock"),
        ("do $$ begin raise exception 'no % here', 100; end $$", "P0001", "no 100 here"),
    ],
)
def test_errors_say_what_to_do(session: DbApiSession, sql: str, state: str, told: str) -> None:
    with pytest.raises(WarehouseError, match=told) as raised:
        session.execute(sql)

    assert raised.value.sqlstate == state


def test_an_error_survives_a_pickle(session: DbApiSession) -> None:
    with pytest.raises(WarehouseError) as raised:
        session.execute("select 1/0")

    again = pickle.loads(pickle.dumps(raised.value))

    assert str(again) == str(raised.value)
    assert (again.sqlstate, again.statement) == ("22012", "select 1/0")


def test_a_broken_connection_is_unreachable(session: DbApiSession, connection: psycopg.Connection[Any]) -> None:
    (pid,) = session.query("select pg_backend_pid()").rows[0]
    connection.execute("select pg_terminate_backend(%s)", (pid,))

    with pytest.raises(UnreachableError, match="broke off"):
        session.execute("select 1")
    session.rollback()
    session.close()


@contextlib.contextmanager
def cancelling(session: DbApiSession) -> Iterator[None]:
    """Another thread cancels again and again: the first time may come before there is anything to cancel."""
    ended = threading.Event()

    def go() -> None:
        while not ended.wait(0.2):
            session.cancel()

    thread = threading.Thread(target=go)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("sql", ["select pg_sleep(600)", "do $$ begin loop perform 1; end loop; end $$"])
def test_cancel_from_another_thread_ends_the_statement(session: DbApiSession, sql: str) -> None:
    with cancelling(session), pytest.raises(WarehouseError, match="cancel") as raised:
        session.execute(sql)

    assert raised.value.sqlstate == "57014"
    session.rollback()
    assert session.query("select 1").rows == ((1,),)


def test_cancel_ends_a_wait_for_a_lock(session: DbApiSession, connection: psycopg.Connection[Any]) -> None:
    connection.execute("create table t (id int)")

    with connection.transaction():
        connection.execute("lock table t in access exclusive mode")
        with cancelling(session), pytest.raises(WarehouseError, match="cancel"):
            session.execute("select * from t")


def test_cancel_without_a_statement_does_nothing(session: DbApiSession) -> None:
    session.cancel()

    assert session.query("select 1").rows == ((1,),)


def test_cancel_of_a_closed_session_does_nothing(session: DbApiSession) -> None:
    session.close()

    session.cancel()


@both_drivers
def test_each_statement_is_told_with_its_outcome(connect: Connect, postgres_dsn: str) -> None:
    told: list[tuple[str, str]] = []

    def note(sql: str, outcome: Outcome) -> None:
        told.append((sql, outcome.status))
        assert outcome.seconds >= 0

    made = opened(connect, postgres_dsn, note)
    made.execute("create table t (id int)")
    made.query("select 1")
    made.copy("copy t from stdin", [b"1\n"])
    made.close()

    assert told == [
        ("create table t (id int)", "CREATE TABLE"),
        ("select 1", "SELECT 1"),
        ("copy t from stdin", "COPY 1"),
    ]


@both_drivers
@pytest.mark.since_postgres(14)
def test_the_server_looks_whether_the_client_is_alive(connect: Connect, postgres_dsn: str) -> None:
    made = opened(connect, postgres_dsn)

    said = made.query("show client_connection_check_interval").rows

    made.close()
    assert said == (("2s",),)


def test_a_prepared_statement_is_prepared_once_and_again_after_a_deallocate(session: DbApiSession) -> None:
    def ask(value: str) -> object:
        first = f"select set_config('sqlmodels.asked', '{value}', true)"
        return session.query_prepared("asked", "select current_setting('sqlmodels.asked')", first).rows[0][0]

    assert (ask("a"), ask("b")) == ("a", "b")
    session.rollback()
    assert ask("c") == "c"
    session.execute("create temp table t (a int); drop table t")
    session.commit()
    assert session.query("select name from pg_prepared_statements").rows == (("asked",),)
    session.execute("deallocate all")
    session.commit()

    with pytest.raises(WarehouseError, match="does not exist"):
        ask("d")

    session.rollback()
    assert ask("e") == "e"


def test_a_statement_that_fails_stays_prepared(session: DbApiSession) -> None:
    def ask(value: int) -> object:
        first = f"select set_config('sqlmodels.asked', '{value}', true)"
        return session.query_prepared("divided", "select 6 / current_setting('sqlmodels.asked')::int", first).rows[0][0]

    with pytest.raises(WarehouseError, match="division by zero"):
        ask(0)

    session.rollback()
    assert ask(2) == 3
