"""What the layers above ask of a connection. They know no driver; tests answer the same questions without one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Protocol

from msgspec import Struct


class Outcome(Struct, frozen=True):
    """What the warehouse said of a statement that gives no rows."""

    rows: int
    """Rows written; -1 unknown."""
    status: str
    """The command tag, as `SELECT 10`, `INSERT 0 1`, `CREATE VIEW`."""
    seconds: float = 0.0


class Rows(Struct, frozen=True):
    """What a query gave."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    status: str = ""


class Session(Protocol):
    """One connection. A transaction is open from the first statement on, until `commit` or `rollback`.

    Every method raises WarehouseError (UnreachableError if there is no answer) with the statement in it.
    """

    comment: str
    """SQL that is put in front of every text that is sent: `/* … */`, for those who read the server's logs."""
    comment_behind: str
    """The same, put behind it."""

    def execute(self, sql: str) -> Outcome:
        """Send `sql`, one or several statements, as one round trip. The outcome is the last one's."""

    def query(self, sql: str, params: Sequence[object] = (), *, commits: bool = False) -> Rows:
        """Send one statement that gives rows; `%s` stands for a parameter if there are any.

        With `commits` the transaction ends behind it, if it does not fail.
        """

    def describe(self, sql: str) -> tuple[tuple[str, str], ...]:
        """The names and types of a query's columns. Its rows are not worked out."""

    def query_prepared(self, name: str, sql: str, first: str) -> Rows:
        """The rows of a statement that the server plans once for a connection; it is known there by `name`.

        It has no parameters: `first` is SQL that is sent before it in the same round trip, to set what it reads.
        """

    def copy(self, sql: str, chunks: Iterable[bytes]) -> Outcome:
        """Send `copy … from stdin` with the bytes of a CSV."""

    def commit(self, after: str = "") -> None:
        """End the transaction: everything since the last end stays.

        `after` are statements that are sent before that, in the same round trip if the driver can do that. If one
        fails, the transaction does not end.
        """

    def rollback(self) -> None:
        """End the transaction: nothing since the last end stays. Never raises for a broken connection."""

    def autocommit(self) -> AbstractContextManager[None]:
        """While inside, each statement is a transaction of its own (`vacuum`). What is open is committed."""

    def cancel(self) -> None:
        """Stop the running statement at the server, from another thread or a signal handler. Under 5 seconds."""

    def close(self) -> None:
        """Give the connection back. Never raises."""
