"""What a test does with the running Airflow, and asks of it: by its REST API only."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docs.demo.airflow import Stack
from docs.demo.api import Api
from docs.demo.postgres import WAREHOUSE, Server
from tests.airflow.live.repository import Repository

PASSWORD = "correct-horse-battery"
_END_SECONDS = 300
_NEVER_SECONDS = 180


@dataclass(frozen=True, slots=True)
class Run:
    """A run of a DAG."""

    api: Api
    dag_id: str
    run_id: str

    def end(self) -> str:
        """The state in which it ends."""
        return self.api.wait(self.dag_id, self.run_id, lambda: None, _END_SECONDS)

    def tasks(self) -> dict[str, dict[str, Any]]:
        """By task its instance."""
        return {each["task_id"]: each for each in self.api.tasks(self.dag_id, self.run_id)}

    def task(self, task_id: str) -> dict[str, Any]:
        """One instance, with its rendered fields."""
        return self.api.task(self.dag_id, self.run_id, task_id)

    def states(self) -> dict[str, str | None]:
        """By task its state."""
        return {task_id: each["state"] for task_id, each in self.tasks().items()}

    def log(self, task_id: str, number: int = 1) -> str:
        """What the log of a try says, with the errors that stand beside its lines."""
        lines = self.api.log(self.dag_id, self.run_id, task_id, number)
        said = ((str(line["event"]), *_errors(line)) for line in lines)
        return "\n".join(text for texts in said for text in texts)

    def level(self, task_id: str, event: str) -> str:
        """The level of a line of the log of the first try."""
        (level,) = {
            str(line["level"]) for line in self.api.log(self.dag_id, self.run_id, task_id) if line["event"] == event
        }
        return level

    def told(self, task_id: str) -> Any:
        """What a task returned."""
        return self.api.xcom(self.dag_id, self.run_id, task_id)

    def clear(self, *task_ids: str, **said: Any) -> list[str]:
        """Let tasks run again; the ids of all that will."""
        return self.api.clear(self.dag_id, self.run_id, list(task_ids), **said)

    def mark(self, task_id: str, state: str) -> None:
        """Set a task's state, as the buttons in the UI do."""
        path = f"/api/v2/dags/{self.dag_id}/dagRuns/{self.run_id}/taskInstances/{task_id}"
        self.api.patch(path, {"new_state": state})


@dataclass(frozen=True, slots=True)
class Live:
    """The running Airflow, its warehouse, and what it reads."""

    stack: Stack
    server: Server
    dags: Path
    repository: Repository
    runs: Mapping[str, Run]
    """By DAG its first run."""

    @property
    def api(self) -> Api:
        """Airflow's REST API."""
        return self.stack.api

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """What the warehouse says."""
        with self.server.connect(WAREHOUSE) as connection:
            return connection.execute(sql).fetchall()

    def columns(self, schema: str, table: str) -> list[str]:
        """The columns of a table in order; none if it is not there."""
        found = self.query(
            "select column_name from information_schema.columns"
            f" where table_schema = '{schema}' and table_name = '{table}' order by ordinal_position"
        )
        return [name for (name,) in found]


def _errors(line: Mapping[str, Any]) -> list[str]:
    return [f"{each['exc_type']}: {each['exc_value']}" for each in line.get("error_detail") or ()]


def until(true: Callable[[], Any]) -> None:
    """Wait until it is true. Fails if it never comes: a slow machine is no failure."""
    deadline = time.monotonic() + _NEVER_SECONDS
    while not true():
        assert time.monotonic() < deadline, f"not within {_NEVER_SECONDS} s"
        time.sleep(0.1)
