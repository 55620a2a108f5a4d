"""selectors.yml: definitions -> the same `Choice` that the command line's grammar gives.

A definition is a text in that grammar, `{method: …, value: …}` with options, `{tag: daily}` for short, or a list under
`union` or `intersection`, in which one entry may be `exclude`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from msgspec import Struct

from airflow_sqlmodels.errors import Location, SelectorError, closest
from airflow_sqlmodels.graph.modes import Indirect
from airflow_sqlmodels.graph.selector import (
    Choice,
    Combined,
    Term,
    default_method,
    indirect_named,
    known_method,
    term,
)
from airflow_sqlmodels.manifest.manifest import Manifest

FILE = "selectors.yml"

_OPTIONS = frozenset(
    (
        *("method", "value", "exclude", "indirect_selection", "childrens_parents"),
        *("parents", "parents_depth", "children", "children_depth"),
    )
)


def selector_named(manifest: Manifest, name: str, indirect: Indirect = "eager") -> Choice:
    """The choice that a selector stands for. Raises SelectorError if there is none, or its definition is wrong."""
    if name not in manifest.selectors:
        hint = closest(name, manifest.selectors) or f"{FILE} holds the definitions"
        raise SelectorError(f"no selector {name!r}", None, hint)
    return _Reader(name, indirect).whole(manifest.selectors[name])


def check_selectors(entries: Mapping[str, Any]) -> None:
    """Raises SelectorError if a definition cannot be meant, or if several selectors are the default."""
    for name, entry in entries.items():
        _Reader(name, "eager", lenient=True).whole(entry)
    _default_of(entries)


def default_selector(manifest: Manifest) -> str | None:
    """The name of the selector with `default: true`. Raises SelectorError if there are several."""
    return _default_of(manifest.selectors)


def _default_of(entries: Mapping[str, Any]) -> str | None:
    names = [name for name, entry in entries.items() if isinstance(entry, Mapping) and entry.get("default") is True]
    if len(names) > 1:
        raise SelectorError(f"several selectors are the default: {', '.join(map(repr, names))}", Location(FILE))
    return names[0] if names else None


def unknown_keys(name: str, definition: Any) -> Iterator[str]:
    """A warning for each key that a definition does not have; as in dbt, it is passed over."""
    if isinstance(definition, list):
        for each in definition:
            yield from unknown_keys(name, each)
    elif isinstance(definition, Mapping):
        for key in definition:
            if "method" in definition and key not in _OPTIONS:
                hint = closest(str(key), _OPTIONS)
                yield f"{FILE}: selector {name!r}: unknown key {key!r}{', ' + hint if hint else ''}"
        for key in ("union", "intersection", "exclude"):
            yield from unknown_keys(name, definition.get(key))


class _Reader(Struct, frozen=True):
    """Reads the definition of one selector; knows its name, for errors."""

    name: str
    indirect: Indirect
    lenient: bool = False
    """Whether a text that will name nothing may pass: it stops those that select with it, nobody else."""

    def whole(self, entry: Any) -> Choice:
        """What an entry of the file, or a definition alone, stands for."""
        definition = entry.get("definition", entry) if isinstance(entry, Mapping) else entry
        if isinstance(definition, Mapping) and definition.keys() & {"union", "intersection"} and len(definition) > 1:
            raise self._error("'union' or 'intersection' must stand alone")
        return self.choice(definition)

    def choice(self, definition: Any) -> Choice:
        if isinstance(definition, str):
            return self._text(definition)
        if not isinstance(definition, Mapping):
            raise self._error(f"a definition is a text or a mapping, not {definition!r}")
        for how in ("union", "intersection"):
            if how in definition:
                return self._list(how, definition[how])
        return self._mapping(definition)

    def _text(self, text: str) -> Term:
        """One term. dbt, too, knows no spaces and commas here: it selects nothing, we say so.

        A value behind a method may have them, as tags do.
        """
        first, *more = re.split("[ ,]+", text.strip())
        if not self.lenient and "/" not in text and more and (":" not in first or any(":" in each for each in more)):
            raise self._error(f"{text!r} is more than one term", "write a list under 'union' or 'intersection'")
        return term(text, Location(f"{FILE}, selector {self.name!r}", 0, 1, text), self.indirect)

    def _list(self, how: Literal["union", "intersection"], entries: Any) -> Choice:
        if not isinstance(entries, list):
            raise self._error(f"{how!r} needs a list")
        excluded = [each for each in entries if isinstance(each, Mapping) and set(each) == {"exclude"}]
        if len(excluded) > 1:
            raise self._error(f"{how!r} has several 'exclude'", "put them into one list")
        parts = tuple(self.choice(each) for each in entries if each not in excluded)
        combined = Combined(how, parts)
        return self._without(combined, excluded[0]["exclude"]) if excluded else combined

    def _mapping(self, definition: Mapping[str, Any]) -> Choice:
        if len(definition) == 1:
            method, value = next(iter(definition.items()))
            return self._term(str(method), value, {})
        if "method" not in definition or "value" not in definition:
            raise self._error(f"a definition needs 'method' and 'value', this has {', '.join(map(repr, definition))}")
        method = definition["method"]
        chosen = self._term("" if method is None else str(method), definition["value"], definition)
        return self._without(chosen, definition["exclude"]) if "exclude" in definition else chosen

    def _term(self, method: str, value: Any, options: Mapping[str, Any]) -> Term:
        name, _, rest = (method or default_method(str(value))).partition(".")
        known_method(name, Location(f"{FILE}, selector {self.name!r}"))
        related, children = bool(options.get("childrens_parents")), bool(options.get("children"))
        if related and children:
            raise self._error("'childrens_parents' and 'children' exclude each other")
        return Term(
            method=name,
            arguments=tuple(rest.split(".")) if rest else (),
            value=str(value),
            written=None if isinstance(value, str) else value,
            related=related,
            parents=bool(options.get("parents")),
            parents_depth=_depth(options.get("parents_depth")),
            children=children,
            children_depth=_depth(options.get("children_depth")),
            indirect=indirect_named(str(options.get("indirect_selection") or self.indirect)),
            at=Location(f"{FILE}, selector {self.name!r}"),
        )

    def _without(self, chosen: Choice, excluded: Any) -> Choice:
        if not isinstance(excluded, list):
            raise self._error("'exclude' needs a list")
        return Combined("difference", (chosen, Combined("union", tuple(self.choice(each) for each in excluded))))

    def _error(self, what: str, hint: str = "") -> SelectorError:
        return SelectorError(f"selector {self.name!r}: {what}", Location(FILE), hint)


def _depth(value: Any) -> int | None:
    return None if value is None else int(value)
