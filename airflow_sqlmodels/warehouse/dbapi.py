"""A session over an open DBAPI connection: psycopg 3 or psycopg2, as the command or an Airflow hook gives it."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from airflow_sqlmodels.warehouse.refusals import told
from airflow_sqlmodels.warehouse.session import Outcome, Rows

_CANCEL_SECONDS = 4
_LOOK_SECONDS = 0.2
_CHECK_INTERVAL_MS = 2000
"""How often the server looks whether the client is still there, so that a killed client's query ends."""
_CHECK_SINCE = 140000  # client_connection_check_interval: postgresql.org/docs/14/runtime-config-connection.html

OnStatement = Callable[[str, Outcome], None]


class DbApiSession:
    """One connection. Statements go out as they are: a `%` means nothing unless there are parameters."""

    def __init__(
        self,
        connection: Any,
        *,
        on_statement: OnStatement | None = None,
        reopen: Callable[[], Any] | None = None,
    ) -> None:
        self._connection = connection
        self._is_psycopg3 = type(connection).__module__.partition(".")[0] == "psycopg"
        self._on_statement = on_statement
        self._reopen = reopen
        self._pid = connection.info.backend_pid
        connection.autocommit = False
        if self.server_version >= _CHECK_SINCE:
            self._send(f"set client_connection_check_interval = {_CHECK_INTERVAL_MS}")
            self.commit()

    @property
    def server_version(self) -> int:
        """The server's version as a number: 180001 is 18.1."""
        return int(self._connection.info.server_version)

    def execute(self, sql: str) -> Outcome:
        """Send one or several statements as one round trip."""
        cursor, seconds = self._timed(sql, ())
        outcome = Outcome(cursor.rowcount, cursor.statusmessage or "", seconds)
        cursor.close()
        self._told(sql, outcome)
        return outcome

    def query(self, sql: str, params: Sequence[object] = ()) -> Rows:
        """Send one statement that gives rows."""
        cursor, seconds = self._timed(sql, params)
        columns = tuple(column[0] for column in cursor.description or ())
        rows = tuple(map(tuple, cursor.fetchall())) if cursor.description else ()
        types = tuple(self._type_names(cursor)) if cursor.description else ()
        status = cursor.statusmessage or ""
        cursor.close()
        self._told(sql, Outcome(len(rows), status, seconds))
        return Rows(columns, rows, status, types)

    def copy(self, sql: str, chunks: Iterable[bytes]) -> Outcome:
        """Send `copy … from stdin` with the bytes of a CSV."""
        clock = time.perf_counter()
        with self._connection.cursor() as cursor, self._told_errors(sql):
            if self._is_psycopg3:
                with cursor.copy(sql) as copying:
                    for chunk in chunks:
                        copying.write(chunk)
            else:
                cursor.copy_expert(sql, _Readable(chunks))
            outcome = Outcome(cursor.rowcount, cursor.statusmessage or "", time.perf_counter() - clock)
        self._told(sql, outcome)
        return outcome

    def commit(self) -> None:
        """End the transaction: everything since the last end stays."""
        with self._told_errors("commit"):
            self._connection.commit()

    def rollback(self) -> None:
        """End the transaction: nothing since the last end stays."""
        with contextlib.suppress(Exception):  # a broken connection has rolled back already
            self._connection.rollback()

    @contextlib.contextmanager
    def autocommit(self) -> Iterator[None]:
        """While inside, each statement is a transaction of its own."""
        self.commit()
        self._connection.autocommit = True
        try:
            yield
        finally:
            if not self._connection.closed:
                self._connection.autocommit = False

    def cancel(self) -> None:
        """Stop the running statement at the server; from another thread or a signal handler."""
        try:
            if self._is_psycopg3:
                self._connection.cancel_safe(timeout=_CANCEL_SECONDS)
            else:
                self._connection.cancel()
        except Exception:  # whatever the driver could not do, the server can
            self._cancel_from_outside()

    def close(self) -> None:
        """Give the connection back."""
        with contextlib.suppress(Exception):
            self._connection.close()

    def _cancel_from_outside(self) -> None:
        if self._reopen is None:
            return
        with contextlib.suppress(Exception), contextlib.closing(self._reopen()) as other:
            other.autocommit = True
            other.cursor().execute(f"select pg_cancel_backend({int(self._pid)})")

    def _timed(self, sql: str, params: Sequence[object]) -> tuple[Any, float]:
        clock = time.perf_counter()
        with self._told_errors(sql):
            cursor = self._send(sql, params)
        return cursor, time.perf_counter() - clock

    def _send(self, sql: str, params: Sequence[object] = ()) -> Any:
        cursor = self._connection.cursor()
        arguments = (sql, tuple(params)) if params else (sql,)
        if self._is_psycopg3:
            # without parameters psycopg 3 sends several statements at once, and leaves % alone
            return _last_result(cursor.execute(*arguments))
        _in_a_thread(lambda: cursor.execute(*arguments))
        return cursor

    def _type_names(self, cursor: Any) -> Iterator[str]:
        for column in cursor.description:
            shown = getattr(column, "type_display", None)
            yield str(shown) if shown else str(column[1])

    def _told(self, sql: str, outcome: Outcome) -> None:
        if self._on_statement is not None:
            self._on_statement(sql, outcome)

    @contextlib.contextmanager
    def _told_errors(self, sql: str) -> Iterator[None]:
        """The driver's errors as ours."""
        try:
            yield
        except Exception as error:
            if type(error).__module__.partition(".")[0] not in ("psycopg", "psycopg2"):
                raise
            raise told(error, sql) from error


class _Readable:
    """What psycopg2 reads a COPY from."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._rest = b""

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes; none at the end."""
        while size < 0 or len(self._rest) < size:
            chunk = next(self._chunks, None)
            if chunk is None:
                break
            self._rest += chunk
        cut = len(self._rest) if size < 0 else size
        part, self._rest = self._rest[:cut], self._rest[cut:]
        return part


def _last_result(cursor: Any) -> Any:
    while cursor.nextset():
        pass
    return cursor


def _in_a_thread(work: Callable[[], None]) -> None:
    """Run `work` so that Python can still handle signals: psycopg2 stays in C until the server answers."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # handed to the caller's thread, whatever it is
            raised.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_LOOK_SECONDS)
    if raised:
        raise raised[0]
