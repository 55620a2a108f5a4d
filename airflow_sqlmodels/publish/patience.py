"""Tries something that locks readers out, over and over, each time within a small budget."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from msgspec import Struct

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import PublishError, WarehouseError
from airflow_sqlmodels.publish.rules import PublishRules
from airflow_sqlmodels.warehouse.session import Session
from airflow_sqlmodels.warehouse.turns import pause

T = TypeVar("T")

SAVEPOINT_NAME = "publishing"
SAVEPOINT = f"savepoint {SAVEPOINT_NAME}"
"""How the first batch of every try begins: going back to it gives the locks of the try back."""

_IN_THE_WAY = ("55P03", "40P01")  # lock_not_available, deadlock_detected
_GONE, _GONE_SECONDS = ("XX000", "26000"), 10.0
"""What Postgres says if something is dropped while the catalog is read, or somebody deallocated a prepared statement;
and how long that is taken for the cause, from the first time on: the answer to an attempt may have lain there for long
while others took their turn."""
_FIRST_PAUSE, _LONGEST_PAUSE = 0.02, 1.0
_TOLD_AFTER = 5.0


class Patience(Struct, frozen=True):
    """What tries need."""

    session: Session
    dialect: Dialect
    rules: PublishRules
    log: Callable[[str], None]

    def keep_trying(self, what: str, names: Callable[[], Sequence[str]], attempt: Callable[[], T]) -> T:
        """What `attempt` gives once no lock is refused to it, and nothing it looks at goes away meanwhile.

        It begins with SAVEPOINT. `names` are the relations it locks. Raises PublishError with who is in the way when
        the time is up.
        """
        began, longest, told = time.monotonic(), _FIRST_PAUSE, False
        gone: float | None = None
        while True:
            try:
                return attempt()
            except WarehouseError as error:
                now = time.monotonic()
                waited = now - began
                if error.sqlstate in _GONE:
                    gone = now if gone is None else gone
                    if now - gone >= _GONE_SECONDS:
                        raise
                elif error.sqlstate not in _IN_THE_WAY:
                    raise
                self.session.execute(f"rollback to {SAVEPOINT_NAME}")
                if waited > self.rules.timeout:
                    raise self._gave_up(what, names()) from error
                if not told and waited > min(_TOLD_AFTER, self.rules.timeout / 2):
                    told = True
                    self.log(f"{what} is read all the time by {self._in_the_way(names())}; still trying to publish it")
            pause(random.uniform(0, longest))
            longest = min(longest * 2, _LONGEST_PAUSE)

    def _gave_up(self, what: str, names: Sequence[str]) -> PublishError:
        return PublishError(
            f"{what} could not be published within {self.rules.timeout:g} seconds: others used it all the time",
            None,
            f"in the way: {self._in_the_way(names)}. Readers still see what they saw",
        )

    def _in_the_way(self, names: Sequence[str]) -> str:
        rows = self.session.query(self.dialect.locking.in_the_way(names)).rows
        named = [
            f"pid {pid} ({application or 'no name'}, {user}, {state}, for {age}: {' '.join(str(statement).split())})"
            for pid, application, user, state, age, statement in rows
        ]
        return "; ".join(named) or "sessions that came and went"
