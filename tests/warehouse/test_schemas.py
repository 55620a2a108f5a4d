"""Schemas that two sessions make at the same time."""

from __future__ import annotations

import contextlib
import threading
import time

import psycopg

from airflow_sqlmodels.dialects.postgres import Postgres

WAITING = "select count(*) from pg_catalog.pg_stat_activity where pid = %s and wait_event_type = 'Lock'"


def test_the_second_of_two_sessions_waits_and_goes_on(postgres_dsn: str) -> None:
    make = Postgres().create_schema("raced")
    with psycopg.connect(postgres_dsn) as first, psycopg.connect(postgres_dsn, autocommit=True) as second:
        second.execute("create temporary table warm (x int)")  # the first change of a session looks anew
        # a session that looked for the schema before remembers that it was not there
        with contextlib.suppress(psycopg.errors.UndefinedTable):
            second.execute("select * from raced.orders")
        first.execute(make)
        failures: list[Exception] = []

        def go() -> None:
            try:
                second.execute(make)
            except psycopg.Error as error:
                failures.append(error)

        thread = threading.Thread(target=go)
        thread.start()
        with psycopg.connect(postgres_dsn, autocommit=True) as watcher:
            for _ in range(200):
                found = watcher.execute(WAITING, (second.info.backend_pid,)).fetchone()
                if found == (1,):
                    break
                time.sleep(0.05)
        first.commit()
        thread.join(timeout=30)

        assert failures == []
        assert second.execute("select count(*) from pg_catalog.pg_namespace where nspname = 'raced'").fetchone() == (1,)
