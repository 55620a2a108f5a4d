"""How long readers wait while the tables they read are built anew: the longest of all their queries."""

from __future__ import annotations

import contextlib
import random
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
from psycopg import sql

from benchmarks.timing import Row, environment, seconds_of

READERS, THREADS = 4, 4
_TABLES = """
select schemaname, tablename from pg_tables
where schemaname like 'bench%' and schemaname not like '%raw' order by 1, 2
"""


def measure_readers(folder: Path, project: Path, models: int, dsn: str, runs: int) -> Iterator[Row]:
    """While `sqlmodels run` exchanges each table once, and while nothing happens for as long."""
    env = environment(folder, BENCH_HOST=psycopg.conninfo.conninfo_to_dict(dsn)["host"])
    command = [str(Path(sys.executable).parent / "sqlmodels"), "run", "--threads", str(THREADS), "--quiet",
               "--project-dir", str(project), "--profiles-dir", str(project)]  # fmt: skip
    seconds_of(command, env)
    meanwhile, idle = [], []
    for _ in range(runs):
        with _reading(dsn) as waits:
            seconds = seconds_of(command, env)
        meanwhile.append(max(waits))
        with _reading(dsn) as waits:
            time.sleep(seconds)
        idle.append(max(waits))
    what = f"the longest of the queries of {READERS} readers while {models} models are built anew, {THREADS} threads"
    yield Row(what, statistics.median(meanwhile), statistics.median(idle), "the same while nothing is built")


@contextlib.contextmanager
def _reading(dsn: str) -> Iterator[list[float]]:
    """While inside, each of some sessions reads a table every few milliseconds; the longest wait of each."""
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(_TABLES).fetchall()
    longest, stop = [0.0] * READERS, threading.Event()
    threads = [threading.Thread(target=_read, args=(dsn, tables, stop, longest, each)) for each in range(READERS)]
    for thread in threads:
        thread.start()
    try:
        yield longest
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _read(dsn: str, tables: Sequence[tuple[str, str]], stop: threading.Event, longest: list[float], own: int) -> None:
    chosen = random.Random(own)
    with psycopg.connect(dsn, autocommit=True) as connection:
        while not stop.is_set():
            table = sql.Identifier(*chosen.choice(tables))
            clock = time.perf_counter()
            connection.execute(sql.SQL("select count(*) from {}").format(table)).fetchone()
            longest[own] = max(longest[own], time.perf_counter() - clock)
            time.sleep(0.005)  # the machine's processors belong to the command
