"""Views on a table that is rebuilt: they stay what they are, whatever happens to its columns."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_sqlmodels.errors import PublishError, SqlModelsError
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, built, names_in, rows_of
from tests.publish.roles import roles

START = "select 1 as id, 10 as amount, 'a' as name"
CHANGES = {
    "rebuilt": "select 2 as id, 20 as amount, 'b' as name",
    "column added": "select 2 as id, 20 as amount, 'b' as name, true as more",
    "columns in another order": "select 'b' as name, 2 as id, 20 as amount",
    "unused column dropped": "select 2 as id, 20 as amount",
    "column retyped": "select 2 as id, 20.5::numeric(8, 2) as amount, 'b' as name",
    "all at once": "select true as more, 20.5::numeric(8, 2) as amount, 2::bigint as id",
}

# all that can be said of a view but its rows
_FACTS = """
    select v.relname, pg_get_userbyid(v.relowner), v.reloptions::text, obj_description(v.oid, 'pg_class'),
        (select string_agg(coalesce(r.rolname, 'public') || ':' || x.privilege_type || ':' || x.is_grantable, ' '
            order by r.rolname, x.privilege_type)
            from aclexplode(v.relacl) x left join pg_roles r on r.oid = x.grantee),
        (select string_agg(a.attname || '=' || coalesce(col_description(v.oid, a.attnum), '') || ':'
            || coalesce((select string_agg(coalesce(r.rolname, 'public') || ':' || x.privilege_type, ' '
                order by r.rolname, x.privilege_type)
                from aclexplode(a.attacl) x left join pg_roles r on r.oid = x.grantee), ''), ', ' order by a.attnum)
            from pg_attribute a where a.attrelid = v.oid and a.attnum > 0 and not a.attisdropped),
        (select string_agg(pg_get_triggerdef(t.oid) || t.tgenabled::text, '; ')
            from pg_trigger t where t.tgrelid = v.oid),
        (select string_agg(a.attname || ' ' || pg_get_expr(d.adbin, d.adrelid), ', ') from pg_attrdef d
            join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum where d.adrelid = v.oid)
    from pg_class v where v.relkind in ('v', 'm') and v.relnamespace = 'public'::regnamespace order by v.relname
"""


def _dress(connection: Connection, owner: str, reader: str) -> None:
    """Three views, one above the other, with all that can hang on a view."""
    statements = f"""
        create view v1 with (security_barrier = true) as select id, amount from orders where id > 0;
        create view v2 as select v1.id, v1.amount * 2 as double, orders.amount from v1 join orders using (id);
        create view "V 3" with (check_option = local) as select double, id from v2;
        create function nothing() returns trigger language plpgsql as 'begin return null; end';
        create trigger into_v2 instead of insert on v2 for each row execute function nothing();
        alter view v1 alter column amount set default 7;
        comment on view v1 is 'it''s one'; comment on view v2 is 'two'; comment on column v2.double is 'twice';
        grant select on v1 to {reader} with grant option; grant select (id), update (double) on v2 to {reader};
        grant select on "V 3" to public;
        grant select on orders to {owner};
        alter view v1 owner to {owner}; grant select on v1 to postgres;
    """
    connection.execute(statements)  # type: ignore[call-overload]


@pytest.mark.parametrize("change", CHANGES)
def test_views_keep_rows_owner_grants_comments_and_options(
    session: DbApiSession, connection: Connection, change: str
) -> None:
    built(session, "table", START)
    with roles(connection, 2) as (owner, reader):
        _dress(connection, owner, reader)
        before = rows_of(connection, _FACTS)

        built(session, "table", CHANGES[change])

        assert rows_of(connection, _FACTS) == before
        ((amount,),) = rows_of(connection, "select amount from orders")
        assert rows_of(connection, "select * from v1") == [(2, amount)]
        assert rows_of(connection, 'select * from "V 3"') == [(amount * 2, 2)]
        assert names_in(connection) == {"orders", "v1", "v2", "V 3"}


@pytest.mark.parametrize("change", ["rebuilt", "column added"])
def test_views_stay_the_same_objects_if_their_columns_do(
    session: DbApiSession, connection: Connection, change: str
) -> None:
    built(session, "table", START)
    connection.execute("create view v1 as select id from orders; create view v2 as select id from v1")
    query = "select 'v1'::regclass::oid, 'v2'::regclass::oid"
    before = rows_of(connection, query)

    built(session, "table", CHANGES[change])

    assert rows_of(connection, query) == before


def test_a_view_that_names_all_columns_keeps_those_it_had(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    connection.execute("create view v1 as select * from orders")

    built(session, "table", CHANGES["column added"])

    assert rows_of(connection, "select * from v1") == [(2, 20, "b")]


@pytest.mark.parametrize("kind", ["table", "view"])
def test_a_view_that_needs_a_lost_column_stops_it_before_anything_changes(
    session: DbApiSession, connection: Connection, kind: str
) -> None:
    built(session, kind, START)
    connection.execute("create view needs_name as select id, upper(name) as name from orders")

    with pytest.raises(PublishError, match=r"needs_name.*'name'|'name'.*needs_name"):
        built(session, kind, "select 2 as id, 20 as amount")

    assert rows_of(connection, "select * from orders") == [(1, 10, "a")]
    assert rows_of(connection, "select * from needs_name") == [(1, "A")]


def test_a_view_that_cannot_take_the_new_type_stops_it(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    connection.execute("create view v1 as select id + 1 as next from orders; create view v2 as select next from v1")

    with pytest.raises(Exception, match=r"v1|operator"):
        built(session, "table", "select true as id, 20 as amount, 'b' as name")

    assert rows_of(connection, "select id, next from orders, v2") == [(1, 2)]


@pytest.mark.parametrize(
    "definition",
    [
        "select o.* from orders o",
        "select count(*) as n from orders",
        "select orders as whole from orders",
        "select (select max(id) from orders) as id",
        "with w as (select * from orders) select id from w union all select amount from orders",
        "select a.id from orders a join orders b on a.amount = b.amount",
        "select id from only orders",
        "select * from (select id, row_number() over (partition by name) from orders) t",
    ],
)
@pytest.mark.parametrize("change", ["rebuilt", "column retyped"])
def test_views_of_any_shape_are_carried_or_named(
    session: DbApiSession, connection: Connection, definition: str, change: str
) -> None:
    built(session, "table", START)
    connection.execute(f"create view v1 as {definition}")  # type: ignore[call-overload]

    refused = _refusal(session, CHANGES[change])

    if refused is not None:
        assert "v1" in refused or "depend" in refused
        assert rows_of(connection, "select id from orders") == [(1,)]
    else:
        assert rows_of(connection, "select id from orders") == [(2,)]
        expected: list[Any] = rows_of(connection, definition)
        if "whole" not in definition and "*" not in definition:
            assert rows_of(connection, "select * from v1") == expected
    assert names_in(connection) - {"orders__candidate"} == {"orders", "v1"}


def _refusal(session: DbApiSession, select: str) -> str | None:
    """What the build says if it does not build; None if it does."""
    try:
        built(session, "table", select)
    except SqlModelsError as error:
        return str(error)
    return None


def test_views_in_other_schemas_are_carried(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    connection.execute('create schema "Bi"; create view "Bi"."My View" as select id, amount from orders')

    built(session, "table", CHANGES["column retyped"])

    assert rows_of(connection, 'select amount::text from "Bi"."My View"') == [("20.50",)]


def test_views_follow_a_view_that_is_rebuilt(session: DbApiSession, connection: Connection) -> None:
    built(session, "view", START)
    connection.execute("create view v1 as select amount from orders; create view v2 as select amount from v1")

    built(session, "view", CHANGES["all at once"])

    assert rows_of(connection, "select amount::text from v2") == [("20.50",)]
    assert names_in(connection) == {"orders", "v1", "v2"}


@pytest.mark.parametrize(("old", "new"), [("table", "view"), ("view", "table")])
@pytest.mark.parametrize("change", ["rebuilt", "column retyped"])
def test_views_follow_a_change_of_kind(
    session: DbApiSession, connection: Connection, old: str, new: str, change: str
) -> None:
    built(session, old, START)
    connection.execute("create view v1 as select id, amount from orders; create view v2 as select amount from v1")

    built(session, new, CHANGES[change])

    assert rows_of(connection, "select count(*) from v2, v1") == [(1,)]
    assert rows_of(connection, "select id from v1") == [(2,)]
    assert names_in(connection) == {"orders", "v1", "v2"}


def test_a_materialized_view_on_the_table_is_filled_anew(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    connection.execute(
        "create materialized view kept as select id from orders; create unique index kept_id on kept (id);"
        "create view upper as select id from kept; comment on materialized view kept is 'mine';"
        "create materialized view empty as select id from orders with no data"
    )

    built(session, "table", CHANGES["rebuilt"])

    assert rows_of(connection, "select id from upper") == [(2,)]
    assert rows_of(connection, "select indexdef from pg_indexes where tablename = 'kept'") == [
        ("CREATE UNIQUE INDEX kept_id ON public.kept USING btree (id)",)
    ]
    assert rows_of(connection, "select obj_description('kept'::regclass)") == [("mine",)]
    assert rows_of(connection, "select ispopulated from pg_matviews where matviewname = 'empty'") == [(False,)]


@pytest.mark.since_postgres(14)
def test_a_function_with_a_parsed_body_is_refused_by_name(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    connection.execute(
        "create function total() returns bigint language sql begin atomic select sum(amount) from orders; end"
    )

    with pytest.raises(Exception, match="total"):
        built(session, "table", CHANGES["rebuilt"])

    assert rows_of(connection, "select id, total() from orders") == [(1, 10)]


@pytest.mark.parametrize("choice", ["append_new_columns", "sync_all_columns"])
def test_views_stay_on_an_incremental_model_whose_columns_change(
    session: DbApiSession, connection: Connection, choice: str
) -> None:
    built(session, "incremental", START)
    with roles(connection, 2) as (owner, reader):
        _dress(connection, owner, reader)
        before = rows_of(connection, _FACTS)

        built(session, "incremental", CHANGES["all at once" if choice.startswith("sync") else "column added"],
              on_schema_change=choice)  # fmt: skip

        assert rows_of(connection, _FACTS) == before
        assert rows_of(connection, "select count(*) from v1") == [(2,)]
