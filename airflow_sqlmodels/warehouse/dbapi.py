"""A session over an open DBAPI connection: psycopg 3 or psycopg2, as the command or an Airflow hook gives it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Self

from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.warehouse.interruptible import interruptible
from airflow_sqlmodels.warehouse.refusals import told
from airflow_sqlmodels.warehouse.session import Outcome, Rows

_CANCEL_SECONDS = 4
_NOT_PREPARED = "26000"  # invalid_sql_statement_name
_CHECK_INTERVAL_MS = 2000
"""How often the server looks whether the client is still there, so that a killed client's query ends."""
_CHECK_SINCE = 140000  # client_connection_check_interval: postgresql.org/docs/14/runtime-config-connection.html

OnStatement = Callable[[str, Outcome], None]


class DbApiSession:
    """One connection. Statements go out as they are: a `%` means nothing unless there are parameters.

    `on_statement` is told every statement, before its error is raised if it has one. `reopen` gives a second
    connection, for the case that the driver cannot cancel a statement by itself.
    """

    def __init__(
        self,
        connection: Any,
        *,
        on_statement: OnStatement | None = None,
        reopen: Callable[[], Any] | None = None,
    ) -> None:
        self.comment = self.comment_behind = ""
        self._connection = connection
        modules = (each.__module__.partition(".")[0] for each in type(connection).__mro__)
        self._is_psycopg3 = "psycopg" in modules
        self._on_statement = on_statement
        self._reopen = reopen
        self._prepared: set[str] = set()
        if self._is_psycopg3:
            connection.prepare_threshold = None  # else it deallocates ours after each ALTER and DROP
        self._pid = connection.info.backend_pid
        self._user = str(connection.info.user or "")
        connection.autocommit = False
        self._watch_client()

    @property
    def server_version(self) -> int:
        """The server's version as a number: 180001 is 18.1."""
        return int(self._connection.info.server_version)

    def execute(self, sql: str) -> Outcome:
        """Send one or several statements as one round trip."""
        with self._timed(sql) as clock, contextlib.closing(self._send(sql)) as cursor:
            return clock.outcome(cursor)

    def query(self, sql: str, params: Sequence[object] = (), *, commits: bool = False) -> Rows:
        """Send one statement that gives rows, or several without parameters, of which the last gives them."""
        return self._rows(sql, params, sql, commits=commits)

    def describe(self, sql: str) -> tuple[tuple[str, str], ...]:
        """The names and types of a query's columns. Its rows are not worked out."""
        limited = f"select * from (\n{sql}\n) as described where false limit 0"
        with self._timed(limited) as clock, contextlib.closing(self._send(limited)) as cursor:
            clock.outcome(cursor)
            found = [(str(column[0]), int(column[1])) for column in cursor.description]
        if not found:
            return ()
        types = ", ".join(f"format_type({oid}, null)" for _, oid in found)
        return tuple(zip((name for name, _ in found), map(str, self.query(f"select {types}").rows[0]), strict=True))

    def query_prepared(self, name: str, sql: str, first: str) -> Rows:
        """The rows of a statement that is prepared when it is asked for the first time."""
        short = f"{first};\nexecute {name}"
        text = short if name in self._prepared else f"{first};\nprepare {name} as\n{sql};\nexecute {name}"
        self._prepared.add(name)  # preparing outlasts a transaction that fails behind it
        try:
            return self._rows(text, (), short)
        except WarehouseError as error:
            if error.sqlstate == _NOT_PREPARED:  # a hook said `deallocate`
                self._prepared.discard(name)
            raise

    def _rows(self, sql: str, params: Sequence[object], told: str, *, commits: bool = False) -> Rows:
        with self._timed(told) as clock, contextlib.closing(self._send(sql, params)) as cursor:
            clock.outcome(cursor)
            columns = tuple(column[0] for column in cursor.description or ())
            rows = tuple(map(tuple, cursor.fetchall())) if columns else ()
            found = Rows(columns, rows, cursor.statusmessage or "")
        if commits:
            self.commit()
        return found

    def copy(self, sql: str, chunks: Iterable[bytes]) -> Outcome:
        """Send `copy … from stdin` with the bytes of a CSV."""
        with self._timed(sql) as clock, self._connection.cursor() as cursor:
            if self._is_psycopg3:
                with cursor.copy(sql) as copying:
                    for chunk in chunks:
                        copying.write(chunk)
            else:
                self._waiting(lambda: cursor.copy_expert(sql, _Readable(chunks)))
            return clock.outcome(cursor)

    def commit(self, after: str = "") -> None:
        """End the transaction: everything since the last end stays."""
        if after:
            self.execute(after)
        with self._silent("commit"):
            self._waiting(self._connection.commit)

    def rollback(self) -> None:
        """End the transaction: nothing since the last end stays."""
        with contextlib.suppress(Exception):  # a broken connection has rolled back already
            self._connection.rollback()

    @contextlib.contextmanager
    def autocommit(self) -> Iterator[None]:
        """While inside, each statement is a transaction of its own."""
        if self._connection.autocommit:  # it is inside already
            yield
            return
        self.commit()
        self._connection.autocommit = True
        try:
            yield
        finally:
            if not self._connection.closed:
                self.rollback()
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

    def _watch_client(self) -> None:
        """Let the server end a statement whose client is gone. A server that cannot do that says no."""
        if self.server_version < _CHECK_SINCE:
            return
        try:
            self._send(f"set client_connection_check_interval = {_CHECK_INTERVAL_MS}").close()
            self._connection.commit()
        except Exception:
            self.rollback()

    def _cancel_from_outside(self) -> None:
        if self._reopen is None:
            return
        with contextlib.suppress(Exception), contextlib.closing(self._reopen()) as other:
            other.autocommit = True
            other.cursor().execute(f"select pg_cancel_backend({int(self._pid)})")

    def _send(self, sql: str, params: Sequence[object] = ()) -> Any:
        cursor = self._connection.cursor()
        if self.comment or self.comment_behind:
            before, behind = self.comment, self.comment_behind
            sql = f"{before.replace('%', '%%')}{sql}{behind.replace('%', '%%')}" if params else before + sql + behind
        if not self._is_psycopg3:
            self._waiting(lambda: cursor.execute(sql, tuple(params) or None))
        elif not params:
            # without parameters psycopg 3 sends several statements at once, and leaves % alone
            cursor.execute(sql)
            while cursor.nextset():
                pass
        else:
            cursor.execute(sql, tuple(params))
        return cursor

    def _waiting(self, work: Callable[[], object]) -> None:
        """Run what waits for the server. psycopg 3 lets signals in while it waits, psycopg2 does not."""
        if self._is_psycopg3:
            work()
        else:
            interruptible(work, self._connection.cancel)

    def _timed(self, sql: str) -> _Clock:
        """Times a statement, tells it, and gives the driver's errors as ours."""
        return _Clock(sql, self._user, self._on_statement, (self.comment, self.comment_behind))

    def _silent(self, sql: str) -> _Clock:
        """The same, and tells nobody."""
        return _Clock(sql, self._user, None)


class _Clock:
    """How long a statement takes, and what came of it. Not a generator: a small step has some ten of them."""

    __slots__ = ("_around", "_began", "_on_statement", "_sql", "_user", "said")

    def __init__(
        self, sql: str, user: str, on_statement: OnStatement | None, around: tuple[str, str] = ("", "")
    ) -> None:
        self._sql = sql
        self._around = around
        self._user = user
        self._on_statement = on_statement
        self._began = time.perf_counter()
        self.said = Outcome(-1, "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            self.told(-1, "failed")
        if self._on_statement is not None:
            self._on_statement(f"{self._around[0]}{self._sql}{self._around[1]}", self.said)
        if error is not None and type(error).__module__.partition(".")[0] in ("psycopg", "psycopg2"):
            raise told(error, self._sql, self._user, len(self._around[0])) from error

    def outcome(self, cursor: Any) -> Outcome:
        """What the cursor says of its last statement."""
        # psycopg2 tells no command tag after a COPY
        status = cursor.statusmessage or (f"COPY {cursor.rowcount}" if cursor.rowcount >= 0 else "")
        return self.told(cursor.rowcount, status)

    def told(self, rows: int, status: str) -> Outcome:
        """What the server said."""
        self.said = Outcome(rows, status, time.perf_counter() - self._began)
        return self.said


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
