"""Compares what we make of a project with what is expected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.parity import manifests
from tests.parity.expected import Expected, ExpectedRelation, collapsed, fingerprint, normal_form, only
from tests.parity.outcome import Command, Outcome, Relation, Verdict

REFUSED = "project"
"""The part of a difference that stands for all: we do not read the project at all."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not the same."""

    part: str
    """What was compared: `status (1)`, `relation`, `columns`, `facts`, `rows`, `compiled`, `manifest nodes tags`."""
    name: str
    """The unique id, the relation or the arguments of `ls`."""
    dbt: str
    ours: str

    def __str__(self) -> str:
        return f"{self.part}: {self.name}\n    dbt  {self.dbt}\n    ours {self.ours}"


def compare(expected: Expected, ours: Outcome) -> list[Difference]:
    """All that is not the same; an empty list is parity."""
    if expected.manifest["nodes"] and not ours.manifest:  # to say it of every node would say nothing more
        return [Difference(REFUSED, "", "reads it", ours.commands[0].said if ours.commands else "does not read it")]
    return [
        *_commands(expected, ours),
        *_relations(expected, ours),
        *_selections(expected, ours),
        *_manifests(expected, ours),
        *_compiled(expected, ours),
    ]


def _commands(expected: Expected, ours: Outcome) -> Iterator[Difference]:
    for number, (dbt, command) in enumerate(zip(expected.commands, ours.commands, strict=True), start=1):
        run = f"{command.text} ({number})"
        if dbt["exit_code"] != command.exit_code:
            yield Difference("exit code", run, str(dbt["exit_code"]), f"{command.exit_code}: {command.said}")
        yield from _verdicts(dbt, command, number)


def _verdicts(dbt: dict[str, Any], command: Command, number: int) -> Iterator[Difference]:
    for unique_id in sorted({*dbt["nodes"], *command.verdicts} - {*dbt["volatile"]}):
        status, failures = dbt["nodes"].get(unique_id, ("not run", None))
        found = command.verdicts.get(unique_id)
        if found is None:
            yield Difference(f"status ({number})", unique_id, _said(status, failures), "not run")
        elif (found.status, found.failures) != (status, failures) or _other_words(dbt, found, unique_id):
            message = dbt["messages"].get(unique_id, "")
            mine = _said(found.status, found.failures, found.message)
            yield Difference(f"status ({number})", unique_id, _said(status, failures, message), mine)


def _other_words(dbt: dict[str, Any], found: Verdict, unique_id: str) -> bool:
    """Whether the verdict of a data test is told otherwise; scripts look for these words."""
    is_verdict = unique_id.startswith("test.") and found.status in ("fail", "warn")
    return is_verdict and collapsed(found.message) != dbt["messages"].get(unique_id, "")


def _said(status: str, failures: int | None, message: str = "") -> str:
    return " ".join(each for each in (status, "" if failures is None else str(failures), collapsed(message)) if each)


def _relations(expected: Expected, ours: Outcome) -> Iterator[Difference]:
    for name in sorted({*expected.relations, *ours.relations}):
        one, other = expected.relations.get(name), ours.relations.get(name)
        if one is None or other is None:
            told = [each.kind if each else "not there" for each in (one, other)]
            yield Difference("relation", name, *told)
        else:
            yield from _relation(name, one, other)


def _relation(name: str, dbt: ExpectedRelation, ours: Relation) -> Iterator[Difference]:
    if dbt.kind != ours.kind:
        yield Difference("relation", name, dbt.kind, ours.kind)
    columns = [list(column) for column in ours.columns]
    if dbt.columns != columns:
        yield Difference("columns", name, *_unlike(dbt.columns, columns))
    if dbt.facts != list(ours.facts):
        yield Difference("facts", name, *_unlike(dbt.facts, list(ours.facts)))
    yield from _rows(name, dbt, ours)


def _rows(name: str, dbt: ExpectedRelation, ours: Relation) -> Iterator[Difference]:
    if dbt.rows is not None and dbt.rows != len(ours.rows):
        yield Difference("rows", name, f"{dbt.rows} rows", f"{len(ours.rows)} rows {ours.rows[:1] or ''}")
        return
    others = [column for column, digest in dbt.stable.items() if fingerprint(only(ours, [column])) != digest]
    if others:
        mine, theirs = only(ours, others), _columns_of(dbt, others)
        yield Difference("rows", name, f"{', '.join(others)}: {_first(theirs, mine)}", _first(mine, theirs))
    elif dbt.together is not None and fingerprint(only(ours, dbt.stable)) != dbt.together:
        mine = only(ours, dbt.stable)
        yield Difference("rows", name, f"combined: {_first(dbt.example, mine)}", _first(mine, dbt.example))


def _columns_of(dbt: ExpectedRelation, names: list[str]) -> list[Any]:
    order = [name for name, _ in dbt.columns if name in dbt.stable]
    places = [place for place, name in enumerate(order) if name in names]
    return [tuple(row[place] for place in places) for row in dbt.example]


def _first(rows: list[Any], others: list[Any]) -> str:
    """The first row that is not among the others."""
    there = set(others)
    own = (row for row in sorted(rows, key=repr) if row not in there)
    return str(next(own, "the same values, other numbers of them"))


def _unlike(one: list[Any], other: list[Any]) -> tuple[str, str]:
    """What only either has; all of it, if just the order differs."""
    left, right = [each for each in one if each not in other], [each for each in other if each not in one]
    return (str(left), str(right)) if left or right else (str(one), str(other))


def _selections(expected: Expected, ours: Outcome) -> Iterator[Difference]:
    for arguments, ids in expected.selections.items():
        found = sorted(ours.selections.get(arguments, ()))
        if found != ids:
            yield Difference("ls", arguments, *_unlike(ids, found))


def _manifests(expected: Expected, ours: Outcome) -> Iterator[Difference]:
    for part, unique_id, key, one, other in manifests.differences(expected.manifest, manifests.semantic(ours.manifest)):
        yield Difference(f"manifest {part} {key}".strip(), unique_id, str(one), str(other))


def _compiled(expected: Expected, ours: Outcome) -> Iterator[Difference]:
    verdicts = ours.commands[-1].verdicts if ours.commands else {}
    for unique_id, text in expected.compiled.items():
        found = verdicts.get(unique_id)
        mine = normal_form(found.compiled or "") if found else ""
        if mine and mine != text:
            start = next((at for at, pair in enumerate(zip(text, mine, strict=False)) if pair[0] != pair[1]), 0)
            yield Difference(
                "compiled",
                unique_id,
                f"…{text[max(start - 40, 0) : start + 160]}",
                f"…{mine[max(start - 40, 0) : start + 160]}",
            )
