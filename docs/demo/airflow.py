"""A real Airflow: api-server, scheduler, dag-processor and LocalExecutor, each a process of ours."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from docs.demo.api import Api
from docs.demo.places import Places
from docs.demo.postgres import METADATA, WAREHOUSE, Server
from docs.demo.trouble import DemoError

_PARTS = (("api-server",), ("scheduler",), ("dag-processor",))
_START_SECONDS = 180
_STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Stack:
    """A running Airflow."""

    api: Api
    url: str


@contextlib.contextmanager
def running(places: Places, server: Server, port: int, dags: Path, say: Callable[[str], None]) -> Iterator[Stack]:
    """An Airflow that answers, stopped at the end whatever happens. Raises DemoError if a part of it does not start."""
    env = environment(places, server, port, dags)
    _migrate(places, env, say)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for part in _PARTS:
            processes[part[0]] = _start(part, places, env)
        api = Api(f"http://127.0.0.1:{port}")
        _until(lambda: api.healthy(), processes, places, "Airflow's API")
        yield Stack(api, api.base)
    finally:
        _stop(processes)


def environment(places: Places, server: Server, port: int, dags: Path) -> dict[str, str]:
    """The environment of all Airflow processes. Keys are made anew each time, and stay in memory."""
    base = f"http://127.0.0.1:{port}"
    warehouse = {"conn_type": "postgres", "host": str(server.socket), "login": "pipeline", "schema": WAREHOUSE}
    own = {
        "AIRFLOW_HOME": str(places.home),
        "AIRFLOW_CONN_WAREHOUSE": json.dumps(warehouse),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://postgres@/{METADATA}?host={server.socket}",
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "8",
        "AIRFLOW__CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",  # bound to 127.0.0.1 below
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{base}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": base,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__API__SECRET_KEY": secrets.token_hex(32),
        "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(32),
        "AIRFLOW__CORE__FERNET_KEY": "",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "5",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "5",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.1",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "PYTHONWARNINGS": "ignore",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(places.root), os.environ.get("PYTHONPATH")))),
        "SQLMODELS_CACHE_DIR": str(places.home / "cache"),
    }
    kept = {key: value for key, value in os.environ.items() if not key.startswith("AIRFLOW")}
    return {**kept, **own}


def _command() -> str:
    return str(Path(sys.executable).parent / "airflow")


def _migrate(places: Places, env: dict[str, str], say: Callable[[str], None]) -> None:
    say("Preparing Airflow's own database")
    log = places.logs / "migrate.log"
    with log.open("wb") as file:
        done = subprocess.run(
            [_command(), "db", "migrate"], env=env, stdout=file, stderr=subprocess.STDOUT, check=False
        )
    if done.returncode:
        raise DemoError("Airflow could not prepare its database", f"see {log}")


def _start(part: tuple[str, ...], places: Places, env: dict[str, str]) -> subprocess.Popen[bytes]:
    with (places.logs / f"{part[0]}.log").open("wb") as file:
        return subprocess.Popen(
            [_command(), *part], env=env, stdout=file, stderr=subprocess.STDOUT, start_new_session=True
        )


def _until(ready: Callable[[], bool], processes: dict[str, subprocess.Popen[bytes]], places: Places, what: str) -> None:
    """Wait until `ready`; raises DemoError if a process ends before, or it takes too long."""
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        for name, process in processes.items():
            if process.poll() is not None:
                raise DemoError(f"Airflow's {name} ended at once", f"see {places.logs / (name + '.log')}")
        if time.monotonic() > deadline:
            raise DemoError(f"{what} did not answer within {_START_SECONDS} seconds", f"see the logs in {places.logs}")
        time.sleep(0.3)


def _stop(processes: dict[str, subprocess.Popen[bytes]]) -> None:
    """End every process with all its children: first politely, then surely."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        for process in processes.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        deadline = time.monotonic() + _STOP_SECONDS
        for process in processes.values():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(deadline - time.monotonic(), 0.1))
