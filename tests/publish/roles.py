"""Roles for a test: they belong to the whole server, so each test has its own, and drops them."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator

from psycopg import sql

from tests.materializations.builds import Connection


@contextlib.contextmanager
def roles(connection: Connection, count: int) -> Iterator[tuple[str, ...]]:
    """The names of new roles. What they own in the database goes with them."""
    names = tuple(f"sqlm_{uuid.uuid4().hex[:8]}" for _ in range(count))
    for name in names:
        connection.execute(sql.SQL("create role {}").format(sql.Identifier(name)))
    try:
        yield names
    finally:
        for name in names:
            connection.execute(sql.SQL("drop owned by {0} cascade; drop role {0}").format(sql.Identifier(name)))
