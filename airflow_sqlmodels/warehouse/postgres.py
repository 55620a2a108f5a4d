"""Opens connections to Postgres from the fields of a profile."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from typing import Any

import psycopg

from airflow_sqlmodels.errors import ProfileError, UnreachableError
from airflow_sqlmodels.warehouse.dbapi import DbApiSession, OnStatement
from airflow_sqlmodels.warehouse.libpq import Connection, LibpqSession
from airflow_sqlmodels.warehouse.turns import pause

_SAME = ("host", "port", "sslmode", "sslcert", "sslkey", "sslrootcert", "connect_timeout", "keepalives_idle")
_RETRY_SECONDS = 1.0
_DEFAULT_TIMEOUT = 10
_ENV_VAR = re.compile(r"\{\{.*\benv_var\(\s*['\"](\w+)['\"]")


def connect(profile: Mapping[str, Any], application: str = "sqlmodels") -> psycopg.Connection[Any]:
    """An open connection. Raises ProfileError for a wrong login, UnreachableError if nobody answers."""
    tries = int(profile.get("retries") or 1)
    for attempt in range(max(tries, 1)):
        try:
            return _prepared(Connection.connect(**arguments(profile, application)), profile)
        except psycopg.OperationalError as error:
            if attempt + 1 >= tries:
                raise _refused(error, profile) from None  # the original may show the connection string
            pause(_RETRY_SECONDS)
    raise AssertionError("unreachable")


def open_session(profile: Mapping[str, Any], on_statement: OnStatement | None = None) -> DbApiSession:
    """A session over a new connection, for any thread."""
    kind = DbApiSession if threading.current_thread() is threading.main_thread() else LibpqSession
    return kind(connect(profile), on_statement=on_statement, reopen=lambda: connect(profile))


def arguments(profile: Mapping[str, Any], application: str) -> dict[str, Any]:
    """The driver's arguments for a profile's fields."""
    found = {key: profile[key] for key in _SAME if profile.get(key) not in (None, "")}
    found["user"] = profile.get("user")
    found["password"] = profile.get("password", profile.get("pass"))
    found["dbname"] = profile.get("dbname", profile.get("database"))
    found["application_name"] = profile.get("application_name") or application
    found.setdefault("connect_timeout", _DEFAULT_TIMEOUT)
    if str(found.get("keepalives_idle")).strip() == "0":
        del found["keepalives_idle"]  # as in dbt, whose default it is: what the system does
    if profile.get("search_path"):
        found["options"] = "-c search_path=" + str(profile["search_path"]).replace(" ", "\\ ")
    return {key: value for key, value in found.items() if value is not None}


def _prepared(connection: psycopg.Connection[Any], profile: Mapping[str, Any]) -> psycopg.Connection[Any]:
    if profile.get("role"):
        connection.execute(psycopg.sql.SQL("set role {}").format(psycopg.sql.Identifier(str(profile["role"]))))
        connection.commit()
    return connection


def _without_password(text: str, profile: Mapping[str, Any]) -> str:
    password = str(profile.get("password", profile.get("pass")) or "")
    return text.replace(password, "…") if len(password) > 2 else text


def _password_hint(profile: Mapping[str, Any]) -> str:
    unset = _ENV_VAR.search(str(profile.get("password", profile.get("pass"))))
    if unset:  # a password that could not be rendered stays the template that it is
        return f"set the environment variable {unset[1]!r}, from which profiles.yml takes the password"
    return "check user and password in profiles.yml"


def _refused(error: psycopg.OperationalError, profile: Mapping[str, Any]) -> ProfileError | UnreachableError:
    said = _without_password(str(error).strip(), profile)
    where = f"{profile.get('host') or 'the local socket'}:{profile.get('port') or 5432}"
    reasons = [line.rpartition("failed: ")[2] for line in said.splitlines() if "failed: " in line]
    last = (reasons or said.splitlines() or ["no answer"])[-1].strip()
    if "password authentication failed" in said or "no password supplied" in said:
        return ProfileError(f"{where} refused the login of {profile.get('user')!r}", None, _password_hint(profile))
    if "does not exist" in said:
        return ProfileError(f"{where}: {last.partition('FATAL:')[2].strip() or last}", None,
                            "check user and dbname in profiles.yml")  # fmt: skip
    return UnreachableError(f"no Postgres answers at {where}: {last}", None,
                            "is it running, and are host and port in profiles.yml right?")  # fmt: skip
