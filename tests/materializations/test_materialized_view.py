"""materialized_view: refreshed while it stays, swapped when it does not; indexes follow the config."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.errors import FailFastError, ProjectError, WarehouseError
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, built, hook, names_in, rows_of

KIND = "materialized_view"
SELECT = "select id, count(*) as n from raw group by id"


@pytest.fixture(autouse=True)
def _raw(connection: Connection) -> None:
    connection.execute("create table raw as select 1 as id")


def test_it_is_made_and_then_refreshed(session: DbApiSession, connection: Connection) -> None:
    made = built(session, KIND, SELECT)
    assert (made.status, made.rows) == ("SELECT 1", 1)
    before = _oid(connection)
    connection.execute("insert into raw values (2)")

    refreshed = built(session, KIND, SELECT)
    assert (refreshed.status, refreshed.rows) == ("REFRESH MATERIALIZED VIEW", -1)

    assert _oid(connection) == before
    assert rows_of(connection, "select * from orders order by id") == [(1, 1), (2, 1)]


def test_it_is_made_anew_when_its_query_says_something_else(session: DbApiSession, connection: Connection) -> None:
    built(session, KIND, "select * from raw")
    connection.execute("alter table raw add column more int default 7")

    assert built(session, KIND, "SELECT  * from raw -- all").status == "SELECT 1"
    assert rows_of(connection, "select * from orders") == [(1, 7)]
    before = _oid(connection)
    assert built(session, KIND, 'select id, "more" from public.raw;').status == "REFRESH MATERIALIZED VIEW"

    assert _oid(connection) == before


def test_a_query_that_fails_is_told_with_its_place_and_changes_nothing(
    session: DbApiSession, connection: Connection
) -> None:
    built(session, KIND, SELECT)

    with pytest.raises(WarehouseError, match='column "nope" does not exist'):
        built(session, KIND, "select id, nope from raw")

    assert rows_of(connection, "select * from orders") == [(1, 1)]


def test_a_refresh_brings_comments_and_grants_of_the_config(session: DbApiSession, connection: Connection) -> None:
    built(session, KIND, SELECT)
    before = _oid(connection)

    config = {"persist_docs": {"relation": True}, "grants": {"select": ["public"]}}
    built(session, KIND, SELECT, description="How often.", **config)

    assert _oid(connection) == before
    assert rows_of(connection, "select obj_description('orders'::regclass)") == [("How often.",)]
    assert rows_of(connection, "select 1 from pg_class where relname = 'orders' "
                   "and relacl::text like '%,=r/%'") == [(1,)]  # fmt: skip


def test_a_full_refresh_makes_it_anew_under_the_views_on_it(session: DbApiSession, connection: Connection) -> None:
    built(session, KIND, SELECT)
    connection.execute("create view reader as select sum(n) as n from orders")

    built(session, KIND, f"{SELECT} having count(*) > 5", full_refresh=True)

    assert rows_of(connection, "select * from reader") == [(None,)]
    assert names_in(connection) == {"orders", "raw", "reader"}


@pytest.mark.parametrize("start", ["create table orders as select 0 as id", "create view orders as select 0 as id"])
def test_it_takes_the_place_of_something_else(session: DbApiSession, connection: Connection, start: str) -> None:
    connection.execute(start)  # type: ignore[call-overload]

    built(session, KIND, SELECT)

    assert rows_of(connection, "select relkind::text from pg_class where relname = 'orders'") == [("m",)]


def test_a_table_takes_its_place(session: DbApiSession, connection: Connection) -> None:
    built(session, KIND, SELECT)

    built(session, "table", SELECT)

    assert rows_of(connection, "select relkind::text from pg_class where relname = 'orders'") == [("r",)]


def test_its_indexes_follow_the_config(session: DbApiSession, connection: Connection) -> None:
    built(session, KIND, SELECT, indexes=[{"columns": ["id"], "unique": True}])
    connection.execute("create index by_hand on orders ((n + 1))")

    built(session, KIND, SELECT, indexes=[{"columns": ["n"], "type": "hash"}])

    found = rows_of(connection, "select indexdef from pg_indexes where tablename = 'orders'")
    assert [definition.partition(" USING ")[2] for (definition,) in found] == ["hash (n)"]


def test_an_index_with_an_expression_stays_while_the_config_does(session: DbApiSession, connection: Connection) -> None:
    indexes = [{"columns": ["(n + 1)", "ID desc"]}]
    built(session, KIND, SELECT, indexes=indexes)
    first = rows_of(connection, "select indexrelid from pg_index where indrelid = 'orders'::regclass")

    built(session, KIND, SELECT, indexes=indexes, on_configuration_change="fail")

    assert rows_of(connection, "select indexrelid from pg_index where indrelid = 'orders'::regclass") == first
    assert len(first) == 1


def test_other_indexes_are_refused_if_the_config_says_so(session: DbApiSession, connection: Connection) -> None:
    built(session, KIND, SELECT)
    connection.execute("insert into raw values (2)")
    more = {"indexes": [{"columns": ["id"]}]}

    with pytest.raises(
        FailFastError, match="were identified and `on_configuration_change` was set to `fail` for"
    ) as refused:
        built(session, KIND, SELECT, on_configuration_change="fail", **more)

    assert refused.value.kind == "FailFast Error"

    assert rows_of(connection, "select count(*) from orders") == [(1,)]


def test_with_other_indexes_it_stays_as_it_is_if_the_config_says_so(
    session: DbApiSession, connection: Connection
) -> None:
    built(session, KIND, SELECT)
    connection.execute("create table noted (n int)")
    connection.execute("insert into raw values (2)")
    before, behind = hook("insert into noted values (1)"), hook("insert into noted values (2)")
    outside = hook("insert into noted values (3)", transaction=False)
    changed = {"on_configuration_change": "continue", "indexes": [{"columns": ["id"]}]}

    done = built(session, KIND, SELECT, pre_hooks=(before,), post_hooks=(behind, outside), **changed)

    assert done.status.startswith("skip ")
    assert rows_of(connection, "select count(*) from orders") == [(1,)]
    assert rows_of(connection, "select count(*) from pg_indexes where tablename = 'orders'") == [(0,)]
    assert rows_of(connection, "select n from noted") == [(3,)]


def test_an_unknown_choice_is_refused_before_anything_is_sent(session: DbApiSession, connection: Connection) -> None:
    with pytest.raises(ProjectError, match="'aply' is not known"):
        built(session, KIND, SELECT, on_configuration_change="aply")
    assert names_in(connection) == {"raw"}


def _oid(connection: Connection) -> int:
    return int(rows_of(connection, "select 'orders'::regclass::oid::bigint")[0][0])
