"""Statements that define relations, as SQL text: the part that the SQL standard and Postgres agree on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.manifest.relation import Relation


def word(kind: str) -> str:
    """A kind of relation as SQL says it: `materialized view`."""
    return kind.replace("_", " ")


def create_view(dialect: Dialect, relation: Relation, select: str, *, replace: bool = False, options: str = "") -> str:
    """SQL that makes a view of what `select` gives. `replace` keeps what hangs on a view that is there."""
    verb = "create or replace view" if replace else "create view"
    return f"{verb} {dialect.render(relation)}{with_options(options)} as\n{select}"


def create_materialized_view(dialect: Dialect, relation: Relation, select: str) -> str:
    """SQL that makes a materialized view, filled."""
    return f"create materialized view {dialect.render(relation)} as\n{select}"


def create_table(dialect: Dialect, relation: Relation, columns: Iterable[tuple[str, str]], *, unlogged: bool) -> str:
    """SQL that makes an empty table. A column is its name as it shall stand there, and its type."""
    listed = ",\n".join(f"    {name} {kind}" for name, kind in columns)
    return f"create {'unlogged ' if unlogged else ''}table {dialect.render(relation)} (\n{listed}\n)"


def with_options(options: str) -> str:
    """The storage parameters of a relation, behind a space; "" if there are none."""
    return f" with ({options})" if options else ""


def drop(dialect: Dialect, relation: Relation, kind: str) -> str:
    """SQL that drops a relation, and fails if something still hangs on it."""
    return f"drop {word(kind)} if exists {dialect.render(relation)}"


def rename(dialect: Dialect, relation: Relation, kind: str, identifier: str) -> str:
    """SQL that gives a relation another name in the same schema."""
    return f"alter {word(kind)} {dialect.render(relation)} rename to {dialect.quote(identifier)}"


def rename_index(dialect: Dialect, schema: str, old: str, new: str) -> str:
    """SQL that gives an index another name."""
    return f"alter index {dialect.quote(schema)}.{dialect.quote(old)} rename to {dialect.quote(new)}"


def comment(dialect: Dialect, on: str, text: str) -> str:
    """SQL that says something about `table "a"."b"`, `column "a"."b"."c"`…"""
    return f"comment on {on} is {dialect.literal(text)}"


def grant(dialect: Dialect, what: str, name: str, grantees: Sequence[str | None], *, hand_on: bool = False) -> str:
    """SQL that grants `select`, `update (a, b)`… on a relation. The grantee None is everybody."""
    suffix = " with grant option" if hand_on else ""
    return f"grant {what} on {name} to {roles(dialect, grantees)}{suffix}"


def roles(dialect: Dialect, grantees: Sequence[str | None]) -> str:
    """Roles as they stand in SQL."""
    return ", ".join("public" if name is None else dialect.quote(name) for name in grantees)
