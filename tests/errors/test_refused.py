"""What the command says when the warehouse refuses: the real command, over a live Postgres."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import Golden
from tests.errors import profile_cases, refused_cases, rows_cases
from tests.errors.commands import Shop
from tests.errors.refused_cases import RAW

CASES = refused_cases.CASES | rows_cases.CASES | profile_cases.CASES


@pytest.fixture
def shop(tmp_path: Path, postgres_dsn: str) -> Shop:
    """A project on an empty database."""
    return Shop(tmp_path, postgres_dsn)


@pytest.fixture(autouse=True)
def without_clerk(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """Roles belong to the whole server: the one that a case made goes with it."""
    yield
    if connection.execute("select 1 from pg_roles where rolname = 'clerk'").fetchone():
        connection.execute("drop owned by clerk cascade")
        connection.execute("drop role clerk")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.since_postgres(case.since)) for name, case in CASES.items()]
)
def test_a_refusal_is_told_with_its_place_and_a_hint(
    name: str, shop: Shop, connection: psycopg.Connection[Any], golden: Golden, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name]
    connection.execute(case.before)  # type: ignore[arg-type]  # SQL of ours
    shop.fields |= case.fields
    shop.write(case.files)

    if case.twice or case.later:
        shop.run(capsys, *case.words)
        shop.write(case.later)
    said = shop.run(capsys, *case.words, *["--quiet"] * case.quiet)

    golden.check(f"warehouse/{name}.txt", said)


def test_a_wrong_password_is_told_and_not_shown(
    shop: Shop, connection: psycopg.Connection[Any], golden: Golden, capsys: pytest.CaptureFixture[str]
) -> None:
    connection.execute("create role clerk login password 'another'")
    shop.fields["user"] = "clerk"
    shop.write({"models/orders.sql": "select 1 as id\n"})

    with asking_for_passwords(connection):
        said = shop.run(capsys, "build")

    golden.check("warehouse/wrong_password.txt", said)


def test_the_command_itself_ends_with_what_it_says(
    shop: Shop, connection: psycopg.Connection[Any], golden: Golden
) -> None:
    connection.execute(RAW)
    shop.write(CASES["division_by_zero"].files)

    ran = subprocess.run(
        [sys.executable, "-m", "airflow_sqlmodels.cli.main", "build", "--quiet", "--project-dir", str(shop.folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=shop.folder,
    )

    golden.check("warehouse/whole_command.txt", shop.masked(f"{ran.stderr}{ran.stdout}exit code {ran.returncode}"))


@contextlib.contextmanager
def asking_for_passwords(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """The server asks the role clerk for a password meanwhile. Needs a server whose settings lie on this machine."""
    said = connection.execute("show hba_file").fetchone()
    path = Path(said[0]) if said else Path()
    if not os.access(path, os.W_OK):
        pytest.skip("the server's settings cannot be changed from here")
    before = path.read_text(encoding="utf-8")
    path.write_text(f"local all clerk scram-sha-256\nhost all clerk all scram-sha-256\n{before}", encoding="utf-8")
    connection.execute("select pg_reload_conf()")
    try:
        while _lets_in(connection, "clerk"):  # the server reads it a moment later
            time.sleep(0.05)
        yield
    finally:
        path.write_text(before, encoding="utf-8")
        connection.execute("select pg_reload_conf()")


def _lets_in(connection: psycopg.Connection[Any], role: str) -> bool:
    try:
        psycopg.connect(connection.info.dsn, user=role).close()
    except psycopg.OperationalError:
        return False
    return True
