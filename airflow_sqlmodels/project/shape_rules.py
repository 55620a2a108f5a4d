"""Shapes that a value may have, and where in it something is of another. What has which shape is said elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from airflow_sqlmodels.errors import closest
from airflow_sqlmodels.project.rendering import is_template

TEXT: Final = "a text"
SCALAR: Final = "a text or a number"
"""A date, true and false will do as well: they are read as they are written."""
TEXTS: Final = "a text or a list of texts"
WHOLE: Final = "a whole number"
NUMBER: Final = "a number"
PERIOD: Final = "a number and a unit of time"
BOOLEAN: Final = "true or false"
MAPPING: Final = "a mapping"
LIST: Final = "a list"
ANY: Final = "anything"


@dataclass(frozen=True, slots=True)
class Maybe:
    """What may be nothing, too: `schema:` with nothing behind it."""

    shape: Plain


@dataclass(frozen=True, slots=True)
class Closed:
    """A mapping that has no other keys than these."""

    keys: dict[str, Any]
    needs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """One of these words, in capital or small letters."""

    of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of several shapes, which values of different types have: a text, or a mapping with these keys."""

    shapes: tuple[Plain, ...]


Plain = str | tuple[str, ...] | Word | dict[str, Any] | list[Any] | Closed | Either
Shape = Plain | Maybe
"""One of the words above, the words that are allowed, a mapping of known keys to shapes (others are anything), or a
list with the shape of all."""


class Fault(NamedTuple):
    """Something that is of another shape."""

    container: Any
    key: Any
    """Where it stands: the key or index in the container."""
    what: str
    hint: str


def misshapen(value: Any, said: Shape, container: Any = None, key: Any = None) -> Iterator[Fault]:
    """Where a value is of another shape than it must be. `container` and `key`: where it stands itself."""
    shape = said.shape if isinstance(said, Maybe) else said
    if _tells_nothing(value, said):
        return
    if isinstance(shape, (str, tuple, Word)):
        if not _is(shape, value):
            yield _must(container, key, shape)
    elif isinstance(shape, list) and isinstance(value, list):
        for index, each in enumerate(value):
            yield from misshapen(each, shape[0], value, index)
    elif isinstance(shape, (dict, Closed)) and isinstance(value, dict):
        yield from _in_mapping(value, shape, container, key)
    elif isinstance(shape, Either) and (fitting := [each for each in shape.shapes if _could_be(each, value)]):
        yield from misshapen(value, _best(fitting, value), container, key)
    else:
        yield _must(container, key, shape)


def _best(shapes: list[Plain], value: Any) -> Plain:
    """Of several shapes of mappings the one whose keys are there."""
    return next((each for each in shapes if not isinstance(each, Closed) or value.keys() >= {*each.needs}), shapes[0])


def _could_be(shape: Plain, value: Any) -> bool:
    """Whether a value is of the type that a shape is about, whatever is in it."""
    word = _word(shape)
    return word is not None and _is(word, value)


def _word(shape: Plain) -> str | tuple[str, ...] | Word | None:
    """The word for a shape, without what is in it; None for one of several."""
    match shape:
        case str() | tuple() | Word():
            return shape
        case list():
            return LIST
        case Either():
            return None
        case _:
            return MAPPING


def _tells_nothing(value: Any, shape: Shape) -> bool:
    """Whether it may be nothing and is, or is a template: what that gives is seen when it is rendered."""
    return isinstance(shape, Maybe) if value is None else isinstance(value, str) and is_template(value)


def _in_mapping(value: dict[str, Any], shape: dict[str, Any] | Closed, container: Any, key: Any) -> Iterator[Fault]:
    keys = shape.keys if isinstance(shape, Closed) else shape
    for inner, each in value.items():
        if inner in keys:
            yield from misshapen(each, keys[inner], value, inner)
    if not isinstance(shape, Closed):
        return
    for inner in shape.needs:
        if inner not in value:
            hint = f"add '{inner}: …'"
            place = (value, "name") if container is None else (container, key)
            yield Fault(place[0], place[1], f"{inner!r} is a required property", hint)
    for inner in (each for each in value if each not in keys):
        what = f"Additional properties are not allowed ({inner!r} was unexpected)"
        inside = "put it below 'config:'" if "config" in keys and inner in _OFTEN_BESIDE else ""
        yield Fault(value, inner, what, inside or closest(str(inner), keys) or f"there are {', '.join(keys)}")


_OFTEN_BESIDE = ("enabled", "tags", "meta", "group", "event_time")


def _must(container: Any, key: Any, shape: Plain) -> Fault:
    what = f"{key!r} must be {_said(shape)}" if isinstance(key, str) else f"this must be {_said(shape)}"
    value = container[key]
    hint = _hint(shape, value)
    if value is None and isinstance(key, str):
        hint = f"leave {key!r} away, or write something behind it"
    return Fault(container, key, f"{what}, not {_shown(value)}", hint)


def _said(shape: Plain) -> str:
    match shape:
        case tuple() | Word():
            return f"one of {', '.join(map(repr, shape if isinstance(shape, tuple) else shape.of))}"
        case Either(shapes):
            return " or ".join(map(_said, shapes))
        case _:
            return str(_word(shape))


def _hint(shape: Plain, value: Any) -> str:
    match shape:
        case tuple():
            return closest(str(value), shape)
        case Word(words):
            return closest(str(value), words)
        case Either(shapes):
            return next(filter(None, (_hint(each, value) for each in shapes)), "")
        case _:
            return _HINTS.get(str(_word(shape)), "")


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "nothing" if value is None else repr(value)


_HINTS = {
    LIST: "begin each entry with a dash",
    MAPPING: "write each as 'key: value'",
    TEXT: "put quotes around it",
    SCALAR: "quote it if it holds a colon, brackets or braces",
    TEXTS: "write one text, or a list of texts: [a, b]",
    BOOLEAN: "write it without quotes",
    WHOLE: "write it without quotes",
    NUMBER: "write it without quotes",
    PERIOD: "write them with one space between: 7 days",
}


def _is(shape: str | tuple[str, ...] | Word, value: Any) -> bool:
    if isinstance(shape, tuple):
        return value in shape
    if isinstance(shape, Word):
        return isinstance(value, str) and value.lower() in shape.of
    if shape == PERIOD:
        return isinstance(value, str) and re.fullmatch(r"\d+ \S*", value) is not None
    if shape == SCALAR:
        return value is not None and not isinstance(value, (list, dict))
    if shape == TEXTS and isinstance(value, list):
        return not any(isinstance(each, (list, dict)) for each in value)
    if shape in (WHOLE, NUMBER) and isinstance(value, bool):
        return False
    if shape == WHOLE and isinstance(value, float):
        return value.is_integer()  # as JSON has it
    return isinstance(value, _TYPES[shape])


_TYPES: dict[str, Any] = {
    TEXT: str,
    TEXTS: (str, int, float),
    WHOLE: int,
    NUMBER: (int, float),
    BOOLEAN: bool,
    MAPPING: dict,
    LIST: list,
    ANY: object,
}
