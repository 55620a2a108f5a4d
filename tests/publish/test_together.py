"""Several tables under the same views, rebuilt at the same time: a project whose models run on many threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, another_session, built, names_in, rows_of

NAMES = ("a", "b", "c", "d")
REBUILDS = 8


@pytest.mark.parametrize("retyped", [False, True])
def test_tables_under_the_same_views_are_rebuilt_at_the_same_time(
    session: DbApiSession, connection: Connection, postgres_dsn: str, retyped: bool
) -> None:
    for name in NAMES:
        built(session, "table", "select 1 as id, 0 as generation", Relation("", "public", name))
    connection.execute("create view low as select * from a join b using (id, generation) join c using (id, generation)")
    connection.execute("create view wide as select d.id, low.generation from d left join low using (id)")
    connection.execute("create view high as select wide.id, a.generation from wide join a using (id)")

    def rebuild(name: str) -> None:
        with another_session(postgres_dsn, name) as own:
            for number in range(1, REBUILDS + 1):
                kind = "bigint" if retyped and number % 2 else "integer"
                built(own, "table", f"select 1::{kind} as id, {number} as generation", Relation("", "public", name))

    with ThreadPoolExecutor(len(NAMES)) as pool:
        list(pool.map(rebuild, NAMES))

    assert names_in(connection) == {*NAMES, "low", "wide", "high"}
    assert rows_of(connection, "select * from low") == [(1, REBUILDS)]
    assert rows_of(connection, "select generation from high") == [(REBUILDS,)]
