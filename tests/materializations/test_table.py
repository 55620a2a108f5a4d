"""table: what is there after one build, two builds, a broken one."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.errors import CompilationError, WarehouseError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, built, described, names_in, rows_of


def test_the_first_build_makes_the_table_and_nothing_else(session: DbApiSession, connection: Connection) -> None:
    result = built(session, "table", "select 1 as id union all select 2")

    assert (result.rows, result.status) == (2, "SELECT 2")
    assert rows_of(connection, "select id from orders order by id") == [(1,), (2,)]
    assert names_in(connection) == {"orders"}


def test_a_rebuild_replaces_rows_and_columns(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", "select 1 as id")

    built(session, "table", "select 'a' as name, 2 as id")

    assert rows_of(connection, "select * from orders") == [("a", 2)]
    assert names_in(connection) == {"orders"}


def test_a_query_that_fails_leaves_the_old_rows(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", "select 1 as id")

    with pytest.raises(WarehouseError, match="division by zero"):
        built(session, "table", "select 1/0 as id")

    assert rows_of(connection, "select * from orders") == [(1,)]
    assert names_in(connection) == {"orders"}


def test_a_table_takes_the_place_of_a_view(session: DbApiSession, connection: Connection) -> None:
    built(session, "view", "select 1 as id")

    built(session, "table", "select 2 as id")

    assert rows_of(connection, "select relkind::text from pg_class where relname = 'orders'") == [("r",)]
    assert rows_of(connection, "select * from orders") == [(2,)]
    assert names_in(connection) == {"orders"}


@pytest.mark.parametrize(
    "left",
    [
        "create table orders__candidate as select 9 as old",
        "create view orders__candidate as select 9 as old",
        "create materialized view orders__candidate as select 9 as old",
        "create table orders__candidate (id int); create view mine as select * from orders__candidate",
    ],
)
@pytest.mark.parametrize("kind", ["table", "view"])
def test_what_a_killed_run_left_is_dropped(session: DbApiSession, connection: Connection, left: str, kind: str) -> None:
    connection.execute("create materialized view orders as select 0 as id")  # a view must swap, too
    connection.execute(left)  # type: ignore[call-overload]
    if "mine" in left:
        with pytest.raises(WarehouseError, match="depend"):
            built(session, kind, "select 1 as id")
        return

    built(session, kind, "select 1 as id")

    assert rows_of(connection, "select * from orders") == [(1,)]
    assert names_in(connection) == {"orders"}


def test_indexes_keep_their_names_over_rebuilds(session: DbApiSession, connection: Connection) -> None:
    indexes = [{"columns": ["id"], "unique": True}, {"columns": ["id", "name"], "type": "btree"}, {"columns": ["name"]}]
    query = "select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1"
    built(session, "table", "select 1 as id, 'a' as name", indexes=indexes)
    first = rows_of(connection, query)

    built(session, "table", "select 2 as id, 'b' as name", indexes=indexes)

    assert len(first) == 3
    assert rows_of(connection, query) == first
    assert any("UNIQUE" in definition for _, definition in first)


def test_columns_of_indexes_are_sql(session: DbApiSession, connection: Connection) -> None:
    """As in dbt: names without quotes have any case, and expressions and an order may stand there."""
    indexes = [{"columns": ["ID", '"Odd one"']}, {"columns": ["lower(name)"], "unique": True}, {"columns": ["id DESC"]}]
    query = "select indexname, indexdef from pg_indexes where schemaname = 'public' order by 1"
    select = """select 1 as id, 'a' as name, 1 as "Odd one\""""
    built(session, "table", select, indexes=indexes)
    first = rows_of(connection, query)

    built(session, "table", select, indexes=indexes)

    assert rows_of(connection, query) == first
    made = {definition.partition(" USING ")[2] for _, definition in first}
    assert made == {'btree (id, "Odd one")', "btree (lower(name))", "btree (id DESC)"}
    built(session, "table", select)
    assert rows_of(connection, query) == []


def test_names_of_63_bytes_work(session: DbApiSession, connection: Connection) -> None:
    long = Relation("", "public", "ä" * 31 + "x")
    indexes = [{"columns": ["id"], "unique": True}]
    built(session, "table", "select 1 as id", long, indexes=indexes)

    built(session, "table", "select 2 as id", long, indexes=indexes)

    assert names_in(connection) == {long.identifier}
    assert rows_of(connection, f'select id from "{long.identifier}"') == [(2,)]


def test_grants_are_given(session: DbApiSession, connection: Connection) -> None:
    with connection.transaction(force_rollback=False):
        connection.execute("drop role if exists sqlm_reader")
        connection.execute("create role sqlm_reader")
    grants = {"select": ["sqlm_reader", "public"], "insert": "sqlm_reader"}

    try:
        for number in (1, 2):
            built(session, "table", f"select {number} as id", grants=grants)

        asked = "select has_table_privilege('sqlm_reader', 'orders', 'select'),"
        asked += " has_table_privilege('sqlm_reader', 'orders', 'insert'),"
        asked += " has_table_privilege('sqlm_reader', 'orders', 'delete')"
        assert rows_of(connection, asked) == [(True, True, False)]
    finally:
        connection.execute("drop owned by sqlm_reader")
        connection.execute("drop role sqlm_reader")


def test_descriptions_are_persisted(session: DbApiSession, connection: Connection) -> None:
    more = {
        "description": "it's all orders \\ 100%",
        "columns": {
            "id": described("id", "the key"),
            "name": described("name", ""),
            "gone": described("gone", "is not there: packages describe columns that not everybody has"),
        },
    }
    both = {"relation": True, "columns": True}

    for number in (1, 2):
        built(session, "table", f"select {number} as id, 'a' as name", persist_docs=both, **more)

    said = "select obj_description('orders'::regclass), col_description('orders'::regclass, 1),"
    said += " col_description('orders'::regclass, 2)"
    assert rows_of(connection, said) == [("it's all orders \\ 100%", "the key", None)]


def test_an_unlogged_table_stays_unlogged(session: DbApiSession, connection: Connection) -> None:
    for number in (1, 2):
        built(session, "table", f"select {number} as id", unlogged=True)

    assert rows_of(connection, "select relpersistence::text from pg_class where relname = 'orders'") == [("u",)]


def test_a_sql_header_goes_before_the_query(session: DbApiSession, connection: Connection) -> None:
    header = "create function pg_temp.one() returns int language sql as 'select 1';"

    built(session, "table", "select pg_temp.one() as id", sql_header=header)

    assert rows_of(connection, "select * from orders") == [(1,)]


def test_the_new_table_has_statistics(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", "select g as id from generate_series(1, 500) g")

    assert rows_of(connection, "select reltuples from pg_class where relname = 'orders'") == [(500.0,)]


@pytest.mark.parametrize(
    ("index", "said"),
    [
        ({"unique": True}, "'columns' is a required property"),
        ({"columns": "a, b"}, "columns: 'a, b' is not of type 'array'"),
        ({"columns": ["a"], "unique": "yes"}, "unique: 'yes' is not of type 'boolean'"),
        ({"columns": ["a"], "kind": "gin"}, "an index has no 'kind'"),
        ("a", "'a' is not of type 'object'"),
    ],
)
def test_an_index_that_is_none_is_refused(index: object, said: str, session: DbApiSession) -> None:
    with pytest.raises(CompilationError, match=said):
        built(session, "table", "select 1 as a", indexes=[index])
