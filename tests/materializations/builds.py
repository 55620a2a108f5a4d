"""A builder for Build values over a live session: what a step gives to a materialization, without a project."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from airflow_sqlmodels.dialects.postgres import Postgres
from airflow_sqlmodels.manifest.nodes import Column
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build, Built, Hook
from airflow_sqlmodels.materializations.registry import materialization_named
from airflow_sqlmodels.publish.rules import PublishRules
from airflow_sqlmodels.warehouse.dbapi import DbApiSession, OnStatement
from airflow_sqlmodels.warehouse.session import Session
from tests import manifests

Connection = psycopg.Connection[Any]

POSTGRES = Postgres()
ORDERS = Relation("", "public", "orders")


def hook(sql: str, *, transaction: bool = True) -> Hook:
    """A hook that says always the same."""
    return Hook(lambda: sql, transaction)


def build_of(session: Session, select: str, relation: Relation = ORDERS, **more: Any) -> Build:
    """A model's build, as a step makes it: what exists is looked up. `more` is config, or a field of Build."""
    fields = {key: more.pop(key) for key in (*_FIELDS,) if key in more}
    about = {key: more.pop(key) for key in ("description", "columns") if key in more}
    node = manifests.model(relation.identifier, config=more, relation=relation, **about)
    return Build(
        node=node,
        relation=relation,
        select=select,
        config=more,
        dialect=POSTGRES,
        session=session,
        **fields,
    )


def built(session: Session, kind: str, select: str, relation: Relation = ORDERS, **more: Any) -> Built:
    """Builds a model the way a step does: after an error no transaction stays open."""
    try:
        return materialization_named(kind)(build_of(session, select, relation, **more))
    except Exception:
        session.rollback()
        raise


def seeded(session: Session, folder: Path, text: str, relation: Relation = ORDERS, **more: Any) -> Built:
    """Loads a CSV of that text as a step does."""
    path = folder / f"{relation.identifier}.csv"
    path.write_text(text, encoding="utf-8", newline="")
    fields = {key: more.pop(key) for key in _FIELDS if key in more}
    node = manifests.seed(relation.identifier, path=path.name, root=str(folder), config=more)
    build = Build(
        node=node,
        relation=relation,
        select="",
        config=more,
        dialect=POSTGRES,
        session=session,
        **fields,
    )
    try:
        return materialization_named("seed")(build)
    except Exception:
        session.rollback()
        raise


def described(name: str, description: str) -> Column:
    """A column with what the properties say of it."""
    return Column(name=name, description=description)


def rows_of(connection: Connection, query: str) -> list[tuple[Any, ...]]:
    """What a query gives."""
    return connection.execute(query).fetchall()  # type: ignore[call-overload,no-any-return]


def names_in(connection: Connection, schema: str = "public") -> set[str]:
    """All relations of a schema, without indexes: what a run left."""
    found = rows_of(
        connection,
        "select relname from pg_class c join pg_namespace n on n.oid = relnamespace"
        f" where nspname = '{schema}' and relkind not in ('i', 'I')",
    )
    return {name for (name,) in found}


@contextlib.contextmanager
def another_session(dsn: str, name: str = "other", on_statement: OnStatement | None = None) -> Iterator[DbApiSession]:
    """One more session on the database."""
    opened = DbApiSession(psycopg.connect(dsn, application_name=name), on_statement=on_statement)
    try:
        yield opened
    finally:
        opened.close()


_FIELDS = ("full_refresh", "pre_hooks", "post_hooks", "rules", "log", "behind", "outgrown")
QUICK = PublishRules(lock_budget=0.1, timeout=0.5)
"""Rules for tests in which publishing is to give up."""
