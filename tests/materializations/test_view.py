"""view: replaced in place where that is possible, swapped where it is not."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, built, described, names_in, rows_of


def _oid(connection: Connection) -> int:
    return int(rows_of(connection, "select 'orders'::regclass::oid::bigint")[0][0])


def test_a_view_is_made(session: DbApiSession, connection: Connection) -> None:
    result = built(session, "view", "select 1 as id")

    assert (result.rows, result.status) == (-1, "CREATE VIEW")
    assert rows_of(connection, "select * from orders") == [(1,)]


def test_the_same_columns_keep_the_view_itself(session: DbApiSession, connection: Connection) -> None:
    built(session, "view", "select 1 as id")
    before = _oid(connection)

    built(session, "view", "select 2 as id, 'new' as name")

    assert _oid(connection) == before
    assert rows_of(connection, "select * from orders") == [(2, "new")]


@pytest.mark.parametrize("select", ["select 'a' as id", "select 1 as name", "select 'x' as a, 1 as id"])
def test_other_columns_make_a_new_view(session: DbApiSession, connection: Connection, select: str) -> None:
    built(session, "view", "select 1 as id, 2 as more")

    built(session, "view", select)

    assert names_in(connection) == {"orders"}
    assert rows_of(connection, "select * from orders") == rows_of(connection, select)


@pytest.mark.parametrize("start", ["create table orders as select 0 as old",
                                   "create materialized view orders as select 0 as old"])  # fmt: skip
def test_a_view_takes_the_place_of_something_else(session: DbApiSession, connection: Connection, start: str) -> None:
    connection.execute(start)  # type: ignore[call-overload]

    built(session, "view", "select 1 as id")

    assert rows_of(connection, "select relkind::text from pg_class where relname = 'orders'") == [("v",)]
    assert names_in(connection) == {"orders"}


def test_a_query_that_fails_leaves_the_old_view(session: DbApiSession, connection: Connection) -> None:
    built(session, "view", "select 1 as id")

    with pytest.raises(WarehouseError, match="does not exist"):
        built(session, "view", "select * from nowhere")

    assert rows_of(connection, "select * from orders") == [(1,)]


def test_descriptions_and_grants_are_put_on_it(session: DbApiSession, connection: Connection) -> None:
    docs = {"relation": True, "columns": True}

    built(
        session,
        "view",
        "select 1 as id",
        persist_docs=docs,
        description="all",
        columns={"id": described("id", "key")},
        grants={"select": "public"},
    )

    said = "select obj_description('orders'::regclass), col_description('orders'::regclass, 1),"
    said += " (select relacl::text like '%=r/%' from pg_class where relname = 'orders')"
    assert rows_of(connection, said) == [("all", "key", True)]
