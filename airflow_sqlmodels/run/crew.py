"""The hands of a run: each does one step at a time over a session of its own; all take turns in one thread."""

from __future__ import annotations

import contextlib
import datetime
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from typing import Self

from msgspec import structs

from airflow_sqlmodels.errors import SqlModelsError, UnreachableError
from airflow_sqlmodels.run.plan import Step
from airflow_sqlmodels.run.result import Result, thread_name
from airflow_sqlmodels.warehouse.session import Session
from airflow_sqlmodels.warehouse.turns import Turns, apart

RunOne = Callable[[Step, Session], Result]
OpenSession = Callable[[], Session]


class Crew:
    """Does up to `count` steps at once. Sessions are opened when they are first needed, and kept for the run."""

    def __init__(self, count: int, run_one: RunOne, open_session: OpenSession) -> None:
        self._turns = Turns()
        self._members = [_Member(thread_name(number), run_one, open_session) for number in range(1, count + 1)]
        self._idle = self._members[::-1]
        self._done: deque[Result] = deque()

    @contextlib.contextmanager
    def at_work(self) -> Iterator[Self]:
        """At the end all sessions are closed, also of steps that have not ended."""
        with self._turns, self._turns.interruptible():
            try:
                yield self
            finally:
                for member in self._members:
                    member.close()

    def begin(self, step: Step) -> None:
        """Let somebody begin a step, and come back when it waits for the warehouse for the first time."""
        member = self._idle.pop()

        def work() -> None:
            result = member.result(step)
            self._idle.append(member)
            self._done.append(result)

        self._turns.begin(member.name, work)

    def next_result(self, timeout: float | None = None) -> Result | None:
        """Wait for a result; None if there is none after `timeout` seconds.

        Raises KeyboardInterrupt after ctrl-c, with all steps as they are.
        """
        while not self._done:
            if not self._turns.turn(timeout):
                return None
        return self._done.popleft()

    def cancel(self) -> None:
        """Stop the statements that run at the server."""
        for member in self._members:
            member.cancel()


class _Member:
    """A session, and the step that runs over it."""

    def __init__(self, name: str, run_one: RunOne, open_session: OpenSession) -> None:
        self.name = name
        self._run_one = run_one
        self._open_session = open_session
        self._session: Session | None = None
        self._busy = False

    def result(self, step: Step) -> Result:
        """Run a step. Raises nothing: what goes wrong is an error's result."""
        started = datetime.datetime.now(datetime.UTC)
        self._busy = True
        try:
            if self._session is None:
                self._session = apart(self._open_session)
            result = self._run_one(step, self._session)
        except SqlModelsError as error:
            result = Result(node=step.node, status="error", message=str(error), error=error, started_at=started)
        except Exception:  # the others must not die with it: the report says what it was
            self.close()  # nobody knows in which state its transaction is
            message = f"this should not have happened, please report it:\n{traceback.format_exc()}"
            result = Result(node=step.node, status="error", message=message, started_at=started)
        self._busy = False
        if isinstance(result.error, UnreachableError):
            self.close()
        return structs.replace(result, thread=self.name)

    def cancel(self) -> None:
        """Stop the statement that runs at the server, if there is one."""
        if self._busy and self._session is not None:
            self._session.cancel()

    def close(self) -> None:
        """Give the session back."""
        session, self._session = self._session, None
        if session is not None:
            session.close()
