"""What is expected of us: what two runs of dbt, each into an empty database, agree on.

The second run is there to tell what is volatile: a column that holds the time differs between them and is not
compared. All of it fits into a JSON file, so that a recorded run of dbt and a fresh one are compared alike.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from tests.parity.manifests import BUILT_IN_TESTS, semantic
from tests.parity.outcome import Command, Outcome, Relation, Row

_COMMENT = re.compile(r"^\s*-- fixture for .*$", re.MULTILINE)
"""What dbt writes above the rows of a unit test."""


@dataclass(frozen=True, slots=True)
class ExpectedRelation:
    """A relation without what is volatile in it."""

    kind: str
    columns: list[list[str]]
    facts: list[str]
    rows: int | None
    """None: not even their number is the same twice."""
    stable: dict[str, str]
    """By column that is the same in both runs: a fingerprint of its values, in no order."""
    together: str | None
    """A fingerprint of the rows, of their stable columns. None: two runs combine the values in different ways."""
    example: list[Row] = field(default_factory=list, compare=False)
    """Its rows, for a report; not recorded."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What dbt makes of a project."""

    commands: list[dict[str, Any]]
    """By command: its text, exit code and by node its status and number of failures."""
    relations: dict[str, ExpectedRelation]
    manifest: dict[str, dict[str, Any]]
    selections: dict[str, list[str]]
    compiled: dict[str, str]
    seconds: list[float] = field(default_factory=list, compare=False)


def expected_of(first: Outcome, second: Outcome) -> Expected:
    """What two outcomes have in common."""
    return Expected(
        commands=[_command(one, other) for one, other in zip(first.commands, second.commands, strict=True)],
        relations={
            name: _relation(one, second.relations[name])
            for name, one in sorted(first.relations.items())
            if name in second.relations
        },
        manifest=semantic(first.manifest),
        selections={arguments: sorted(ids) for arguments, ids in first.selections.items()},
        compiled=_compiled(first, second),
        seconds=[command.seconds for command in first.commands],
    )


def fingerprint(rows: Iterable[Sequence[str | None]]) -> str:
    """The same for the same rows in any order."""
    whole = hashlib.sha256()
    for text in sorted(repr(tuple(row)) for row in rows):
        whole.update(text.encode())
        whole.update(b"\n")
    return whole.hexdigest()[:16]


def only(relation: Relation, names: Iterable[str]) -> list[Row]:
    """Its rows with only these columns, in the relation's own order."""
    wanted = set(names)
    places = [place for place, (name, _) in enumerate(relation.columns) if name in wanted]
    return [tuple(row[place] if place < len(row) else None for place in places) for row in relation.rows]


def as_json(expected: Expected) -> dict[str, Any]:
    """For a file. Times and example rows stay out: they would change with every recording."""
    whole = asdict(expected)
    del whole["seconds"]
    for relation in whole["relations"].values():
        del relation["example"]
    return whole


def from_json(whole: Mapping[str, Any]) -> Expected:
    """What a file says."""
    relations = {name: ExpectedRelation(**each) for name, each in whole["relations"].items()}
    return Expected(**{**whole, "relations": relations})


def collapsed(text: str) -> str:
    """SQL without the blank space that templates leave behind."""
    return " ".join(text.split())


def normal_form(text: str) -> str:
    """SQL without what templates may do differently to the same effect: blank space, case, names of types, comments."""
    return "".join(_COMMENT.sub("", text.lower()).replace("timestamp without time zone", "timestamp").split())


def _command(one: Command, other: Command) -> dict[str, Any]:
    nodes = {
        unique_id: [verdict.status, verdict.failures]
        for unique_id, verdict in sorted(one.verdicts.items())
        if verdict == other.verdicts.get(unique_id)
    }
    messages = {
        unique_id: collapsed(verdict.message)[:300]
        for unique_id, verdict in sorted(one.verdicts.items())
        if verdict.status in ("error", "fail", "warn")
    }
    volatile = sorted(set(one.verdicts) ^ set(nodes))
    return {"text": one.text, "exit_code": one.exit_code, "nodes": nodes, "messages": messages, "volatile": volatile}


def _relation(one: Relation, other: Relation) -> ExpectedRelation:
    stable = {}
    for name, _ in one.columns:
        mine = fingerprint(only(one, [name]))
        if mine == fingerprint(only(other, [name])):
            stable[name] = mine
    together = fingerprint(only(one, stable))
    return ExpectedRelation(
        kind=one.kind,
        columns=[list(column) for column in one.columns],
        facts=list(one.facts),
        rows=len(one.rows) if len(one.rows) == len(other.rows) else None,
        stable=stable,
        together=together if together == fingerprint(only(other, stable)) else None,
        example=only(one, stable),
    )


def _compiled(first: Outcome, second: Outcome) -> dict[str, str]:
    """By node: the SQL that the last command compiled, if it is the same twice. That of built-in tests is our own."""
    found = {}
    for unique_id, verdict in first.commands[-1].verdicts.items() if first.commands else ():
        again = second.commands[-1].verdicts.get(unique_id)
        node = first.manifest["nodes"].get(unique_id) or {}
        metadata = node.get("test_metadata") or {}
        if metadata.get("name") in BUILT_IN_TESTS and not metadata.get("namespace"):
            continue
        if verdict.compiled and again and again.compiled == verdict.compiled:
            found[unique_id] = normal_form(verdict.compiled)
    return found
