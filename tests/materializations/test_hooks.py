"""Pre- and post-hooks: which belong to the transaction, and what is left when one fails."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, built, hook, names_in, rows_of

KINDS = ("table", "view", "incremental")


@pytest.mark.parametrize("kind", KINDS)
def test_hooks_run_before_and_behind_the_build(session: DbApiSession, connection: Connection, kind: str) -> None:
    connection.execute("create table seen (number int generated always as identity, what text)")
    hooks = {
        "pre_hooks": (
            hook("insert into seen (what) values ('pre outside')", transaction=False),
            hook("insert into seen (what) values ('pre inside')"),
        ),
        "post_hooks": (
            hook("insert into seen (what) select 'post inside ' || id from orders"),
            hook("  "),
            hook("insert into seen (what) values ('post outside')", transaction=False),
        ),
    }

    for _ in range(2):
        connection.execute("truncate seen")
        built(session, kind, "select 1 as id", unique_key="id", **hooks)

        assert rows_of(connection, "select what from seen order by number") == [
            ("pre outside",), ("pre inside",), ("post inside 1",), ("post outside",)
        ]  # fmt: skip


@pytest.mark.parametrize("outside", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_post_hook_that_fails_leaves_the_old_rows(
    session: DbApiSession, connection: Connection, kind: str, outside: bool
) -> None:
    """dbt keeps the new rows if any pre-hook is outside the transaction; here a node is atomic, whatever its hooks."""
    connection.execute("create table seen (what text)")
    built(session, kind, "select 1 as id")
    pre = (hook("insert into seen values ('inside')"), hook("select 1", transaction=not outside))

    with pytest.raises(WarehouseError, match="division by zero"):
        built(session, kind, "select 2 as id", pre_hooks=pre, post_hooks=(hook("select 1/0"),))

    assert rows_of(connection, "select * from orders") == [(1,)]
    assert rows_of(connection, "select * from seen") == []
    assert names_in(connection) - {"orders__candidate"} == {"orders", "seen"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_next_build_is_right_after_a_failed_hook(session: DbApiSession, connection: Connection, kind: str) -> None:
    built(session, kind, "select 1 as id", unique_key="id")
    with pytest.raises(WarehouseError):
        built(session, kind, "select 2 as id", unique_key="id", post_hooks=(hook("select 1/0"),))

    built(session, kind, "select 3 as id", unique_key="id", full_refresh=True)

    assert rows_of(connection, "select * from orders") == [(3,)]
    assert names_in(connection) == {"orders"}


@pytest.mark.parametrize("kind", ["table", "incremental"])
def test_a_vacuum_runs_outside_the_transaction(session: DbApiSession, connection: Connection, kind: str) -> None:
    vacuum = (hook("vacuum orders", transaction=False),)

    for _ in range(2):
        built(session, kind, "select 1 as id", unique_key="id", post_hooks=vacuum)

    assert rows_of(connection, "select * from orders") == [(1,)]


def test_a_failed_hook_outside_comes_too_late_to_take_anything_back(
    session: DbApiSession, connection: Connection
) -> None:
    with pytest.raises(WarehouseError):
        built(session, "table", "select 1 as id", post_hooks=(hook("select 1/0", transaction=False),))

    assert rows_of(connection, "select * from orders") == [(1,)]


def test_the_writers_lock_is_free_after_a_failure(session: DbApiSession, connection: Connection) -> None:
    with pytest.raises(WarehouseError):
        built(session, "table", "select 1/0 as id")

    assert rows_of(connection, "select count(*) from pg_locks where locktype = 'advisory'") == [(0,)]
