"""The selector grammar: text -> a `Choice`, a tree of terms that `selection` answers.

    union        := intersection (" " intersection)*     any of them
    intersection := term ("," term)*                     all of them
    term         := "@"? above? (method ":")? value below?
    above        := digits? "+"                          with what it reads, `digits` steps up
    below        := "+" digits?                          with what reads it, `digits` steps down
    method       := word ("." word)*                     `tag`, `config.meta.owner`

A leading `@` adds everything below, and everything that these need. Without a method the value's shape decides:
a slash means `path`, an ending .sql, .py or .csv `file`, anything else `fqn`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from airflow_sqlmodels.errors import Location, SelectorError, closest
from airflow_sqlmodels.graph.methods import METHODS
from airflow_sqlmodels.graph.modes import INDIRECT, Indirect

EVERYTHING = ("fqn:*", "source:*", "exposure:*", "metric:*", "semantic_model:*")
"""What is selected when nobody selects."""

_FILE_ENDINGS = (".sql", ".py", ".csv")


class Term(Struct, frozen=True, kw_only=True):
    """One `method:value` with its neighbours."""

    method: str
    arguments: tuple[str, ...] = ()
    """What follows the method behind dots: `config.meta.owner` has two."""
    value: str = ""
    written: Any = None
    """The value as YAML has it, if it is no text there."""
    related: bool = False
    """`@`: the descendants, and the ancestors of all."""
    parents: bool = False
    parents_depth: int | None = None
    children: bool = False
    children_depth: int | None = None
    indirect: Indirect = "eager"
    at: Location | None = None


class Combined(Struct, frozen=True):
    """Several choices as one."""

    how: Literal["union", "intersection", "difference"]
    parts: tuple[Choice, ...]
    """Of a difference the first is what to take, the others what to leave out."""
    indirect: Indirect = "eager"
    text: str = ""
    """What the user wrote, if it should name something; "" if it may be empty without a word."""


Choice = Term | Combined


def parse_selection(select: Sequence[str], exclude: Sequence[str], indirect: Indirect = "eager") -> Choice:
    """What `--select` and `--exclude` choose; everything if nothing is selected.

    Raises SelectorError with the column for a malformed or unknown term.
    """
    taken = union(select, "select", indirect) if select else union(EVERYTHING, "", indirect)
    return Combined("difference", (taken, union(exclude, "exclude", indirect)))


def union(expressions: Sequence[str], option: str, indirect: Indirect = "eager") -> Combined:
    """Any of the expressions, which may hold several each, parted by spaces. `option` is what errors call the place."""
    text = " ".join(expressions)
    words = ((found.group(), found.start()) for found in re.finditer(r"\S+", text))
    parts = tuple(intersection(word, Location(option, 0, start + 1, text), indirect) for word, start in words)
    return Combined("union", parts, indirect)


def intersection(text: str, at: Location, indirect: Indirect = "eager") -> Combined:
    """All of the terms in `text`. `at` is where it begins."""
    parts, column = [], at.column
    for word in text.split(","):
        parts.append(term(word, Location(at.path, 0, column, at.text), indirect))
        column += len(word) + 1
    return Combined("intersection", tuple(parts), indirect, text if at.path else "")


def term(text: str, at: Location, indirect: Indirect = "eager") -> Term:
    """One term. `at` is where it begins. Raises SelectorError if it is malformed, or its method is unknown."""
    related = text.startswith("@")
    start = int(related)
    parents, parents_depth, used = _above(text[start:])
    start += used
    children, children_depth, used = _below(text[start:])
    end = len(text) - used
    written = _method(text[start:end])
    value_start = start + len(written) + 1 if written else start
    value = text[value_start:end]
    if related and children:
        raise SelectorError("'@' and a '+' at the end exclude each other", at, "'@' takes all that is below already")
    method, *arguments = (written or default_method(value)).split(".")
    known_method(method, _moved(at, start if written else 0))
    return Term(
        method=method,
        arguments=tuple(arguments),
        value=value,
        related=related,
        parents=parents,
        parents_depth=parents_depth,
        children=children,
        children_depth=children_depth,
        indirect=indirect,
        at=_moved(at, value_start),
    )


def _above(text: str) -> tuple[bool, int | None, int]:
    """`2+` at the beginning: whether it is there, the number of steps, the characters it takes."""
    digits, plus, _ = text.partition("+")
    if not plus or not (digits == "" or digits.isdecimal()):
        return False, None, 0
    return True, int(digits) if digits else None, len(digits) + 1


def _below(text: str) -> tuple[bool, int | None, int]:
    """`+2` at the end: whether it is there, the number of steps, the characters it takes."""
    _, plus, digits = text.rpartition("+")
    if not plus or not (digits == "" or digits.isdecimal()):
        return False, None, 0
    return True, int(digits) if digits else None, len(digits) + 1


def _method(text: str) -> str:
    """`config.meta.owner` of `config.meta.owner:me`; "" if none is written."""
    method, colon, _ = text.partition(":")
    return method if colon and method.replace(".", "").replace("_", "").isalnum() else ""


def default_method(value: str) -> str:
    """The method that is meant when none is written."""
    if "/" in value:
        return "path"
    return "file" if value.lower().endswith(_FILE_ENDINGS) else "fqn"


def known_method(method: str, at: Location | None) -> None:
    """Raises SelectorError if there is no such method."""
    if method not in METHODS:
        hint = closest(method, METHODS) or f"there are {', '.join(METHODS)}"
        raise SelectorError(f"no selector method {method!r}", at, hint)


def indirect_named(name: str) -> Indirect:
    """The mode of that name. Raises SelectorError if there is none."""
    for mode in INDIRECT:
        if mode == name:
            return mode
    raise SelectorError(f"no indirect selection {name!r}", None, f"there are {', '.join(INDIRECT)}")


def _moved(at: Location, characters: int) -> Location:
    return Location(at.path, at.line, at.column + characters, at.text)
