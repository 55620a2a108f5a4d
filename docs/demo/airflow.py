"""A real Airflow: api-server, scheduler, dag-processor and LocalExecutor, each a process of ours."""

from __future__ import annotations

import contextlib
import importlib.metadata
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from docs.demo.api import Api
from docs.demo.places import Places
from docs.demo.postgres import METADATA, WAREHOUSE, Server
from docs.demo.processes import command_of, stop_groups
from docs.demo.signals import undisturbed
from docs.demo.trouble import DemoError

_PARTS = ("api-server", "scheduler", "dag-processor")
_NONE: Mapping[str, str] = MappingProxyType({})
_START_SECONDS = 180
_TOLD_SECONDS = 15
_AIRFLOW = (sys.executable, "-m", "airflow")  # not the script beside it: its first line cannot hold every path


@dataclass(frozen=True, slots=True)
class Stack:
    """A running Airflow."""

    api: Api
    url: str
    processes: Mapping[str, subprocess.Popen[bytes]]
    logs: Path
    started: datetime
    """When it did. What its database holds of an earlier time is of an earlier Airflow."""

    def check(self) -> None:
        """Raises DemoError if a part of it has ended."""
        for name, process in self.processes.items():
            if process.poll() is not None:
                log = self.logs / f"{name}.log"
                raise DemoError(f"Airflow's {name} has ended: {_last_line(log)}", f"see {log}")


@contextlib.contextmanager
def running(
    places: Places,
    server: Server,
    port: int,
    dags: Path,
    say: Callable[[str], None],
    settings: Mapping[str, str] = _NONE,
) -> Iterator[Stack]:
    """An Airflow that answers, stopped at the end whatever happens. Raises DemoError if a part of it does not start.

    `settings` are environment variables that go before those of the demo.
    """
    _stop_leftovers(places, say)
    env = environment(places, server, port, dags) | dict(settings)
    _migrate(places, server, env, say)
    processes: dict[str, subprocess.Popen[bytes]] = {}
    base = f"http://127.0.0.1:{port}"
    stack = Stack(Api(base), base, processes, places.logs, datetime.now(UTC))
    try:
        say("Starting Airflow: " + ", ".join(_PARTS))
        for part in _PARTS:
            processes[part] = _start(part, places, env)
            _note(places, processes)
        _until_healthy(stack, say)
        yield stack
    finally:
        with undisturbed():
            # tasks that are stopped tell the API so: it goes last
            for parts in (_PARTS[1:], _PARTS[:1]):
                stop_groups(processes[part].pid for part in parts if part in processes)
            for process in processes.values():
                process.poll()  # so that it knows of its end
            _note(places, {})


def environment(places: Places, server: Server, port: int, dags: Path) -> dict[str, str]:
    """The environment of all Airflow processes. Keys are made anew each time, and stay in memory."""
    base = f"http://127.0.0.1:{port}"
    warehouse = {"conn_type": "postgres", "host": str(server.socket), "login": "pipeline", "schema": WAREHOUSE}
    socket = urllib.parse.quote(str(server.socket))
    own = {
        "AIRFLOW_HOME": str(places.home),
        "AIRFLOW_CONN_WAREHOUSE": json.dumps(warehouse),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"postgresql+psycopg2://postgres@/{METADATA}?host={socket}",
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
        "AIRFLOW__WORKERS__EXECUTION_API_TIMEOUT": "30",  # a busy laptop answers late
        "PYTHONWARNINGS": "ignore",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(places.root), os.environ.get("PYTHONPATH")))),
        "SQLMODELS_CACHE_DIR": str(places.home / "cache"),
    }
    # without compiled modules on disk, each task would compile what it imports
    dropped = ("AIRFLOW", "PYTHONDONTWRITEBYTECODE")
    return {key: value for key, value in os.environ.items() if not key.startswith(dropped)} | own


def _migrate(places: Places, server: Server, env: dict[str, str], say: Callable[[str], None]) -> None:
    """Make Airflow's tables, unless this version of Airflow did so: the database's comment says which did."""
    mark = f"tables of Airflow {importlib.metadata.version('apache-airflow')}"
    with server.connect(METADATA) as connection:
        found = connection.execute(
            "select shobj_description(oid, 'pg_database') from pg_database where datname = current_database()"
        ).fetchone()
        if found is not None and found[0] == mark:
            return
        say("Preparing Airflow's own database (once)")
        log = places.logs / "migrate.log"
        with log.open("wb") as file:
            done = subprocess.run(
                [*_AIRFLOW, "db", "migrate"], env=env, stdout=file, stderr=subprocess.STDOUT, check=False
            )
        if done.returncode:
            raise DemoError(f"Airflow could not prepare its database: {_last_line(log)}", f"see {log}")
        connection.execute(f"comment on database {METADATA} is '{mark}'")


def _start(part: str, places: Places, env: dict[str, str]) -> subprocess.Popen[bytes]:
    with (places.logs / f"{part}.log").open("wb") as file:
        return subprocess.Popen(
            [*_AIRFLOW, part], env=env, stdin=subprocess.DEVNULL, stdout=file, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip


def _until_healthy(stack: Stack, say: Callable[[str], None]) -> None:
    """Wait until the API answers and the scheduler is alive; raises DemoError if a part ends, or it takes too long."""
    began = told = time.monotonic()
    while not stack.api.healthy():
        stack.check()
        now = time.monotonic()
        if now - began > _START_SECONDS:
            raise DemoError(f"Airflow did not answer within {_START_SECONDS} seconds", f"see the logs in {stack.logs}")
        if now - told > _TOLD_SECONDS:
            say("still waiting for Airflow to answer")
            told = now
        time.sleep(0.2)


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"


def _note(places: Places, processes: Mapping[str, subprocess.Popen[bytes]]) -> None:
    """Write down what runs, for the next start: a demo that is killed with -9 cannot stop anything."""
    text = "".join(f"{process.pid}\n" for process in processes.values())
    (places.home / "processes").write_text(text)


def _stop_leftovers(places: Places, say: Callable[[str], None]) -> None:
    """Stop what a killed demo left running: the processes it wrote down, as long as they are still Airflow's."""
    noted = places.home / "processes"
    numbers = [int(line) for line in noted.read_text().split()] if noted.exists() else []
    left = [number for number in numbers if "airflow" in command_of(number)]
    if left:
        say("Stopping what an earlier demo left running")
        stop_groups(left)
