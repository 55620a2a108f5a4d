"""Sessions over both drivers: each test of a session runs with psycopg 3 and with psycopg2."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import psycopg2
import pytest

from airflow_sqlmodels.warehouse.dbapi import DbApiSession, OnStatement

Connect = Callable[[str], Any]

DRIVERS: tuple[Connect, ...] = (psycopg.connect, psycopg2.connect)

both_drivers = pytest.mark.parametrize("connect", DRIVERS, ids=["psycopg", "psycopg2"])


def opened(connect: Connect, dsn: str, on_statement: OnStatement | None = None) -> DbApiSession:
    """A session over a new connection of that driver."""
    return DbApiSession(connect(dsn), on_statement=on_statement, reopen=lambda: connect(dsn))
