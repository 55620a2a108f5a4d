"""What a test asks of the running Airflow, over its REST API, and of the warehouse behind it."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs.demo.airflow import Stack
from docs.demo.api import Api
from docs.demo.postgres import WAREHOUSE, Server
from tests.live.repository import Repository

PASSWORD = "correct-horse-battery"  # the server lets everybody in; it is here to be looked for in logs
_END_SECONDS = 90
_POLL_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a DAG."""

    api: Api
    dag_id: str
    run_id: str

    def end(self) -> str:
        """The state in which it ends."""
        until(lambda: self.api.state(self.dag_id, self.run_id) in ("success", "failed"), _END_SECONDS)
        return self.api.state(self.dag_id, self.run_id)

    def tasks(self) -> dict[str, dict[str, Any]]:
        """By task its instance."""
        return {each["task_id"]: each for each in self.api.tasks(self.dag_id, self.run_id)}

    def states(self) -> dict[str, str | None]:
        """By task its state."""
        return {task_id: each["state"] for task_id, each in self.tasks().items()}

    def messages(self, task_id: str, number: int = 1) -> list[str]:
        """What the log of a try says, one message after the other."""
        return [_text(line) for line in self.api.log(self.dag_id, self.run_id, task_id, number)]

    def log(self, task_id: str, number: int = 1) -> str:
        """What the log of a try says."""
        return "\n".join(self.messages(task_id, number))

    def returned(self, task_id: str) -> Any:
        """What a task returned; None if it returned nothing."""
        return self.api.xcom(self.dag_id, self.run_id, task_id)

    def clear(self, task_id: str, **said: Any) -> list[str]:
        """Let a task run again; the ids of all that will."""
        return self.api.clear(self.dag_id, self.run_id, [task_id], **said)

    def fail(self, task_id: str) -> None:
        """Set a task's state to failed, as the button in the UI does."""
        path = f"/api/v2/dags/{self.dag_id}/dagRuns/{self.run_id}/taskInstances/{task_id}"
        self.api.patch(path, {"new_state": "failed"})


@dataclass(frozen=True, slots=True)
class Live:
    """The running Airflow, its warehouse, and what it reads."""

    airflow: Stack
    server: Server
    dags: Path
    repository: Repository
    runs: Mapping[str, Run]
    """By DAG its first run."""

    @property
    def api(self) -> Api:
        """Airflow's REST API."""
        return self.airflow.api

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """What the warehouse says."""
        with self.server.connect(WAREHOUSE) as connection:
            return connection.execute(sql).fetchall()


def _text(line: Mapping[str, Any]) -> str:
    """A line of a log: its message, and the exceptions that it tells of."""
    errors = (f"{each['exc_type']}: {each['exc_value']}" for each in line.get("error_detail") or ())
    return "\n".join((str(line["event"]), *errors))


def until(true: Callable[[], object], seconds: float) -> None:
    """Wait until something is true; fails if it takes longer."""
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, f"not within {seconds} seconds"
        time.sleep(_POLL_SECONDS)
