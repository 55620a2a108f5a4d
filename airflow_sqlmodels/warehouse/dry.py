"""A session without a warehouse, for tests: notes what it is told, answers queries from a dict."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.warehouse.session import Outcome, Rows

Answer = Sequence[tuple[object, ...]] | WarehouseError


class DryWarehouse:
    """Notes every statement. `answers` has rows, or an error, for queries by their text; others give no rows.

    `statements` is what was sent, `commit` and `rollback` among it; queries are noted too if `notes_queries`.
    """

    def __init__(
        self,
        answers: Mapping[str, Answer] | None = None,
        *,
        answer: Callable[[str], Answer | None] = lambda _sql: None,
        notes_queries: bool = False,
    ) -> None:
        self.comment = self.comment_behind = ""
        self.statements: list[str] = []
        self._answers = dict(answers or {})
        self._answer = answer
        self._notes_queries = notes_queries

    def execute(self, sql: str) -> Outcome:
        """Note it. The outcome has no rows, and the first words as status."""
        self.statements.append(sql)
        self._found(sql)
        return Outcome(-1, _tag(sql))

    def query(self, sql: str, params: Sequence[object] = (), *, commits: bool = False) -> Rows:
        """The answer for this text; no rows if there is none."""
        if self._notes_queries:
            self.statements.append(f"{sql} {list(params)}" if params else sql)
        found = self._answered(sql)
        if commits:
            self.commit()
        return found

    def describe(self, sql: str) -> tuple[tuple[str, str], ...]:
        """The answer for this text: names and types."""
        return tuple((str(name), str(kind)) for name, kind in self._found(sql))

    def _answered(self, sql: str) -> Rows:
        rows = tuple(tuple(row) for row in self._found(sql))
        return Rows(tuple(f"column{number}" for number in range(1, len(rows[0]) + 1)) if rows else (), rows, "SELECT")

    def query_prepared(self, name: str, sql: str, first: str) -> Rows:
        """The answer for its text, as for any query."""
        if self._notes_queries:
            self.statements.append(f"{first};\nexecute {name}")
        return self._answered(sql)

    def copy(self, sql: str, chunks: Iterable[bytes]) -> Outcome:
        """Note it with all its bytes."""
        text = b"".join(chunks).decode()
        self.statements.append(f"{sql}\n{text}")
        return Outcome(text.count("\n"), f"COPY {text.count(chr(10))}")

    def commit(self, after: str = "") -> None:
        """Note it."""
        if after:
            self.execute(after)
        self.statements.append("commit")

    def rollback(self) -> None:
        """Note it."""
        self.statements.append("rollback")

    @contextlib.contextmanager
    def autocommit(self) -> Iterator[None]:
        """Note where it begins and ends."""
        self.statements.append("-- autocommit")
        yield
        self.statements.append("-- end of autocommit")

    def cancel(self) -> None:
        """Nothing runs."""

    def close(self) -> None:
        """Nothing is open."""

    def _found(self, sql: str) -> Sequence[tuple[object, ...]]:
        found = self._answers.get(sql, self._answer(sql))
        if isinstance(found, WarehouseError):
            raise found
        return found or ()


def _tag(sql: str) -> str:
    """Something like a command tag: the first two words of the last statement."""
    last = sql.rstrip("; \n").rpartition(";\n")[2]
    return " ".join(last.split()[:2]).upper()
