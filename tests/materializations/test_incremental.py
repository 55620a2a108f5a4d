"""incremental: what each strategy does with the rows of the delta."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.errors import CompilationError, SqlModelsError, WarehouseError
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import ORDERS, Connection, built, names_in, rows_of

OLD = "select * from (values (1, 'one', 10), (2, 'two', 20), (null, 'none', 0)) v (id, name, amount)"
NEW = "select * from (values (2, 'TWO', 21), (3, 'three', 30), (null, 'NONE', 1)) v (id, name, amount)"
ALL = "select * from orders order by id nulls last, name"


MERGES = pytest.mark.since_postgres(15)


@pytest.mark.parametrize(
    ("config", "rows"),
    [
        ({}, [(1, "one", 10), (2, "TWO", 21), (2, "two", 20), (3, "three", 30), (None, "NONE", 1), (None, "none", 0)]),
        (
            {"unique_key": "id"},
            [(1, "one", 10), (2, "TWO", 21), (3, "three", 30), (None, "NONE", 1), (None, "none", 0)],
        ),
        (
            {"incremental_strategy": "append", "unique_key": "id"},
            [(1, "one", 10), (2, "TWO", 21), (2, "two", 20), (3, "three", 30), (None, "NONE", 1), (None, "none", 0)],
        ),
        pytest.param(
            {"incremental_strategy": "merge", "unique_key": "id"},
            [(1, "one", 10), (2, "TWO", 21), (3, "three", 30), (None, "NONE", 1), (None, "none", 0)],
            marks=MERGES,
        ),
        pytest.param(
            {"incremental_strategy": "merge", "unique_key": "id", "merge_update_columns": ["amount"]},
            [(1, "one", 10), (2, "two", 21), (3, "three", 30), (None, "NONE", 1), (None, "none", 0)],
            marks=MERGES,
        ),
        pytest.param(
            {"incremental_strategy": "merge", "unique_key": "id", "merge_exclude_columns": ["AMOUNT"]},
            [(1, "one", 10), (2, "TWO", 20), (3, "three", 30), (None, "NONE", 1), (None, "none", 0)],
            marks=MERGES,
        ),
        pytest.param(
            {"incremental_strategy": "merge"},
            [(1, "one", 10), (2, "TWO", 21), (2, "two", 20), (3, "three", 30), (None, "NONE", 1), (None, "none", 0)],
            marks=MERGES,
        ),
        (
            {"unique_key": ["id", "name"]},
            [(1, "one", 10), (2, "TWO", 21), (2, "two", 20), (3, "three", 30), (None, "NONE", 1), (None, "none", 0)],
        ),
        (
            {"unique_key": ["lower(name)"]},
            [(1, "one", 10), (2, "TWO", 21), (3, "three", 30), (None, "NONE", 1)],
        ),
        (
            {"incremental_strategy": "default", "unique_key": ["id"]},
            [(1, "one", 10), (2, "TWO", 21), (3, "three", 30), (None, "NONE", 1), (None, "none", 0)],
        ),
    ],
)
def test_the_delta_is_applied(
    session: DbApiSession, connection: Connection, config: dict[str, object], rows: list[tuple[object, ...]]
) -> None:
    built(session, "incremental", OLD, **config)

    built(session, "incremental", NEW, **config)

    assert rows_of(connection, ALL) == rows
    assert names_in(connection) == {"orders"}


@pytest.mark.parametrize("strategy", ["delete+insert", pytest.param("merge", marks=MERGES)])
def test_only_rows_that_fit_the_predicates_are_matched(
    session: DbApiSession, connection: Connection, strategy: str
) -> None:
    alias = "DBT_INTERNAL_DEST"
    config = {
        "incremental_strategy": strategy,
        "unique_key": "id",
        "incremental_predicates": [f"{alias}.amount > 10", f"{alias}.amount < 100"],
    }
    built(session, "incremental", "select 1 as id, 10 as amount union all select 2, 20", **config)

    built(session, "incremental", "select 1 as id, 11 as amount union all select 2, 21", **config)

    assert rows_of(connection, "select * from orders order by 1, 2") == [(1, 10), (1, 11), (2, 21)]


@pytest.mark.parametrize(
    ("strategy", "status"),
    [("append", "INSERT 0 3"), ("delete+insert", "INSERT 0 3"), pytest.param("merge", "MERGE 3", marks=MERGES)],
)
def test_the_result_counts_the_rows_of_the_delta(session: DbApiSession, strategy: str, status: str) -> None:
    config = {"incremental_strategy": strategy, "unique_key": "id"}
    first = built(session, "incremental", OLD, **config)

    second = built(session, "incremental", NEW, **config)

    assert (first.rows, first.status) == (3, "SELECT 3")
    assert (second.rows, second.status) == (3, status)


@pytest.mark.parametrize("kind", ["delete+insert", pytest.param("merge", marks=MERGES)])
def test_names_of_any_spelling_can_be_keys(session: DbApiSession, connection: Connection, kind: str) -> None:
    config = {"incremental_strategy": kind, "unique_key": ['"Order Id"', "größe"]}
    select = 'select 1 as "Order Id", 2 as größe, {} as "select"'
    built(session, "incremental", select.format(1), **config)

    built(session, "incremental", select.format(2), **config)

    assert rows_of(connection, "select * from orders") == [(1, 2, 2)]


def test_a_full_refresh_builds_it_whole(session: DbApiSession, connection: Connection) -> None:
    built(session, "incremental", OLD, unique_key="id")

    built(session, "incremental", "select 9 as other", unique_key="id", full_refresh=True)

    assert rows_of(connection, "select * from orders") == [(9,)]


def test_over_a_view_it_is_built_whole(session: DbApiSession, connection: Connection) -> None:
    built(session, "view", "select 1 as id")

    built(session, "incremental", "select 2 as id", unique_key="id")

    assert rows_of(connection, "select relkind::text, id from orders, pg_class where relname = 'orders'") == [("r", 2)]


@MERGES
def test_a_merge_with_two_rows_of_one_key_changes_nothing(session: DbApiSession, connection: Connection) -> None:
    config = {"incremental_strategy": "merge", "unique_key": "id"}
    built(session, "incremental", "select 1 as id, 1 as n", **config)

    with pytest.raises(WarehouseError, match="make unique_key unique"):
        built(session, "incremental", "select 1 as id, g as n from generate_series(2, 3) g", **config)

    assert rows_of(connection, "select * from orders") == [(1, 1)]


def test_an_unknown_strategy_is_refused_before_anything_is_built(session: DbApiSession, connection: Connection) -> None:
    with pytest.raises(SqlModelsError, match=r"no incremental strategy 'mrege'\nhint: did you mean 'merge'"):
        built(session, "incremental", OLD, incremental_strategy="mrege")

    assert names_in(connection) == set()


def test_predicates_of_delete_insert_are_not_bracketed(session: DbApiSession, connection: Connection) -> None:
    """As in dbt, where an `or` deletes rows whose key is not among the new ones."""
    config = {"unique_key": "id", "incremental_predicates": ["n > 5 or n is null", "true"]}
    built(session, "incremental", "select * from (values (1, 9), (2, null), (3, 3)) v (id, n)", **config)

    built(session, "incremental", "select 1 as id, 10 as n", **config)

    assert rows_of(connection, "select * from orders order by id") == [(1, 10), (3, 3)]


@MERGES
def test_both_lists_of_merge_columns_are_refused(session: DbApiSession) -> None:
    config = {"incremental_strategy": "merge", "unique_key": "id", "merge_update_columns": ["id"]}
    built(session, "incremental", OLD, **config)

    with pytest.raises(CompilationError, match="exclude each other"):
        built(session, "incremental", OLD, merge_exclude_columns=["id"], **config)


@MERGES
def test_merge_update_columns_are_written_as_they_are_said(session: DbApiSession, connection: Connection) -> None:
    config = {"incremental_strategy": "merge", "unique_key": "id", "merge_update_columns": ["NAME", '"Odd one"']}
    built(session, "incremental", """select 1 as id, 'old' as name, 1 as "Odd one", 1 as left_out""", **config)

    built(session, "incremental", """select 1 as id, 'new' as name, 2 as "Odd one", 2 as left_out""", **config)

    assert rows_of(connection, "select * from orders") == [(1, "new", 2, 1)]


def test_readers_never_see_the_delta_half_applied(session: DbApiSession, connection: Connection) -> None:
    """Until the commit they see the old rows: here the last thing before it fails."""
    built(session, "incremental", OLD, unique_key="id")
    with pytest.raises(WarehouseError):
        built(session, "incremental", NEW.replace("21", "1/0"), unique_key="id")

    assert rows_of(connection, "select count(*) from orders where name in ('one', 'two', 'none')") == [(3,)]


def test_the_own_table_can_be_read_by_the_query(session: DbApiSession, connection: Connection) -> None:
    built(session, "incremental", "select 1 as id")

    built(session, "incremental", f"select max(id) + 1 as id from {ORDERS}")

    assert rows_of(connection, "select * from orders order by 1") == [(1,), (2,)]


def test_indexes_of_the_first_build_stay(session: DbApiSession, connection: Connection) -> None:
    config = {"unique_key": "id", "indexes": [{"columns": ["id"], "unique": True}]}
    query = "select indexname from pg_indexes where schemaname = 'public'"
    built(session, "incremental", "select 1 as id", **config)
    before = rows_of(connection, query)

    built(session, "incremental", "select 2 as id", **config)

    assert len(before) == 1
    assert rows_of(connection, query) == before
