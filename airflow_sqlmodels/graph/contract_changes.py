"""What breaks for those who rely on a contract: a promise that was kept before, and is no longer made.

A new column, or one that may be longer, breaks nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

Constraint = Mapping[str, Any]

_CHECKED = ("check", "not_null", "unique", "primary_key", "foreign_key")
"""The constraints that Postgres enforces."""
_ENFORCING = ("table", "incremental")
"""The materializations that have constraints."""


class PromisedColumn(Struct, frozen=True):
    """A column of a contract."""

    data_type: str | None
    constraints: Sequence[Constraint] = ()


class Promise(Struct, frozen=True, kw_only=True):
    """What a model promises."""

    name: str
    path: str
    enforced: bool
    materialized: str
    versioned: bool = False
    columns: Mapping[str, PromisedColumn] = field(default_factory=dict)
    constraints: Sequence[Constraint] = ()
    over: bool = False
    """Whether the day is past on which the model was to go (`deprecation_date`)."""


def breaking_changes(before: Promise, now: Promise) -> list[str]:
    """What is broken, each a text that may have several lines; nothing if no contract was enforced before."""
    return list(_changes(before, now)) if before.enforced else []


def _changes(before: Promise, now: Promise) -> Iterator[str]:
    if not now.enforced:
        yield "Contract enforcement was removed"
    kept = {name: column for name, column in before.columns.items() if name in now.columns}
    yield from _listed("columns were removed", sorted(before.columns.keys() - kept.keys()))
    types = [(name, column.data_type, now.columns[name].data_type) for name, column in sorted(kept.items())]
    others = [f"{name} ({old} -> {new})" for name, old, new in types if _plain_type(old) != _plain_type(new)]
    yield from _listed("columns have another data_type", others)
    if before.materialized in _ENFORCING:
        yield from _listed("Enforced column level constraints were removed", _lost_of_columns(kept, now))
        yield from _listed("Enforced model level constraints were removed", _lost(before.constraints, now.constraints))
        if now.materialized not in _ENFORCING and _has_constraints(before):
            yield (
                f"Materialization changed with enforced constraints: from {before.materialized} to {now.materialized}"
            )


def _lost_of_columns(kept: Mapping[str, PromisedColumn], now: Promise) -> list[str]:
    return [
        f"{lost} of {name}"
        for name, column in sorted(kept.items())
        for lost in _lost(column.constraints, now.columns[name].constraints)
    ]


def _lost(before: Sequence[Constraint], now: Sequence[Constraint]) -> list[str]:
    lost = [each for each in before if each not in now and each.get("type") in _CHECKED]
    return [f"{each.get('name') or each['type']}{_columns_of(each)}" for each in lost]


def _columns_of(constraint: Constraint) -> str:
    return f" ({', '.join(constraint['columns'])})" if constraint.get("columns") else ""


def _has_constraints(promise: Promise) -> bool:
    return bool(promise.constraints) or any(column.constraints for column in promise.columns.values())


def _listed(what: str, found: Sequence[str]) -> Iterator[str]:
    if found:
        yield f"{what}: {', '.join(found)}"


def _plain_type(said: str | None) -> str | None:
    """A type without its size."""
    return said and said.partition("(")[0].strip().lower()
