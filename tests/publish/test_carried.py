"""What hangs on a table before a rebuild hangs on it afterwards, or the rebuild is refused with its name."""

from __future__ import annotations

import itertools
import threading
from types import SimpleNamespace
from typing import cast

import psycopg
import pytest
from msgspec.structs import replace

from airflow_sqlmodels.errors import PublishError, WarehouseError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.publish import patience
from airflow_sqlmodels.publish.attached import GONE, Attached, attached_to
from airflow_sqlmodels.publish.objections import refuse
from airflow_sqlmodels.publish.rules import PublishRules
from airflow_sqlmodels.publish.wanted import Wanted
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from airflow_sqlmodels.warehouse.session import Outcome, Rows, Session
from tests.materializations.builds import (
    ORDERS,
    POSTGRES,
    Connection,
    another_session,
    built,
    hook,
    names_in,
    rows_of,
)
from tests.publish.roles import roles

START = "select 1 as id, 10 as amount, 'a' as name, current_date as day"
AGAIN = "select 2 as id, 20 as amount, 'b' as name, current_date as day"

EVERYTHING = """
    alter table orders set (fillfactor = 70, toast.autovacuum_enabled = false);
    alter table orders add constraint mine primary key (id), add constraint pair unique (id, amount) deferrable,
        add constraint positive check (amount > 0), add constraint no_overlap exclude using btree (day with =);
    comment on constraint positive on orders is 'never less';
    create table days (day date primary key); insert into days values (current_date);
    alter table orders add constraint known foreign key (day) references days;
    create index by_name on orders (lower(name) desc) include (amount) where amount > 0;
    create unique index "By Amount" on orders using btree (amount) with (fillfactor = 50);
    comment on index by_name is 'quick';
    alter table orders cluster on "By Amount"; alter table orders replica identity using index mine;
    create statistics pairs (dependencies) on amount, id from orders;
    alter table orders alter name set default 'none', alter name set statistics 50, alter name set storage external,
        alter amount set (n_distinct = 5), alter amount set not null;
    comment on table orders is 'all of them'; comment on column orders.amount is 'in cents';
    alter table orders enable row level security, force row level security;
    create policy only_mine on orders as restrictive for select to {reader}
        using (amount > (select count(*) from days where days.day = orders.day));
    create policy all_mine on orders for all to public using (true) with check (amount < 100);
    create function nothing() returns trigger language plpgsql as 'begin return new; end';
    create trigger on_insert before insert on orders for each row when (new.amount > 0) execute function nothing();
    create trigger on_delete after delete on orders for each statement execute function nothing();
    alter table orders disable trigger on_delete;
    create rule quiet as on update to orders do also select 1;
    create publication listed for table orders;
    grant select, update on orders to {reader} with grant option; grant insert on orders to public;
    grant select (name), update (amount, id) on orders to {reader};
"""


def _facts(session: DbApiSession) -> Attached:
    found = attached_to(session, POSTGRES, ORDERS)
    session.commit()
    return replace(found, oid=0)


def test_everything_is_carried_over(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    with roles(connection, 2) as (owner, reader):
        connection.execute(EVERYTHING.format(reader=reader))  # type: ignore[call-overload]
        connection.execute(f"grant create on schema public to {owner}; alter table orders owner to {owner}")  # type: ignore[call-overload]
        before = _facts(session)

        built(session, "table", AGAIN)

        assert _facts(session) == before
        assert rows_of(connection, "select id from orders") == [(2,)]
        assert names_in(connection) == {"orders", "days"}
        connection.execute("drop publication listed; drop table orders")


def test_a_second_rebuild_carries_it_again(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    with roles(connection, 1) as (reader,):
        connection.execute(EVERYTHING.format(reader=reader))  # type: ignore[call-overload]
        before = _facts(session)

        for _ in range(3):
            built(session, "table", AGAIN, indexes=[{"columns": ["name"]}])
        built(session, "table", AGAIN)

        assert _facts(session) == before
        connection.execute("drop table orders")


def test_what_belongs_to_a_lost_column_goes_with_it(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    connection.execute(
        "create index by_amount on orders (amount); create index by_id on orders (id);"
        "alter table orders add check (amount > 0), add unique (id, amount);"
        "create statistics s on id, amount from orders"
    )

    built(session, "table", "select 2 as id")

    facts = _facts(session)
    assert [index.name for index in facts.indexes] == ["by_id"]
    assert (facts.constraints, facts.extended_statistics) == ((), ())


POINTS = (
    "create table other as select 1 as id; alter table orders add unique (id);"
    "alter table other add constraint points foreign key (id) references orders (id) on delete cascade"
)


def test_a_foreign_key_to_a_table_points_to_the_new_one(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    connection.execute(POINTS)

    for hooks in ((), (hook("select 1"),)):
        built(session, "table", START, post_hooks=hooks)

    assert rows_of(connection, _POINTER) == [("FOREIGN KEY (id) REFERENCES orders(id) ON DELETE CASCADE", True)]
    with pytest.raises(psycopg.errors.ForeignKeyViolation):
        connection.execute("insert into other values (7)")


def test_a_foreign_key_whose_rows_went_stays_unchecked_and_is_told(
    session: DbApiSession, connection: Connection
) -> None:
    built(session, "table", START)
    connection.execute(POINTS)
    told: list[str] = []

    built(session, "table", START.replace("1 as id", "2 as id"), log=told.append)

    assert rows_of(connection, "select id from orders") == [(2,)]
    assert rows_of(connection, "select convalidated from pg_constraint where conname = 'points'") == [(False,)]
    assert "is published, but" in told[-1]
    assert "(id)=(1)" in told[-1]


def test_who_reads_a_table_with_a_foreign_key_is_waited_for(
    session: DbApiSession, connection: Connection, postgres_dsn: str
) -> None:
    built(session, "table", START)
    connection.execute(POINTS)
    reader = psycopg.connect(postgres_dsn)
    reader.execute("select * from other")
    leaves = threading.Timer(0.5, reader.rollback)
    leaves.start()

    built(session, "table", START)

    leaves.join()
    reader.close()
    assert rows_of(connection, _POINTER) == [("FOREIGN KEY (id) REFERENCES orders(id) ON DELETE CASCADE", True)]


def test_an_index_that_was_never_finished_is_not_carried(session: DbApiSession, connection: Connection) -> None:
    """As a `create index concurrently` leaves it that was broken off."""
    built(session, "table", START)
    connection.execute("create unique index broken on orders (id); create index whole on orders (amount)")
    connection.execute("update pg_index set indisvalid = false where indexrelid = 'broken'::regclass")

    built(session, "table", AGAIN)

    assert [index.name for index in _facts(session).indexes] == ["whole"]


def test_a_lock_that_another_session_holds_is_no_lock(session: DbApiSession) -> None:
    """Behind a pooler that gives each transaction another session of the server."""
    built(session, "table", START)
    facts = _facts(session)

    refuse(facts, facts, Wanted(), facts.session)
    with pytest.raises(PublishError, match="no lock holds between them"):
        refuse(facts, facts, Wanted(), facts.session + 1)


def test_a_hook_may_forget_what_was_prepared(session: DbApiSession, connection: Connection) -> None:
    for number in range(3):
        hooks = (hook("deallocate all", transaction=False),)
        built(session, "table", START.replace("1 as id", f"{number} as id"), pre_hooks=hooks)

    assert rows_of(connection, "select id from orders") == [(2,)]


_POINTER = "select pg_get_constraintdef(oid), convalidated from pg_constraint where conname = 'points'"


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("create table kid () inherits (orders)", "kid"),
        ("alter table orders add column number serial", "orders_number_seq belongs to its column 'number'"),
        ("alter table orders add column number int generated always as identity", "orders_number_seq"),
        ("create function total(orders) returns int language sql as 'select 1'", r"function total\(orders\)"),
        ("create table typed (whole orders)", "column whole of table typed"),
        ("create table other (id int); create rule copied as on insert to other do also delete from orders",
         "rule copied on table other"),
        ("create view lost as select upper(name) from orders", "public.lost needs the column 'name'"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_is_named(session: DbApiSession, connection: Connection, sql: str, told: str) -> None:
    built(session, "table", START)
    connection.execute(sql)  # type: ignore[call-overload]

    with pytest.raises(PublishError, match=told):
        built(session, "table", "select 2 as id, 20 as amount, current_date as day")

    assert rows_of(connection, "select id, name from orders") == [(1, "a")]


def test_a_columns_sequence_goes_on_counting(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    connection.execute("create sequence counted owned by orders.id; select setval('counted', 7)")
    connection.execute("alter table orders alter id set default nextval('counted')")

    built(session, "table", AGAIN)

    assert rows_of(connection, "select pg_get_serial_sequence('orders', 'id')") == [("public.counted",)]
    connection.execute("insert into orders (amount) values (1)")
    assert rows_of(connection, "select id from orders order by id") == [(2,), (8,)]


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("alter table orders add constraint small check (amount < 15)", "small"),
        ("alter table orders alter name set not null", "name"),
        ("create unique index once on orders (day)", "once"),
    ],
)
def test_rows_that_break_a_rule_of_the_table_are_not_published(
    session: DbApiSession, connection: Connection, sql: str, told: str
) -> None:
    built(session, "table", START)
    connection.execute(sql)  # type: ignore[call-overload]

    with pytest.raises(PublishError, match=told):
        built(session, "table", f"{AGAIN} union all select 3, 30, null, current_date")

    assert rows_of(connection, "select id from orders") == [(1,)]


@pytest.mark.parametrize("again", [1, 3])
@pytest.mark.parametrize(
    "made",
    [
        "alter table orders add primary key (id)",
        "alter table orders add constraint mine unique (id, amount)",
        "alter table orders add constraint positive check (amount > 0)",
        "create index on orders (amount)",
        "create index if not exists by_amount on orders (amount)",
        "alter table orders enable row level security; create policy mine on orders using (true)",
        "create trigger mine before insert on orders for each row execute function nothing()",
        "create rule mine as on delete to orders do also select 1",
        "comment on table orders is 'made'; alter table orders alter name set default 'x'",
    ],
)
def test_a_post_hook_may_make_it_anew_each_time(
    session: DbApiSession, connection: Connection, made: str, again: int
) -> None:
    """Hooks written for dbt make what dbt loses at each build."""
    connection.execute("create function nothing() returns trigger language plpgsql as 'begin return new; end'")
    built(session, "table", START, post_hooks=(hook(made),))
    before = _facts(session)

    for _ in range(again):
        built(session, "table", AGAIN, post_hooks=(hook(made),))

    after = _facts(session)
    assert replace(after, indexes=()) == replace(before, indexes=())
    assert [(index.tail, index.constraint_kind) for index in after.indexes] == [
        (index.tail, index.constraint_kind) for index in before.indexes
    ]


def test_grants_of_the_config_are_the_whole_list(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    with roles(connection, 2) as (old, new):
        connection.execute(f"grant select on orders to {old}")  # type: ignore[call-overload]

        built(session, "table", AGAIN, grants={"select": [new]})

        assert [grantee for grantee, _, _ in _facts(session).grants] == [new]
        connection.execute("drop table orders")


def test_default_privileges_are_for_new_tables(session: DbApiSession, connection: Connection) -> None:
    with roles(connection, 2) as (old, new):
        connection.execute(f"alter default privileges grant select on tables to {old}")  # type: ignore[call-overload]
        built(session, "table", START)
        connection.execute(f"revoke select on orders from {old}; grant select on orders to {new}")  # type: ignore[call-overload]

        built(session, "table", AGAIN)

        assert [grantee for grantee, _, _ in _facts(session).grants] == [new]
        connection.execute(f"alter default privileges revoke select on tables from {old}; drop table orders")  # type: ignore[call-overload]


def test_an_index_that_leaves_the_config_goes(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START, indexes=[{"columns": ["id"], "unique": True}, {"columns": ["name"], "type": "hash"}])
    connection.execute(f'create index "{"0a" * 16}" on orders (day)')  # type: ignore[call-overload]  # by dbt

    built(session, "table", AGAIN, indexes=[{"columns": ["id"], "unique": True}])

    assert [index.tail for index in _facts(session).indexes] == ["USING btree (id)"]


def test_a_table_with_policies_does_not_become_a_view(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    connection.execute("alter table orders enable row level security; create policy mine on orders using (true)")

    with pytest.raises(PublishError, match="row-level security policy 'mine' has no place on a view"):
        built(session, "view", AGAIN)

    assert rows_of(connection, "select id from orders") == [(1,)]


def test_a_view_of_another_owner_is_named(session: DbApiSession, connection: Connection) -> None:
    with roles(connection, 2) as (writer, other):
        connection.execute(f"grant create on schema public to {writer}, {other}; set role {writer}")  # type: ignore[call-overload]
        connection.execute(f"create table orders as {START}")  # type: ignore[call-overload]
        connection.execute(f"grant select on orders to {other}; set role {other}")  # type: ignore[call-overload]
        connection.execute("create view theirs as select id from orders; reset role")
        session.execute(f"set role {writer}")
        session.commit()

        with pytest.raises(PublishError, match=f"public.theirs belongs to '{other}': grant that role"):
            built(session, "table", AGAIN)

        assert rows_of(connection, "select id from theirs") == [(1,)]
        connection.execute("drop view theirs; drop table orders")


def test_a_table_of_another_owner_is_named(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", START)
    with roles(connection, 1) as (writer,):
        connection.execute(f"grant create on schema public to {writer}")  # type: ignore[call-overload]
        session.execute(f"set role {writer}")
        session.commit()

        with pytest.raises((PublishError, WarehouseError), match="belongs to 'postgres'"):
            built(session, "table", AGAIN)

        session.rollback()
        session.execute("reset role")
        session.commit()
        connection.execute(f"drop table if exists orders__candidate; revoke create on schema public from {writer}")  # type: ignore[call-overload]


def test_what_is_made_meanwhile_is_carried_too(
    session: DbApiSession, connection: Connection, postgres_dsn: str
) -> None:
    built(session, "table", START)
    said: list[str] = []
    todo = ["create view late as select id from orders; create index late_too on orders (amount)"]

    def meddle(sql: str, _outcome: Outcome) -> None:
        if "analyze" in sql and todo:  # the candidate is ready, and knows nothing of these
            connection.execute(todo.pop())  # type: ignore[call-overload]

    with another_session(postgres_dsn, on_statement=meddle) as other:
        built(other, "table", AGAIN, log=said.append)

    assert rows_of(connection, "select id from late") == [(2,)]
    assert [index.name for index in _facts(session).indexes] == ["late_too"]
    assert said == ["somebody changed public.orders or a view on it; looking again"]
    assert names_in(connection) == {"orders", "late"}


def test_a_table_with_a_foreign_key_may_get_another_name_meanwhile(
    session: DbApiSession, connection: Connection, postgres_dsn: str
) -> None:
    """As when it is built at the same time: its candidate becomes the table."""
    built(session, "table", START)
    connection.execute(POINTS)
    said: list[str] = []
    todo = ["alter table other rename to another"]

    def meddle(sql: str, _outcome: Outcome) -> None:
        if "analyze" in sql and todo:
            connection.execute(todo.pop())  # type: ignore[call-overload]

    with another_session(postgres_dsn, on_statement=meddle) as other:
        built(other, "table", START, log=said.append)

    assert rows_of(connection, _POINTER) == [("FOREIGN KEY (id) REFERENCES orders(id) ON DELETE CASCADE", True)]
    assert said == ["somebody changed public.orders or a view on it; looking again"]


def test_what_goes_while_the_catalog_is_read_is_looked_for_again() -> None:
    class Halfway:
        """Gives a constraint that has gone in the meantime: it has no definition any more."""

        def query_prepared(self, _name: str, _sql: str, _first: str) -> Rows:
            return Rows(("schema", "name", "told"), (("public", "orders", '{"oid": 1, "constraints": [{}]}'),))

    with pytest.raises(WarehouseError, match="was changed while it was looked at") as refusal:
        attached_to(cast("Session", Halfway()), POSTGRES, Relation("", "public", "orders"))

    assert refusal.value.sqlstate == GONE


def test_an_answer_that_lay_there_for_long_is_asked_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between the question and the moment when the refusal is read, a large model of the same run may be compiled."""
    clock = itertools.count(step=20)
    monkeypatch.setattr(patience, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    session = Recording()
    answers = iter([WarehouseError("could not open relation", sqlstate=GONE), None])

    def attempt() -> str:
        if error := next(answers):
            raise error
        return "found"

    patient = patience.Patience(cast("Session", session), POSTGRES, PublishRules(), print)
    assert patient.keep_trying("orders", list, attempt) == "found"
    assert session.sent == ["rollback to publishing"]


class Recording:
    """A session that keeps what is sent."""

    def __init__(self) -> None:
        self.sent: list[str] = []

    def execute(self, sql: str) -> None:
        self.sent.append(sql)

    def query(self, _sql: str) -> Rows:
        return Rows((), ())
