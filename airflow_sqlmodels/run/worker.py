"""One thread of a run: takes steps, runs them over a session of its own, hands back results."""

from __future__ import annotations

import datetime
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from queue import SimpleQueue

from airflow_sqlmodels.errors import SqlModelsError, UnreachableError
from airflow_sqlmodels.run.plan import Step
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.warehouse.session import Session

RunOne = Callable[[Step, Session], Result]
OpenSession = Callable[[], Session]


@dataclass(frozen=True, slots=True)
class Desk:
    """What the workers of a run share."""

    run_one: RunOne
    open_session: OpenSession
    todo: SimpleQueue[Step | None] = field(default_factory=SimpleQueue)
    """Steps to run. None ends one worker."""
    done: SimpleQueue[Result] = field(default_factory=SimpleQueue)


class Worker:
    """A thread with a session, which is opened for its first step and kept for the run."""

    def __init__(self, name: str, desk: Desk) -> None:
        self._name = name
        self._desk = desk
        self._session: Session | None = None
        self._busy = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def start(self) -> None:
        """Begin to take steps."""
        self._thread.start()

    def join(self) -> None:
        """Wait until the thread is gone."""
        self._thread.join()

    def cancel(self) -> None:
        """Stop the statement that runs at the server, if there is one. For another thread to call."""
        session = self._session
        if self._busy and session is not None:
            session.cancel()

    def _work(self) -> None:
        try:
            while (step := self._desk.todo.get()) is not None:
                self._busy = True
                result = self._result(step)
                self._busy = False
                self._desk.done.put(result)
        finally:
            self._close()

    def _result(self, step: Step) -> Result:
        started = datetime.datetime.now(datetime.UTC)
        try:
            if self._session is None:
                self._session = self._desk.open_session()
            result = self._desk.run_one(step, self._session)
        except SqlModelsError as error:
            result = Result(node=step.node, status="error", message=str(error), error=error, started_at=started)
        except Exception:  # a thread must not die with its step: the report says what it was
            self._close()  # nobody knows in which state its transaction is
            message = f"this should not have happened, please report it:\n{traceback.format_exc()}"
            result = Result(node=step.node, status="error", message=message, started_at=started)
        if isinstance(result.error, UnreachableError):
            self._close()
        return replace(result, thread=self._name)

    def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            session.close()
