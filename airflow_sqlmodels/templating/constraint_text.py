"""Constraints of a contract as SQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import CompilationError, closest

KINDS = ("check", "not_null", "unique", "primary_key", "foreign_key", "custom")
"""What a constraint may be."""


def column_definitions(dialect: Dialect, columns: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Each column with its type and constraints: `id int not null`.

    Raises CompilationError for a constraint of a kind that does not exist.
    """
    return [" ".join(_of_column(dialect, column)) for column in columns.values()]


def table_constraints(constraints: Iterable[Mapping[str, Any]]) -> list[str]:
    """Each constraint of a whole table, with its name if it has one. Those that only columns can have are left out.

    Raises CompilationError for one of a kind that does not exist.
    """
    found = []
    for said in constraints:
        definition = table_constraint(said, ", ".join(map(str, said.get("columns") or ())))
        if definition:
            found.append(f"constraint {said['name']} {definition}" if said.get("name") else definition)
    return found


def table_constraint(said: Mapping[str, Any], columns: str) -> str:
    """One of them without its name, over `columns` as SQL: `primary key (id)`; "" if only columns can have it.

    What `to` says is taken as it stands. Raises CompilationError if its kind does not exist.
    """
    kind, expression = _kind(said), str(said.get("expression") or "")
    match kind:
        case "unique" | "primary_key":
            return " ".join(filter(None, (kind.replace("_", " "), expression, f"({columns})")))
        case "foreign_key":
            target = _target(said)
            return f"foreign key ({columns}) {target}" if target else ""
        case "not_null":
            return ""
        case _:
            return _anywhere(kind, expression)


def _of_column(dialect: Dialect, column: Mapping[str, Any]) -> Iterator[str]:
    yield dialect.quote(str(column["name"])) if column.get("quote") else str(column["name"])
    yield str(column.get("data_type") or "")
    yield from filter(None, map(_in_column, column.get("constraints") or ()))


def _in_column(said: Mapping[str, Any]) -> str:
    kind, expression = _kind(said), str(said.get("expression") or "")
    match kind:
        case "unique" | "primary_key" | "not_null":
            return f"{kind.replace('_', ' ')} {expression}".rstrip()
        case "foreign_key":
            return _target(said)
        case _:
            return _anywhere(kind, expression)


def _anywhere(kind: str, expression: str) -> str:
    """What is the same for a column and a table."""
    return f"check ({expression})" if kind == "check" and expression else expression


def _target(said: Mapping[str, Any]) -> str:
    to, expression = said.get("to"), said.get("expression")
    if to:
        return f"references {to} ({', '.join(map(str, said.get('to_columns') or ()))})"
    return f"references {expression}" if expression else ""


def _kind(said: Mapping[str, Any]) -> str:
    kind = str(said.get("type"))
    if kind not in KINDS:
        raise CompilationError(f"Could not parse constraint: no constraint of type {kind!r}", None,
                               closest(kind, KINDS) or f"one of {', '.join(KINDS)}")  # fmt: skip
    return kind
