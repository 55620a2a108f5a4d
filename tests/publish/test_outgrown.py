"""Views of the same run that need what goes: they are left on the old rows, and missing at no time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.errors import PublishError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import POSTGRES, Connection, built, names_in, rows_of
from tests.publish.readers import one, reading

START = "select 1 as id, 10 as amount, 'a' as name"
WITHOUT_NAME = "select 2 as id, 20 as amount"
NAMES = Relation("", "public", "names")


def _behind(*names: str) -> Callable[[], frozenset[tuple[str, str]]]:
    return lambda: frozenset(("public", name) for name in names)


def _left(connection: Connection) -> list[str]:
    return [name for name in names_in(connection) if "__outgrown_" in name]


@pytest.mark.parametrize("kind", ["table", "view", "incremental"])
@pytest.mark.parametrize("before", ["table", "view"])
def test_a_view_that_is_built_later_shows_the_old_rows_until_then(
    session: DbApiSession, connection: Connection, before: str, kind: str
) -> None:
    outgrown: list[int] = []
    built(session, before, START)
    built(session, "view", "select id, upper(name) as name from orders", NAMES)
    connection.execute("create view above as select name from names")

    built(session, kind, WITHOUT_NAME, behind=_behind("names", "above"), outgrown=outgrown, full_refresh=True)

    assert rows_of(connection, "select orders.id, names.id, name from orders, names") == [(2, 1, "A")]
    assert rows_of(connection, "select name from above") == [("A",)]
    assert len(_left(connection)) == len(outgrown) == 1

    built(session, "view", "select id, 'none' as name from orders", NAMES)
    session.commit(after=POSTGRES.locking.drop_unread(outgrown))

    assert rows_of(connection, "select names.id, above.name from names, above") == [(2, "none")]
    assert names_in(connection) == {"orders", "names", "above"}


def test_an_incremental_model_loses_a_column_that_such_a_view_needs(
    session: DbApiSession, connection: Connection
) -> None:
    sync = {
        "on_schema_change": "sync_all_columns",
        "unique_key": "id",
        "indexes": [{"columns": ["id"], "unique": True}],
    }
    built(session, "incremental", START, **sync)
    connection.execute("create view names as select name from orders; create view ids as select id from orders")
    connection.execute("grant select on orders to pg_monitor")

    with pytest.raises(PublishError, match=r"the view public.names needs the column 'name' of public.orders"):
        built(session, "incremental", "select 2 as id, 20 as amount", **sync)
    change = "select 2::bigint as id, 20 as amount, true as more"
    built(session, "incremental", change, **sync, behind=_behind("names"))

    assert rows_of(connection, "select * from orders order by id") == [(1, 10, None), (2, 20, True)]
    assert rows_of(connection, "select id from ids order by id") == [(1,), (2,)]
    assert rows_of(connection, "select name from names") == [("a",)]
    assert rows_of(connection, "select has_table_privilege('pg_monitor', 'orders', 'select')") == [(True,)]
    assert rows_of(connection, "select count(*) from pg_indexes where tablename = 'orders'") == [(1,)]


def test_what_is_above_a_view_that_stays_need_not_be_built(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    connection.execute("create view names as select name from orders; create view other as select * from names")

    built(session, "table", WITHOUT_NAME, behind=_behind("names"))

    assert rows_of(connection, "select name from other") == [("a",)]


@pytest.mark.parametrize("behind", [(), ("other",)])
def test_a_view_that_nobody_builds_stops_it(
    session: DbApiSession, connection: Connection, behind: tuple[str, ...]
) -> None:
    built(session, "table", START)
    connection.execute("create view names as select name from orders; create view other as select name from orders")

    with pytest.raises(PublishError, match=r"the view public.names needs the column 'name', which goes"):
        built(session, "table", WITHOUT_NAME, behind=_behind(*behind))

    assert rows_of(connection, "select orders.id, names.name from orders, names") == [(1, "a")]
    assert not _left(connection)


def test_a_materialized_view_that_is_left_is_made_anew_and_not_refreshed(
    session: DbApiSession, connection: Connection
) -> None:
    outgrown: list[int] = []
    built(session, "table", START)
    built(session, "materialized_view", "select name from orders", NAMES)

    built(session, "table", WITHOUT_NAME, behind=_behind("names"), outgrown=outgrown)
    assert rows_of(connection, "select name from names") == [("a",)]
    built(session, "materialized_view", "select id as name from orders", NAMES)
    session.commit(after=POSTGRES.locking.drop_unread(outgrown))

    assert rows_of(connection, "select name from names") == [(2,)]
    assert names_in(connection) == {"orders", "names"}


def test_a_view_whose_text_does_not_go_with_a_new_type_is_left_too(
    session: DbApiSession, connection: Connection
) -> None:
    built(session, "table", START)
    connection.execute(
        "create view names as select id + 1 as next from orders; create view ids as select id from orders"
    )

    built(session, "table", "select 'x' as id, 20 as amount, 'b' as name", behind=_behind("names"))

    assert rows_of(connection, "select next, id from names, ids") == [(2, "x")]
    assert len(_left(connection)) == 1


def test_a_view_that_reads_one_which_must_be_made_again_takes_it_along(
    session: DbApiSession, connection: Connection
) -> None:
    built(session, "table", START)
    connection.execute("""
        create view inner_one as select amount from orders;
        create view outer_one as select name, i.amount from orders, inner_one i""")
    change = "select 2 as id, 20.5 as amount"

    with pytest.raises(PublishError, match="outer_one needs the column 'name'"):
        built(session, "table", change, behind=_behind("outer_one"))
    built(session, "table", change, behind=_behind("outer_one", "inner_one"))

    assert rows_of(connection, "select * from outer_one") == [("a", 10)]
    assert rows_of(connection, "select amount from inner_one") == [(10,)]


def test_indexes_keys_and_publications_are_those_of_the_new_table(
    session: DbApiSession, connection: Connection
) -> None:
    built(session, "table", START, indexes=[{"columns": ["id"]}])
    connection.execute("""
        alter table orders add primary key (id); create index by_amount on orders (amount);
        create statistics told on id, amount from orders; create publication all_of_it for table orders;
        create view names as select name from orders""")
    indexes = "select indexname from pg_indexes where tablename = 'orders' order by 1"
    names = rows_of(connection, indexes)

    built(session, "table", WITHOUT_NAME, indexes=[{"columns": ["id"]}], behind=_behind("names"))

    assert rows_of(connection, indexes) == names
    assert rows_of(connection, "select tablename from pg_publication_tables") == [("orders",)]
    told = "select stxrelid::regclass::text from pg_statistic_ext where stxname = 'told'"
    assert rows_of(connection, told) == [("orders",)]


def test_the_next_build_drops_what_nothing_reads_any_more(session: DbApiSession, connection: Connection) -> None:
    long = Relation("", "public", "o" * 60)
    built(session, "table", START, long)
    connection.execute(f"create view names as select name from {long.identifier}")
    built(session, "table", WITHOUT_NAME, long, behind=_behind("names"))

    built(session, "table", WITHOUT_NAME, long)
    assert len(_left(connection)) == 1
    connection.execute("drop view names")
    built(session, "table", WITHOUT_NAME, long)

    assert names_in(connection) == {long.identifier}


def test_chains_are_dropped_from_above(session: DbApiSession, connection: Connection) -> None:
    outgrown: list[int] = []
    more: dict[str, Any] = {"behind": _behind("names", "above"), "outgrown": outgrown}
    above = Relation("", "public", "above")
    built(session, "table", START)
    built(session, "view", "select name from orders", NAMES)
    built(session, "view", "select name from names", above)

    built(session, "table", WITHOUT_NAME, **more)
    built(session, "view", "select id as called from orders", NAMES, **more)
    built(session, "view", "select called from names", above, **more)
    session.commit(after=POSTGRES.locking.drop_unread(outgrown[::-1]))

    assert rows_of(connection, "select called from above") == [(2,)]
    assert names_in(connection) == {"orders", "names", "above"}


def test_a_relation_with_its_own_name_is_no_leftover(session: DbApiSession, connection: Connection) -> None:
    """Which it has again if the transaction that put it aside did not end well."""
    built(session, "table", START)
    ((oid,),) = rows_of(connection, "select 'orders'::regclass::oid::int")

    session.commit(after=POSTGRES.locking.drop_unread([oid]))

    assert names_in(connection) == {"orders"}


def test_a_leftover_that_somebody_holds_stays_and_the_others_go(
    session: DbApiSession, connection: Connection, postgres_dsn: str
) -> None:
    outgrown: list[int] = []
    built(session, "table", START)
    connection.execute("create view names as select name from orders")
    built(session, "table", WITHOUT_NAME, behind=_behind("names"), outgrown=outgrown)
    connection.execute("create view amounts as select amount from orders")
    built(session, "table", "select 3 as id", behind=_behind("amounts"), outgrown=outgrown)
    assert len(outgrown) == 2
    left = str(rows_of(connection, f"select {outgrown[1]}::regclass::text")[0][0])
    connection.execute("drop view names, amounts")

    with psycopg.connect(postgres_dsn) as other:
        other.execute(f"select * from {left}")  # type: ignore[call-overload]  # a name that is known here only
        session.commit(after=POSTGRES.locking.drop_unread(outgrown))
        assert _left(connection) == [left]
    session.commit(after=POSTGRES.locking.drop_unread(outgrown))

    assert names_in(connection) == {"orders"}


def test_readers_of_the_view_see_old_rows_or_new_ones(session: DbApiSession, postgres_dsn: str) -> None:
    look = "select count(*), min(generation), max(generation) from called"
    called = Relation("", "public", "called")
    rows = "select {0} as generation, {0} as value_{0} from generate_series(1, 40)"
    built(session, "table", rows.format(0))
    built(session, "view", "select generation, value_0 as value from orders", called)

    with reading(postgres_dsn, [one(look)] * 2) as seen:
        for number in range(1, 8):
            outgrown: list[int] = []
            built(session, "table", rows.format(number), behind=_behind("called"), outgrown=outgrown)
            built(session, "view", f"select generation, value_{number} as value from orders", called)
            session.commit(after=POSTGRES.locking.drop_unread(outgrown))

    assert not seen.problems
    assert seen.looks > 7
