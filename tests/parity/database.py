"""Looks at a database: every relation with its columns, rows and what hangs on it."""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg import sql

from tests.parity.outcome import Relation, Row

KINDS = {"r": "table", "v": "view", "m": "materialized view", "p": "partitioned table"}

_RELATIONS = """
select c.oid, n.nspname, c.relname, c.relkind::text
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'v', 'm', 'p') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
order by 2, 3"""

_COLUMNS = """
select a.attname, format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
from pg_attribute a where a.attrelid = %s and a.attnum > 0 and not a.attisdropped order by a.attnum"""

# names of indexes and constraints are left out: dbt makes them up from the time
_FACTS = """
select 'index ' || case when indisunique then 'unique ' else '' end
  || regexp_replace(pg_get_indexdef(indexrelid), '^.* USING ', '') from pg_index where indrelid = %(oid)s
union all
select 'constraint ' || pg_get_constraintdef(oid) from pg_constraint where conrelid = %(oid)s and contype <> 'n'
union all
select 'comment ' || coalesce((select attname || ' ' from pg_attribute where attrelid = objoid and attnum = objsubid
  and objsubid > 0), '') || description from pg_description where objoid = %(oid)s and classoid = 'pg_class'::regclass
union all
select 'grant ' || grantee::regrole || ' ' || privilege_type from pg_class, aclexplode(relacl)
  where pg_class.oid = %(oid)s and grantee <> relowner and grantee <> 0
union all
select 'unlogged' from pg_class where oid = %(oid)s and relpersistence = 'u'
order by 1"""


def relations_of(connection: psycopg.Connection[Any]) -> dict[str, Relation]:
    """All relations that are not Postgres's own, by `schema.name`."""
    connection.execute("set timezone to 'UTC'")
    found = connection.execute(_RELATIONS).fetchall()
    return {f"{schema}.{name}": _relation(connection, oid, (schema, name), kind) for oid, schema, name, kind in found}


def _relation(connection: psycopg.Connection[Any], oid: int, name: tuple[str, str], kind: str) -> Relation:
    columns = tuple(connection.execute(_COLUMNS, (oid,)).fetchall())
    facts = tuple(fact for (fact,) in connection.execute(_FACTS, {"oid": oid}).fetchall())
    return Relation(KINDS[kind], columns, facts, _rows(connection, name, [column for column, _ in columns]))


def _rows(connection: psycopg.Connection[Any], name: tuple[str, str], columns: list[str]) -> tuple[Row, ...]:
    texts = sql.SQL(", ").join(sql.SQL("{}::text").format(sql.Identifier(column)) for column in columns)
    try:
        return tuple(connection.execute(sql.SQL("select {} from {}").format(texts, sql.Identifier(*name))).fetchall())
    except psycopg.Error as error:  # a view over something that fails: the failure is what readers see of it
        return ((str(error).splitlines()[0],),)
