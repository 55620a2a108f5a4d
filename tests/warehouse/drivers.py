"""Sessions over both drivers: each test of a session runs with psycopg 3, with psycopg2, and with libpq alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import psycopg
import psycopg2
import pytest

from airflow_sqlmodels.warehouse.dbapi import DbApiSession, OnStatement
from airflow_sqlmodels.warehouse.libpq import LibpqSession

Connect = Callable[[str], Any]


def libpq_alone(dsn: str) -> Any:
    """A connection for a LibpqSession."""
    return psycopg.connect(dsn)


DRIVERS: tuple[Connect, ...] = (psycopg.connect, psycopg2.connect, libpq_alone)
NAMES = ("psycopg", "psycopg2", "libpq")

both_drivers = pytest.mark.parametrize("connect", DRIVERS, ids=NAMES)


def opened(connect: Connect, dsn: str, on_statement: OnStatement | None = None) -> DbApiSession:
    """A session over a new connection of that driver."""
    kind = LibpqSession if connect is libpq_alone else DbApiSession
    return kind(connect(dsn), on_statement=on_statement, reopen=lambda: connect(dsn))
