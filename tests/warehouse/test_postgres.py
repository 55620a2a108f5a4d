"""Connections from the fields of a profile: what they are given, and what a refusal says."""

from __future__ import annotations

import contextlib
import socket
import threading
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from airflow_sqlmodels.dialects.postgres import Postgres
from airflow_sqlmodels.errors import ProfileError, SqlModelsError, UnreachableError
from airflow_sqlmodels.warehouse import catalog
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from airflow_sqlmodels.warehouse.postgres import arguments, connect, open_session

SECRET = "s3cret-Pa55"


def _profile(dsn: str, **more: Any) -> dict[str, Any]:
    return {**conninfo_to_dict(dsn), **more}


def test_dbts_names_and_libpqs_mean_the_same() -> None:
    one = arguments({"host": "h", "user": "u", "pass": "p", "dbname": "d", "port": 5433}, "app")
    other = arguments({"host": "h", "user": "u", "password": "p", "database": "d", "port": 5433}, "app")

    assert one == other == {
        "host": "h", "port": 5433, "user": "u", "password": "p", "dbname": "d",
        "application_name": "app", "connect_timeout": 10,
    }  # fmt: skip


@pytest.mark.parametrize("idle", [0, "0"])
def test_no_seconds_until_keepalives_leave_them_to_the_system(idle: int | str) -> None:
    """0 is dbt's default; libpq hands it to the socket, which refuses it."""
    assert "keepalives_idle" not in arguments({"host": "h", "keepalives_idle": idle}, "app")
    assert arguments({"host": "h", "keepalives_idle": 30}, "app")["keepalives_idle"] == 30


def test_a_session_has_name_role_and_search_path(postgres_dsn: str, connection: psycopg.Connection[Any]) -> None:
    connection.execute('create schema "my schema"; grant usage on schema "my schema" to pg_monitor')
    profile = _profile(postgres_dsn, role="pg_monitor", search_path='"my schema", public', application_name="shop")

    with_them = connect(profile)

    with with_them:
        said = with_them.execute("select current_user, current_schemas(false), current_setting('application_name')")
        assert said.fetchone() == ("pg_monitor", ["my schema", "public"], "shop")


def test_a_session_can_be_cancelled_from_outside(postgres_dsn: str) -> None:
    session = open_session(_profile(postgres_dsn))

    assert session.query("select current_setting('application_name')").rows == (("sqlmodels",),)
    session.close()


def test_a_wrong_password_is_told_without_the_password() -> None:
    with _guard('password authentication failed for user "ann"') as port:
        profile = {"host": "127.0.0.1", "port": port, "user": "ann", "password": SECRET, "dbname": "shop"}
        with pytest.raises(ProfileError, match=f"127.0.0.1:{port} refused the login of 'ann'") as raised:
            connect(profile)

    assert _is_silent(raised.value)


def test_a_password_whose_variable_is_not_set_is_told_with_its_name() -> None:
    with (
        _guard("password authentication failed") as port,
        pytest.raises(ProfileError, match="variable 'SHOP_PASSWORD'"),
    ):
        connect({"host": "127.0.0.1", "port": port, "user": "ann", "password": "{{ env_var('SHOP_PASSWORD') }}"})


def test_no_password_is_told() -> None:
    with (
        _guard("no matter") as port,
        pytest.raises(ProfileError, match="check user and password"),
    ):
        connect({"host": "127.0.0.1", "port": port, "user": "ann", "dbname": "shop"})


def test_a_database_that_is_not_there_is_told(postgres_dsn: str) -> None:
    with pytest.raises(ProfileError, match='database "nowhere" does not exist') as raised:
        connect(_profile(postgres_dsn, dbname="nowhere", password=SECRET))

    assert _is_silent(raised.value)


def test_a_role_that_is_not_there_is_told(postgres_dsn: str) -> None:
    with pytest.raises(ProfileError, match='role "nobody" does not exist'):
        connect(_profile(postgres_dsn, user="nobody", password=SECRET))


@pytest.mark.parametrize("host", ["127.0.0.1", "no-such-host.invalid"])
def test_nobody_answers(host: str) -> None:
    profile = {"host": host, "port": _free_port(), "user": "ann", "password": SECRET, "dbname": "shop"}

    with pytest.raises(UnreachableError, match=f"no Postgres answers at {host}:") as raised:
        connect({**profile, "connect_timeout": 2})

    assert _is_silent(raised.value)


def test_it_tries_again_as_often_as_the_profile_says() -> None:
    seen: list[bytes] = []
    profile = {"host": "127.0.0.1", "user": "ann", "password": SECRET, "retries": 2}

    with _guard("password authentication failed", seen) as port, pytest.raises(ProfileError):
        connect({**profile, "port": port})

    assert len(seen) >= 2


def _is_silent(error: SqlModelsError) -> bool:
    """Whether neither the message, nor the log of a traceback shows the password."""
    shown = "".join(traceback.format_exception(error)) + repr(error) + repr(error.args)
    return SECRET not in shown


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextlib.contextmanager
def _guard(message: str, seen: list[bytes] | None = None) -> Iterator[int]:
    """The port of something that asks for a password in Postgres's protocol, and takes none."""
    listening = socket.create_server(("127.0.0.1", 0))
    thread = threading.Thread(target=_answer, args=(listening, message, [] if seen is None else seen), daemon=True)
    thread.start()
    try:
        yield int(listening.getsockname()[1])
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)


def _answer(listening: socket.socket, message: str, seen: list[bytes]) -> None:
    while True:
        try:
            client, _ = listening.accept()
        except OSError:
            return
        with client:
            _refuse(client, message, seen)


def _refuse(client: socket.socket, message: str, seen: list[bytes]) -> None:
    """The messages of a login: postgresql.org/docs/current/protocol-message-formats.html."""
    while True:
        body = client.recv(int.from_bytes(client.recv(4), "big") - 4)
        if int.from_bytes(body[:4], "big") not in (80877103, 80877104):  # SSLRequest, GSSENCRequest
            break
        client.sendall(b"N")
    client.sendall(b"R\0\0\0\x08\0\0\0\x03")  # AuthenticationCleartextPassword
    seen.append(client.recv(1024))
    fields = b"SFATAL\0VFATAL\0C28P01\0M" + message.encode() + b"\0\0"
    client.sendall(b"E" + (len(fields) + 4).to_bytes(4, "big") + fields)


def test_sessions_that_make_one_schema_at_once_all_get_it(
    postgres_dsn: str, connection: psycopg.Connection[Any]
) -> None:
    dialect = Postgres()

    def make(_number: int) -> None:
        with contextlib.closing(DbApiSession(psycopg.connect(postgres_dsn))) as session:
            for name in range(5):
                catalog.create_schemas(session, dialect, [f"made{name}"])

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(make, range(8)))

    there = connection.execute("select count(*) from pg_namespace where nspname like 'made%'").fetchone()
    assert there == (5,)
