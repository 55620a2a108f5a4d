"""A session that calls libpq once for each statement, for threads that no signal reaches: the command's workers.

The driver's own way, which lets signals in while it waits, hands Python's lock over some eight times for a statement,
and spends a round trip of its own on every `begin`. With several threads that is most of what a small step takes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import psycopg
from psycopg import pq
from psycopg.adapt import Transformer

from airflow_sqlmodels.warehouse.dbapi import DbApiSession, OnStatement
from airflow_sqlmodels.warehouse.session import Outcome, Rows

_BEGIN = "begin;\n"
_COMMIT = "\n;\ncommit"  # on lines of its own: the statement before it may end in a comment
_IDLE = pq.TransactionStatus.IDLE
_WELL = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY)


class LibpqSession(DbApiSession):
    """A psycopg 3 connection, with the beginning and the end of a transaction in its statements' round trips.

    `cancel` from another thread works as ever. Ctrl-c does not interrupt a statement of the main thread: use
    DbApiSession there.
    """

    def __init__(
        self,
        connection: psycopg.Connection[Any],
        *,
        on_statement: OnStatement | None = None,
        reopen: Callable[[], Any] | None = None,
    ) -> None:
        super().__init__(connection, on_statement=on_statement, reopen=reopen)
        self._libpq = connection.pgconn
        self._encoding = connection.info.encoding
        self._values = Transformer(connection)

    def execute(self, sql: str) -> Outcome:
        """Send one or several statements as one round trip, `begin` included."""
        with self._timed(sql) as clock:
            result = self._result(sql, alone=False)
            rows = result.command_tuples
            return clock.told(-1 if rows is None else rows, self._status(result))

    def commit(self, after: str = "") -> None:
        """End the transaction, if there is one: everything since the last end stays."""
        if after:
            with self._timed(after) as clock:
                begun = self._libpq.transaction_status != _IDLE
                clock.told(-1, self._status(self._sent(after + _COMMIT if begun else after)))
        elif self._libpq.transaction_status != _IDLE:
            with self._silent("commit"):
                self._sent("commit")

    def rollback(self) -> None:
        """End the transaction, if there is one: nothing since the last end stays."""
        with contextlib.suppress(Exception):  # a broken connection has rolled back already
            if self._libpq.transaction_status != _IDLE:
                self._libpq.exec_(b"rollback")

    def _rows(self, sql: str, params: Sequence[object], told: str, *, commits: bool = False) -> Rows:
        if params:
            return super()._rows(sql, params, told, commits=commits)
        with self._timed(told) as clock:
            result = self._result(sql, alone=commits)
            status, count = self._status(result), result.ntuples
            clock.told(count, status)
            columns = tuple((result.fname(each) or b"").decode(self._encoding) for each in range(result.nfields))
            rows: tuple[tuple[Any, ...], ...] = ()
            if columns:
                self._values.set_pgresult(result)
                rows = tuple(self._values.load_rows(0, count, tuple))
        if commits:
            self.commit()
        return Rows(columns, rows, status)

    def _result(self, sql: str, *, alone: bool) -> Any:
        """What the last statement of `sql` gave. If it is `alone` in its transaction, it needs no `begin`."""
        begins = not alone and not self._connection.autocommit and self._libpq.transaction_status == _IDLE
        return self._sent(_BEGIN + sql, len(_BEGIN)) if begins else self._sent(sql)

    def _sent(self, sql: str, shift: int = 0) -> Any:
        """What the server gave. `shift`: characters in front of what the caller sent."""
        # get_result would keep Python's lock while it waits
        result = self._libpq.exec_((self.comment + sql).encode(self._encoding))
        if result.status in _WELL:
            return result
        if result.status != pq.ExecStatus.FATAL_ERROR:  # a COPY from or to nobody: it cannot be gone on with
            self._connection.close()
            raise psycopg.ProgrammingError("COPY needs a file on the server: there is nobody here to read or write it")
        error = psycopg.errors.error_from_result(result, encoding=self._encoding)
        error.shift = shift  # type: ignore[attr-defined]
        raise error

    def _status(self, result: Any) -> str:
        return (result.command_status or b"").decode()
