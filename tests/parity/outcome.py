"""What came of running a project with one tool: plain values, read by whoever compares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

Row = tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A table or view as it is found in the database."""

    kind: str
    columns: tuple[tuple[str, str], ...]
    """Name and type, in order."""
    facts: tuple[str, ...]
    """What hangs on it: indexes, constraints, comments, grants."""
    rows: tuple[Row, ...]
    """As texts, in no order."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a run says of one node."""

    status: str
    failures: int | None
    message: str = field(default="", compare=False)
    """For people: its wording is each tool's own."""
    compiled: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Command:
    """One command, `build` for example, and what came of it."""

    text: str
    exit_code: int
    seconds: float
    verdicts: Mapping[str, Verdict]
    """By unique id."""
    said: str = ""
    """The first error that it printed; else the last lines."""
    busy: float = 0.0
    """The seconds for which the tool itself kept a processor busy: all but waiting for the server."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that one tool made of a project."""

    commands: tuple[Command, ...]
    relations: Mapping[str, Relation]
    """By `schema.name`."""
    manifest: Mapping[str, Any]
    selections: Mapping[str, tuple[str, ...]]
    """By the arguments of `ls`: the unique ids that it lists; what it said, if it refused."""
