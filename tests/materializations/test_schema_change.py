"""on_schema_change: columns that the model gives and its table has not, and the other way round."""

from __future__ import annotations

import contextlib

import pytest

from airflow_sqlmodels.errors import CompilationError, WarehouseError
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, built, rows_of

START = "select 1 as id, 'a'::varchar(5) as name"
TYPES = (
    "select attname::text, format_type(atttypid, atttypmod) from pg_attribute"
    " where attrelid = 'orders'::regclass and attnum > 0 and not attisdropped order by attnum"
)


def test_ignore_writes_the_columns_of_the_table(session: DbApiSession, connection: Connection) -> None:
    built(session, "incremental", START)

    built(session, "incremental", "select true as more, 'b' as name, 2 as id")

    assert rows_of(connection, "select * from orders order by id") == [(1, "a"), (2, "b")]


def test_ignore_refuses_a_column_that_is_gone(session: DbApiSession) -> None:
    built(session, "incremental", START)

    with pytest.raises(WarehouseError, match=r"no longer gives .*'name'"):
        built(session, "incremental", "select 2 as id")


@pytest.mark.parametrize(
    ("select", "told"),
    [
        ("select 2 as id", "'name' is gone"),
        ("select 2 as id, 'b'::varchar(5) as name, 1 as more", "'more' is new"),
        ("select 2 as id, 3 as name", "'name' is of another type"),
    ],
)
def test_fail_names_the_change(session: DbApiSession, connection: Connection, select: str, told: str) -> None:
    built(session, "incremental", START)

    with pytest.raises(CompilationError, match=told):
        built(session, "incremental", select, on_schema_change="fail")

    assert rows_of(connection, "select * from orders") == [(1, "a")]


def test_fail_lets_the_same_columns_in(session: DbApiSession, connection: Connection) -> None:
    built(session, "incremental", START)

    built(session, "incremental", "select 'b'::varchar(5) as name, 2 as id", on_schema_change="fail")

    assert rows_of(connection, "select * from orders order by id") == [(1, "a"), (2, "b")]


def test_append_adds_new_columns_and_keeps_those_that_are_gone(session: DbApiSession, connection: Connection) -> None:
    built(session, "incremental", START)

    built(session, "incremental", 'select 2 as id, 1.5::numeric(4, 1) as "More"', on_schema_change="append_new_columns")

    assert rows_of(connection, TYPES) == [
        ("id", "integer"), ("name", "character varying(5)"), ("More", "numeric(4,1)")
    ]  # fmt: skip
    assert rows_of(connection, "select id, name from orders order by id") == [(1, "a"), (2, None)]


def test_sync_adds_drops_and_retypes(session: DbApiSession, connection: Connection) -> None:
    built(session, "incremental", START)

    built(session, "incremental", "select 5000000000 as id, now() as at", on_schema_change="sync_all_columns")

    assert rows_of(connection, TYPES) == [("id", "bigint"), ("at", "timestamp with time zone")]
    assert rows_of(connection, "select id from orders order by id") == [(1,), (5000000000,)]


@pytest.mark.parametrize("choice", ["ignore", "append_new_columns", "sync_all_columns"])
def test_longer_texts_widen_the_column(session: DbApiSession, connection: Connection, choice: str) -> None:
    """As in dbt, whatever on_schema_change says."""
    built(session, "incremental", START)

    built(session, "incremental", "select 2 as id, 'longer text'::varchar(20) as name", on_schema_change=choice)

    assert rows_of(connection, "select name from orders order by id") == [("a",), ("longer text",)]


OTHER_TEXTS = [  # the table's type, the model's, what dbt makes of it when columns are kept, and when they are synced
    ("varchar(10)", "varchar(30)", "character varying(30)", "character varying(30)"),
    ("varchar(10)", "text", "character varying(256)", "text"),
    ("varchar(300)", "text", "character varying(300)", "character varying(300)"),
    ("varchar(30)", "varchar(10)", "character varying(30)", "character varying(30)"),
    ("varchar(10)", "char(12)", "character varying(12)", "character varying(12)"),
    ("char(5)", "varchar(10)", "character varying(10)", "character varying(10)"),
    ("char(12)", "char(5)", "character(12)", "character(12)"),
    ("text", "varchar(10)", "text", "text"),
    ("text", "varchar", "text", "character varying"),
]


@pytest.mark.parametrize(("old", "new", "kept", "synced"), OTHER_TEXTS)
def test_texts_change_their_type_as_with_dbt(
    session: DbApiSession, connection: Connection, old: str, new: str, kept: str, synced: str
) -> None:
    found = {}
    for choice in ("ignore", "append_new_columns", "sync_all_columns"):
        connection.execute("drop table if exists orders")
        built(session, "incremental", f"select '12'::{old} as a")
        built(session, "incremental", f"select '12'::{new} as a", on_schema_change=choice)
        found[choice] = rows_of(connection, TYPES)

    assert found == {
        "ignore": [("a", kept)],
        "append_new_columns": [("a", kept)],
        "sync_all_columns": [("a", synced)],
    }


def test_a_text_without_a_limit_never_gets_one(session: DbApiSession, connection: Connection) -> None:
    built(session, "incremental", "select repeat('a', 400) as a")

    built(session, "incremental", "select 'b'::varchar(300) as a", on_schema_change="sync_all_columns")

    assert rows_of(connection, TYPES) == [("a", "text")]


@pytest.mark.parametrize(
    ("new", "fits"), [("varchar(30)", True), ("varchar(5)", True), ("text", False), ("int", False)]
)
def test_a_text_that_merely_needs_room_is_no_change(
    session: DbApiSession, connection: Connection, new: str, fits: bool
) -> None:
    built(session, "incremental", "select '12'::varchar(10) as a")

    with contextlib.nullcontext() if fits else pytest.raises(CompilationError, match="'a' is of another type"):
        built(session, "incremental", f"select '12'::{new} as a", on_schema_change="fail")

    assert rows_of(connection, "select count(*) from orders") == [(1 + fits,)]


def test_another_word_counts_as_ignore(session: DbApiSession, connection: Connection) -> None:
    built(session, "incremental", START)

    built(session, "incremental", "select 2 as id, 'b' as name, 1 as more", on_schema_change="append_columns")

    assert len(rows_of(connection, TYPES)) == 2
    assert rows_of(connection, "select count(*) from orders") == [(2,)]


def test_a_failed_build_takes_the_new_columns_back(session: DbApiSession, connection: Connection) -> None:
    built(session, "incremental", START)
    connection.execute("alter table orders add unique (id)")

    with pytest.raises(Exception, match="duplicate key"):
        built(session, "incremental", "select 1 as id, 'b' as name, 1 as more", on_schema_change="append_new_columns")

    assert len(rows_of(connection, TYPES)) == 2
