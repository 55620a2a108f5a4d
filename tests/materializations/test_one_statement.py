"""A second statement in a model is refused; what only looks like one is not."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, built, names_in, rows_of

KINDS = ("view", "table", "materialized_view", "incremental")


@pytest.mark.parametrize("kind", KINDS)
def test_a_second_statement_is_refused_with_its_place(session: DbApiSession, connection: Connection, kind: str) -> None:
    with pytest.raises(CompilationError, match="one statement") as told:
        built(session, kind, "select 1 as id;\ncreate table beside as select 2 as id")

    assert (told.value.at.line, told.value.at.column) == (2, 1)  # type: ignore[union-attr]
    assert names_in(connection) == set()


def test_it_is_refused_where_a_view_stands_already(session: DbApiSession, connection: Connection) -> None:
    built(session, "view", "select 1 as id")

    with pytest.raises(CompilationError, match="one statement"):
        built(session, "view", "select 2 as id; select 3 as id")

    assert rows_of(connection, "select id from orders") == [(1,)]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("select", [
    "select 'a;b' as id",
    "select 'it''s; so' as id",
    "select e'it\\'s; so' as id",
    "select $$a; b$$ as id",
    'select 1 as "a;b"',
    "select 1 as id -- one; two",
    "select 1 /* one; /* two; */ three; */ as id",
    "select 1 as id;",
    "select 1 as id; -- the end\n;\n",
])  # fmt: skip
def test_one_statement_is_built(session: DbApiSession, connection: Connection, kind: str, select: str) -> None:
    built(session, kind, select)

    assert len(rows_of(connection, "select * from orders")) == 1
