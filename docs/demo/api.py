"""The few calls of Airflow's REST API that the demo and the tests need."""

from __future__ import annotations

import contextlib
import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from docs.demo.trouble import DemoError

_TIMEOUT = 30
"""Seconds to wait for an answer."""
_ASKED = 4
"""How often something is asked for that changes nothing: a machine with other work to do may be slow for minutes."""
_OURS = re.compile(r"\ATraceback .*^airflow_sqlmodels\.errors\.\w+: ", re.DOTALL | re.MULTILINE)
"""What stands before a message of ours, which names the place in the project: where our code found it."""
_EVER = datetime.min.replace(tzinfo=UTC)


class Api:
    """A client for an Airflow in which everybody is an admin.

    Each call raises DemoError if there is no answer in time, and urllib.error.HTTPError for one that says no.
    """

    def __init__(self, base: str) -> None:
        self.base = base
        self._token = ""

    def get(self, path: str) -> Any:
        """The answer to GET."""
        return self._send("GET", path, None)

    def post(self, path: str, body: Any) -> Any:
        """The answer to POST."""
        return self._send("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        """The answer to PATCH."""
        return self._send("PATCH", path, body)

    def healthy(self) -> bool:
        """Whether the API answers and the scheduler is alive."""
        try:
            health = self.get("/api/v2/monitor/health")
        except (OSError, DemoError):
            return False
        return bool(health.get("scheduler", {}).get("status") == "healthy")

    def has_dag(self, dag_id: str, since: datetime = _EVER) -> bool:
        """Whether the DAG was read, and not before `since`: Airflow keeps what it read when it ran the last time."""
        try:
            read = self.get(f"/api/v2/dags/{dag_id}")["last_parsed_time"]
        except OSError:
            return False
        return read is not None and _moment(read) >= since

    def import_errors(self, since: datetime = _EVER) -> list[str]:
        """What is wrong with the DAG files, found at `since` or later. What several files share is told once."""
        errors = self.get("/api/v2/importErrors")["import_errors"]
        found = (_OURS.sub("", each["stack_trace"]) for each in errors if _moment(each["timestamp"]) >= since)
        return list(dict.fromkeys(found))

    def trigger(self, dag_id: str) -> str:
        """A new run; its id."""
        return str(self.post(f"/api/v2/dags/{dag_id}/dagRuns", {"logical_date": None})["dag_run_id"])

    def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """The task instances of a run."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances?limit=1000"
        return list(self.get(path)["task_instances"])

    def task(self, dag_id: str, run_id: str, task_id: str) -> dict[str, Any]:
        """One task instance. Airflow 3.1 and 3.2 tell its rendered fields only here."""
        return dict(self.get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}"))

    def log(self, dag_id: str, run_id: str, task_id: str, number: int = 1) -> list[dict[str, Any]]:
        """The log of one try, line by line: a line's text is its `event`."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/{number}?full_content=true"
        return list(self.get(path)["content"])

    def clear(self, dag_id: str, run_id: str, task_ids: list[str], **said: Any) -> list[str]:
        """Let tasks run again, with what is said of downstream and versions; the ids of all that will."""
        body = {"dry_run": False, "dag_run_id": run_id, "task_ids": task_ids, **said}
        cleared = self.post(f"/api/v2/dags/{dag_id}/clearTaskInstances", body)["task_instances"]
        return sorted(each["task_id"] for each in cleared)

    def state(self, dag_id: str, run_id: str) -> str:
        """The state of a run."""
        return str(self.get(f"/api/v2/dags/{dag_id}/dagRuns/{run_id}")["state"])

    def xcom(self, dag_id: str, run_id: str, task_id: str, key: str = "return_value") -> Any:
        """A value that a task left; None if it left none."""
        path = f"/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/xcomEntries/{key}?deserialize=true"
        try:
            return self.get(path)["value"]
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def wait(self, dag_id: str, run_id: str, look: Callable[[], None], seconds: float = 600) -> str:
        """The state in which a run ended; `look` is called while it goes on."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            state = self.state(dag_id, run_id)
            look()
            if state in ("success", "failed"):
                return state
            time.sleep(0.4)
        return "still running"

    def _send(self, method: str, path: str, body: Any) -> Any:
        try:
            return self._answer(method, path, body)
        except urllib.error.HTTPError as error:
            if error.code != 401 or self._token:
                raise
        # Airflow 3.1 wants a token of an admin too
        self._token = str(self._answer("GET", "/auth/token", None)["access_token"])
        return self._answer(method, path, body)

    def _answer(self, method: str, path: str, body: Any) -> Any:
        times = _ASKED if method == "GET" else 1
        for _ in range(times):
            with contextlib.suppress(TimeoutError):
                return self._answer_once(method, path, body)
        what = f"Airflow did not answer {method} {path} within {times * _TIMEOUT} seconds"
        raise DemoError(what, "the machine may be busy with other work: try again when it is not")

    def _answer_once(self, method: str, path: str, body: Any) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, method=method, data=data)
        request.add_header("Content-Type", "application/json")
        if self._token:
            request.add_header("Authorization", f"Bearer {self._token}")
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
            return json.load(answer)


def _moment(text: str) -> datetime:
    """A moment as Airflow writes it."""
    return datetime.fromisoformat(text)
