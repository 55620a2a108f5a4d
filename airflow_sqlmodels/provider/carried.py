"""What macros keep in `graph` for the rest of a run, carried from task to task, each of which is a process of its own.

elementary is the package that does so: its tests note there what a hook at the end writes down.
"""

from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.manifest.relation import Quoting, Relation
from airflow_sqlmodels.templating.graph_parts import PARTS
from airflow_sqlmodels.templating.relation import TemplateRelation

_MARK = "__sqlmodels__"
"""The key that tells what is not plain data from what is."""
_PLAIN = (str, int, float, bool, type(None))


class CarriedGraph(dict[str, Any]):
    """What macros keep in `graph`: that of an earlier task is asked for when a template looks for it."""

    def __init__(self, ask: Callable[[], Mapping[str, Any]]) -> None:
        super().__init__()
        self._ask: Callable[[], Mapping[str, Any]] | None = ask

    def __contains__(self, key: object) -> bool:
        if key not in PARTS:
            self._have()
        return super().__contains__(key)

    def __iter__(self) -> Iterator[str]:
        self._have()
        return super().__iter__()

    def _have(self) -> None:
        if self._ask is not None:
            ask, self._ask = self._ask, None
            self.update({**ask(), **self})


def kept(graph: Mapping[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """What macros have put into `graph`, as plain data; `tell` is told of what cannot be carried."""
    return {key: _plain(value, f"graph.{key}", tell) for key, value in graph.items() if key not in PARTS}


def known_again(kept: Mapping[str, Any], dialect: Dialect) -> dict[str, Any]:
    """The same as macros have put it there."""
    return {key: _again(value, dialect) for key, value in kept.items()}


def merged(base: Any, mine: Any, theirs: Any) -> Any:
    """`mine` with what `theirs` has beyond `base`, from which both began. What both have changed is as in `theirs`."""
    if isinstance(mine, dict) and isinstance(theirs, dict):
        begun = base if isinstance(base, dict) else {}
        found = dict(mine)
        for key, value in theirs.items():
            found[key] = merged(begun.get(key), mine[key], value) if key in mine else value
        return found
    if isinstance(mine, list) and isinstance(theirs, list) and theirs[: len(base or ())] == (base or []):
        return mine + theirs[len(base or ()) :]
    return mine if theirs == base else theirs


def _plain(value: Any, name: str, tell: Callable[[str], None]) -> Any:
    match value:
        case _ if isinstance(value, _PLAIN):
            return value
        case TemplateRelation():
            parts, shown = value.relation, value.relation.quoting
            told = (parts.database, parts.schema, parts.identifier, shown.database, shown.schema, shown.identifier)
            return {_MARK: "relation", "value": [*told, value.type]}
        case datetime.datetime() | datetime.date() | decimal.Decimal():
            return {_MARK: type(value).__name__, "value": str(value)}
        case Mapping():
            pairs = ((key, each, f"{name}.{key}") for key, each in value.items() if isinstance(key, str))
            return {key: _plain(each, inner, tell) for key, each, inner in pairs if _is_carried(each, inner, tell)}
        case _:
            listed = (each for each in value if _is_carried(each, f"{name}[…]", tell))
            return [_plain(each, f"{name}[…]", tell) for each in listed]


def _is_carried(value: Any, name: str, tell: Callable[[str], None]) -> bool:
    kinds = (*_PLAIN, Mapping, datetime.date, decimal.Decimal, list, tuple, set)
    if isinstance(value, kinds):
        return True
    tell(f"{name} stays in this task: a {type(value).__name__} is nothing that others can be told")
    return False


def _again(value: Any, dialect: Dialect) -> Any:
    if isinstance(value, list):
        return [_again(each, dialect) for each in value]
    if not isinstance(value, dict):
        return value
    if _MARK not in value:
        return {key: _again(each, dialect) for key, each in value.items()}
    said = value["value"]
    match value[_MARK]:
        case "relation":
            database, schema, identifier, *quoted, kind = said
            return TemplateRelation(Relation(database, schema, identifier, Quoting(*quoted)), dialect, kind)
        case "Decimal":
            return decimal.Decimal(said)
        case "date":
            return datetime.date.fromisoformat(said)
        case _:
            return datetime.datetime.fromisoformat(said)
