"""Hands that take turns in one thread: who waits holds up nobody, and a session does there what it does elsewhere."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.errors import UnreachableError, WarehouseError
from airflow_sqlmodels.warehouse.libpq import Connection, LibpqSession
from airflow_sqlmodels.warehouse.turns import Turns, apart, hand, name, pause

SLOW = "select pg_advisory_lock(1)"


@pytest.fixture
def sessions(postgres_dsn: str) -> Iterator[Callable[[], LibpqSession]]:
    """Opens sessions, and closes them."""
    opened: list[LibpqSession] = []

    def another() -> LibpqSession:
        opened.append(LibpqSession(Connection.connect(postgres_dsn)))
        return opened[-1]

    yield another
    for each in opened:
        each.close()


def together(*works: Callable[[], object]) -> list[Any]:
    """What each gave or raised, in the order in which they ended."""
    ended: list[Any] = []

    def noting(work: Callable[[], object]) -> Callable[[], None]:
        def note() -> None:
            try:
                ended.append(work())
            except Exception as error:
                ended.append(error)

        return note

    with Turns() as turns:
        for number, work in enumerate(works):
            turns.begin(f"hand {number}", noting(work))
        until = time.monotonic() + 180
        while len(ended) < len(works):
            turns.turn(1)
            assert time.monotonic() < until, ended
    return ended


@pytest.fixture
def gate(connection: psycopg.Connection[Any]) -> Callable[[], object]:
    """SLOW ends no sooner than this is called."""
    connection.execute(SLOW)
    return lambda: connection.execute("select pg_advisory_unlock(1)")


def test_others_go_on_while_a_statement_runs(sessions: Callable[[], LibpqSession], gate: Callable[[], object]) -> None:
    first, second = sessions(), sessions()

    ended = together(
        lambda: first.query(f"{SLOW}::text as slow").columns,
        lambda: (second.query("select 1 as quick").columns, gate())[0],
    )

    assert ended == [("quick",), ("slow",)]


@pytest.mark.parametrize(
    "slow",
    [
        lambda session: session.query(f"{SLOW}, %s::text", ["a"]).columns,
        lambda session: (session.describe("select 1 as a"), session.query(SLOW)),
        lambda session: session.execute(f"create temp table t as {SLOW}::text").status,
        lambda session: session.commit(f"{SLOW};"),
        lambda _session: pause(1),
    ],
    ids=["parameters", "described", "statement", "end of a transaction", "pause"],
)
def test_whatever_a_hand_waits_for_others_go_on(
    sessions: Callable[[], LibpqSession], gate: Callable[[], object], slow: Callable[[LibpqSession], object]
) -> None:
    session = sessions()

    ended = together(lambda: (slow(session), "slow")[1], lambda: (pause(0.01), gate(), "quick")[2])

    assert ended == ["quick", "slow"]


def test_others_go_on_while_something_is_done_apart() -> None:
    gate = threading.Event()

    ended = together(lambda: (apart(lambda: gate.wait(60)), "slow")[1], lambda: (pause(0.01), gate.set(), "quick")[2])

    assert ended == ["quick", "slow"]


def test_a_copy_goes_through(sessions: Callable[[], LibpqSession]) -> None:
    session = sessions()

    def load() -> object:
        session.execute("create temp table numbers (n int)")
        session.copy("copy numbers from stdin", (f"{n}\n".encode() * 1000 for n in range(500)))
        return session.query("select count(*), sum(n) from numbers").rows

    assert together(load) == [((500_000, 124_750_000),)]


def test_several_statements_give_the_last_ones_rows(sessions: Callable[[], LibpqSession]) -> None:
    session = sessions()

    assert [rows.rows for rows in together(lambda: session.query("select 1; select pg_sleep(0.01); select 3"))] == [
        ((3,),)
    ]


def test_an_error_is_told_as_ever_and_the_session_stays_usable(sessions: Callable[[], LibpqSession]) -> None:
    session = sessions()

    def fail_then_go_on() -> object:
        with pytest.raises(WarehouseError, match='column "nothing" does not exist'):
            session.execute("select 1;\nselect nothing")
        session.rollback()
        return session.query("select 2").rows

    assert together(fail_then_go_on) == [((2,),)]


def test_a_server_that_ends_the_connection_is_out_of_reach(
    sessions: Callable[[], LibpqSession], connection: psycopg.Connection[Any]
) -> None:
    session = sessions()
    (pid,) = session.query("select pg_backend_pid()").rows[0]
    connection.autocommit = True

    def end_it() -> None:
        pause(0.1)
        connection.execute("select pg_terminate_backend(%s)", [pid])

    ended = together(lambda: session.query("select pg_sleep(600)"), end_it)

    assert [type(each) for each in ended if each is not None] == [UnreachableError]


def test_a_session_is_cancelled_while_its_hand_waits(sessions: Callable[[], LibpqSession]) -> None:
    session = sessions()

    def cancel() -> None:
        pause(0.1)
        session.cancel()

    ended = together(lambda: session.query("select pg_sleep(600)"), cancel)

    assert "canceling statement" in str(next(each for each in ended if each is not None))


def test_a_copy_that_nobody_feeds_is_refused(sessions: Callable[[], LibpqSession]) -> None:
    session = sessions()

    (error,) = together(lambda: session.execute("create temp table t (a int); copy t from stdin"))

    assert "COPY needs a file" in str(error)


def test_what_is_done_apart_raises_where_it_is_asked_for() -> None:
    (error,) = together(lambda: apart(lambda: 1 // 0))

    assert isinstance(error, ZeroDivisionError)


def test_elsewhere_everything_waits_as_ever(sessions: Callable[[], LibpqSession]) -> None:
    pause(0)

    assert (hand(), name()) == (None, threading.current_thread().name)
    assert apart(lambda: threading.current_thread().name) == threading.current_thread().name
    assert sessions().query("select %s::int", [1]).rows == ((1,),)


def test_ctrl_c_is_raised_between_turns_and_loses_nobody() -> None:
    done: list[str] = []

    def work() -> None:
        signal.raise_signal(signal.SIGINT)
        done.append("went on after ctrl-c")
        pause(0.01)
        done.append("ended")

    with Turns() as turns, turns.interruptible():
        turns.begin("hand", work)
        with pytest.raises(KeyboardInterrupt):
            turns.turn(5)
        assert done == ["went on after ctrl-c"]
        turns.turn(5)

    assert done == ["went on after ctrl-c", "ended"]


def test_a_second_ctrl_c_is_raised_at_once() -> None:
    def work() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), Turns() as turns, turns.interruptible():
        turns.begin("hand", work)


def test_ctrl_c_is_as_before_afterwards() -> None:
    before = signal.getsignal(signal.SIGINT)

    with Turns() as turns, turns.interruptible():
        assert signal.getsignal(signal.SIGINT) != before

    assert signal.getsignal(signal.SIGINT) == before


def test_a_session_may_get_the_socket_number_of_one_that_was_lost(sessions: Callable[[], LibpqSession]) -> None:
    lost = sessions()

    def work() -> tuple[tuple[int, int], tuple[Any, ...]]:
        lost.query("select 1")
        before = lost._libpq.socket
        lost._connection.close()  # as the driver does when the server is gone, and tells nobody
        next_one = apart(sessions)
        return (before, next_one._libpq.socket), next_one.query("select pg_sleep(0.1), 2").rows[0]

    [((before, after), row)] = together(work)

    assert before == after
    assert row[1] == 2
