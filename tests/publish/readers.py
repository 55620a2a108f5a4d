"""Sessions that read a table and the views on it without end, and note what they should never see."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import psycopg

Connection = psycopg.Connection[Any]
Read = Callable[[Connection], Sequence[int]]
"""Gives the generations that one look at the rows showed: all of them have to be the same."""

ROWS = 40


@dataclass(slots=True)
class Seen:
    """What all readers saw together."""

    looks: int = 0
    problems: list[str] = field(default_factory=list)
    generations: set[int] = field(default_factory=set)


def one(query: str) -> Read:
    """A statement that gives count, least and greatest generation."""
    return lambda connection: _told(connection.execute(query).fetchone())  # type: ignore[call-overload]


def prepared(query: str) -> Read:
    """The same, as a prepared statement."""
    return lambda connection: _told(connection.execute(query, prepare=True).fetchone())  # type: ignore[call-overload]


def in_turn(*queries: str) -> Read:
    """Several statements in one transaction."""

    def read(connection: Connection) -> Sequence[int]:
        with connection.transaction():
            return [each for query in queries for each in one(query)(connection)]

    return read


@contextlib.contextmanager
def reading(dsn: str, reads: Sequence[Read], *, pause: float = 0.05) -> Iterator[Seen]:
    """While inside, each of the reads is done again and again by a session of its own, up to `pause` seconds apart."""
    seen, stop = Seen(), threading.Event()
    threads = [threading.Thread(target=_read_on, args=(dsn, read, pause, stop, seen)) for read in reads]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def _read_on(dsn: str, read: Read, pause: float, stop: threading.Event, seen: Seen) -> None:
    try:
        with psycopg.connect(dsn, autocommit=True, application_name="reader") as connection:
            while not stop.is_set():
                found = set(read(connection))
                seen.looks += 1
                seen.generations |= found
                if len(found) != 1:
                    seen.problems.append(f"generations {found} at once")
                time.sleep(random.uniform(0, pause))
    except (psycopg.Error, AssertionError) as error:
        seen.problems.append(f"{type(error).__name__}: {error}")


def _told(row: tuple[int, int, int] | None) -> Sequence[int]:
    assert row is not None
    count, least, greatest = row
    assert count == ROWS, f"{count} rows"
    return least, greatest
