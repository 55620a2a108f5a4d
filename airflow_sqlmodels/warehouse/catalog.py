"""Reads of the warehouse's catalog: what is there, with which columns. One query for many relations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from msgspec import Struct

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.warehouse.session import Session

Key = tuple[str, str]
"""Schema and name."""


class Found(Struct, frozen=True):
    """A relation that exists."""

    kind: str
    """table, view, materialized_view or foreign_table."""
    owner: str


class ColumnFacts(Struct, frozen=True):
    """A column that exists."""

    name: str
    data_type: str
    """Without size: `character varying`, `numeric`, `ARRAY`."""
    char_size: int | None = None
    precision: int | None = None
    scale: int | None = None


class DescribedColumn(Struct, frozen=True):
    """A column for people to read."""

    name: str
    position: int
    data_type: str
    """As it is written: `character varying(20)`, `integer[]`."""
    comment: str | None


class Described(Struct, frozen=True):
    """A relation for people to read."""

    schema: str
    name: str
    kind: str
    owner: str
    comment: str | None
    columns: tuple[DescribedColumn, ...]


def describe(session: Session, dialect: Dialect, relations: Sequence[Relation]) -> list[Described]:
    """Those of the relations that exist, in one query; their names may differ in case from what was asked."""
    if not relations:
        return []
    rows = session.query(dialect.catalog_query(relations)).rows
    return [
        Described(schema, name, dialect.kinds[kind], owner, comment, tuple(DescribedColumn(*row[5:]) for row in group))
        for (schema, name, kind, owner, comment), group in groupby(rows, key=lambda row: row[:5])
    ]


def find(session: Session, dialect: Dialect, relation: Relation) -> Found | None:
    """The relation of that name; None if there is none."""
    rows = session.query(dialect.find_query(relation)).rows
    return Found(dialect.kinds[rows[0][0]], str(rows[0][1])) if rows else None


def alike(session: Session, dialect: Dialect, relation: Relation) -> list[Key]:
    """The relations whose names are that one but for the case of letters."""
    return [(schema, name) for schema, name in session.query(dialect.alike_query(relation)).rows]


def schema_of(session: Session, dialect: Dialect, identifier: str) -> str:
    """The schema in which a name without one is found: temporary tables have their own; "" if there is none."""
    rows = session.query(dialect.schema_of_query(identifier)).rows
    return str(rows[0][0]) if rows else ""


def schema_catalog(session: Session, dialect: Dialect, schemas: Sequence[str]) -> dict[Key, Found]:
    """All relations of these schemas."""
    if not schemas:
        return {}
    rows = session.query(dialect.schema_query(schemas)).rows
    return {(schema, name): Found(dialect.kinds[kind], owner) for schema, name, kind, owner in rows}


def functions(session: Session, dialect: Dialect, schemas: Sequence[str]) -> set[Key]:
    """The names of all functions of these schemas."""
    return (
        {(schema, name) for schema, name in session.query(dialect.functions_query(schemas)).rows} if schemas else set()
    )


def columns(session: Session, dialect: Dialect, relations: Sequence[Relation]) -> dict[Key, tuple[ColumnFacts, ...]]:
    """The columns of each relation that exists, in their order."""
    if not relations:
        return {}
    found: dict[Key, list[ColumnFacts]] = {}
    for schema, name, column, data_type, _, size, precision, scale in session.query(
        dialect.columns_query(relations)
    ).rows:
        found.setdefault((schema, name), []).append(ColumnFacts(column, data_type, size, precision, scale))
    return {key: tuple(listed) for key, listed in found.items()}


def types(session: Session, dialect: Dialect, relations: Sequence[Relation]) -> dict[Key, dict[str, str]]:
    """The types of the columns, by name in their order, of each relation that exists."""
    if not relations:
        return {}
    found: dict[Key, dict[str, str]] = {}
    for schema, name, column, data_type in session.query(dialect.types_query(relations)).rows:
        found.setdefault((schema, name), {})[column] = data_type
    return found


def types_of_select(session: Session, dialect: Dialect, select: str) -> dict[str, str]:
    """The types of the columns that a query gives, by name in their order. The query is not run."""
    return dict(map(tuple, session.query(dialect.types_of_select(select)).rows))


def schemas(session: Session, dialect: Dialect) -> list[str]:
    """All schemas but the server's own, by name."""
    return [str(row[0]) for row in session.query(dialect.all_schemas_query()).rows]


def create_schemas(session: Session, dialect: Dialect, schemas: Iterable[str], *, commits: bool = True) -> None:
    """Make those of the schemas that are not there. Asks first: `if not exists` alone wants the right to create."""
    wanted = list(dict.fromkeys(schemas))
    if not wanted:
        return
    for schema in absent_schemas(session, dialect, wanted):
        session.execute(dialect.create_schema(schema))
    if commits:
        session.commit()


def absent_schemas(session: Session, dialect: Dialect, schemas: Sequence[str]) -> list[str]:
    """Those of the schemas that are not there."""
    there = {row[0] for row in session.query(dialect.schemas_query(schemas)).rows}
    return [schema for schema in schemas if schema not in there]
