"""Constraints of a contract as SQL, for macros that put a table's definition together themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import CompilationError, closest

_KINDS = ("not_null", "check", "unique", "primary_key", "foreign_key", "custom")


def column_definitions(dialect: Dialect, columns: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Each column with its type and constraints: `id int not null`.

    Raises CompilationError for a constraint of a kind that does not exist.
    """
    return [" ".join(_of_column(dialect, column)) for column in columns.values()]


def table_constraints(constraints: Iterable[Mapping[str, Any]]) -> list[str]:
    """Each constraint of a whole table: `primary key (id)`. Those that only columns can have are left out.

    Raises CompilationError for one of a kind that does not exist.
    """
    found = []
    for said in constraints:
        definition = _of_table(said)
        if definition:
            found.append(f"constraint {said['name']} {definition}" if said.get("name") else definition)
    return found


def _of_column(dialect: Dialect, column: Mapping[str, Any]) -> Iterator[str]:
    yield dialect.quote(str(column["name"])) if column.get("quote") else str(column["name"])
    yield str(column.get("data_type") or "")
    for said in column.get("constraints") or ():
        definition = _in_column(said)
        if definition:
            yield definition


def _in_column(said: Mapping[str, Any]) -> str:
    kind, expression = _kind(said), str(said.get("expression") or "")
    match kind:
        case "check":
            return f"check ({expression})" if expression else ""
        case "foreign_key":
            target = _target(said)
            return f"references {target}" if target else ""
        case "custom":
            return expression
        case _:
            return f"{kind.replace('_', ' ')} {expression}".rstrip()


def _of_table(said: Mapping[str, Any]) -> str:
    kind, expression = _kind(said), str(said.get("expression") or "")
    columns = ", ".join(map(str, said.get("columns") or ()))
    match kind:
        case "check":
            return f"check ({expression})" if expression else ""
        case "unique" | "primary_key":
            return " ".join(filter(None, (kind.replace("_", " "), expression, f"({columns})")))
        case "foreign_key":
            target = _target(said)
            return f"foreign key ({columns}) references {target}" if target else ""
        case "custom":
            return expression
        case _:
            return ""


def _target(said: Mapping[str, Any]) -> str:
    if said.get("to"):
        return f"{said['to']} ({', '.join(map(str, said.get('to_columns') or ()))})"
    return str(said.get("expression") or "")


def _kind(said: Mapping[str, Any]) -> str:
    kind = str(said.get("type"))
    if kind not in _KINDS:
        raise CompilationError(f"Could not parse constraint: no constraint of type {kind!r}", None,
                               closest(kind, _KINDS) or f"one of {', '.join(_KINDS)}")  # fmt: skip
    return kind
