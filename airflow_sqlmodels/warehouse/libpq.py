"""A session that calls libpq once for each statement, for the hands of the command, which take turns in one thread.

The driver's own way does much more for a statement, and spends a round trip of its own on every `begin`. With several
connections that is most of what a small step takes.
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
from airflow_sqlmodels.warehouse.turns import Turns, hand

_BEGIN = "begin;\n"
_COMMIT = "\n;\ncommit"  # on lines of its own: the statement before it may end in a comment
_IDLE = pq.TransactionStatus.IDLE
_COPYING = (pq.ExecStatus.COPY_IN, pq.ExecStatus.COPY_OUT, pq.ExecStatus.COPY_BOTH)
_WELL = (pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.EMPTY_QUERY)


class Connection(psycopg.Connection[Any]):
    """A connection that, in a hand, lets the others go on while it waits."""

    def wait(self, gen: Any, *args: Any, **kwargs: Any) -> Any:
        """Run a generator of the driver, which says whenever it must wait for the socket."""
        current = hand()
        if current is None:
            return super().wait(gen, *args, **kwargs)
        try:
            wanted = next(gen)
            while True:
                wanted = gen.send(current.turns.until(self.pgconn.socket, wanted))
        except StopIteration as end:
            return end.value


class LibpqSession(DbApiSession):
    """A psycopg 3 connection, with the beginning and the end of a transaction in its statements' round trips.

    `cancel` from elsewhere works as ever. Outside of a hand, ctrl-c does not interrupt a statement of the main thread:
    use DbApiSession there.
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
        self._turns: Turns | None = None

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
                self._answer(b"rollback")

    def close(self) -> None:
        """Give the connection back."""
        if self._turns is not None:
            with contextlib.suppress(psycopg.Error):  # it is lost already
                self._turns.unwatch(self._libpq.socket)
        super().close()

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
        result = self._answer((self.comment + sql + self.comment_behind).encode(self._encoding))
        if result.status in _WELL:
            return result
        if result.status != pq.ExecStatus.FATAL_ERROR:  # a COPY from or to nobody: it cannot be gone on with
            self._connection.close()
            raise psycopg.ProgrammingError("COPY needs a file on the server: there is nobody here to read or write it")
        error = psycopg.errors.error_from_result(result, encoding=self._encoding)
        error.shift = shift  # type: ignore[attr-defined]
        raise error

    def _answer(self, text: bytes) -> Any:
        """The last result of what is sent."""
        current = hand()
        return self._libpq.exec_(text) if current is None else self._awaited(text, current.turns)

    def _awaited(self, text: bytes, turns: Turns) -> Any:
        """What `exec_` of libpq gives; others go on meanwhile."""
        last, connection = None, self._libpq
        socket = connection.socket
        if self._turns is not turns:
            self._turns = turns
            turns.unwatch(socket)  # it may be the number of one that was lost
        connection.send_query(text)
        while True:
            broken = None
            while broken is None and connection.is_busy():
                turns.until_readable(socket)
                try:
                    connection.consume_input()
                except psycopg.OperationalError as error:
                    broken = error  # the server's last words say more, if there are any
            result = connection.get_result()
            if result is None:
                if last is None and broken is not None:
                    raise broken
                return last
            last = result
            if result.status in _COPYING or (broken is not None and result.status not in _WELL):
                return last

    def _status(self, result: Any) -> str:
        return (result.command_status or b"").decode()
