"""YAML with places: every mapping and list knows the line and column of what it holds."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Collection
from typing import Any

import yaml

from airflow_sqlmodels.errors import Location, ProjectError

_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "tag:yaml.org,2002:merge"
_STRING = "tag:yaml.org,2002:str"
_PLAIN: dict[str, Callable[[str], Any]] = {
    "tag:yaml.org,2002:null": lambda _text: None,
    "tag:yaml.org,2002:bool": lambda text: text.lower() in ("yes", "true", "on"),
}


class _Loader(_BASE):  # type: ignore[misc]
    """The safe loader of YAML, quicker to tell what a plain word is."""

    # nobody gave it tags for paths, so these have nothing to do: something that does it at once, called for each value
    descend_resolver: Any = staticmethod(operator.is_)
    ascend_resolver: Any = staticmethod(dict)

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """The tag of a value that has none."""
        if kind is not yaml.ScalarNode or not implicit[0] or len(value) > _LONGEST_WORD:
            return super().resolve(kind, value, implicit)
        tag = _TAGS.get(value)
        if tag is None:
            tag = super().resolve(kind, value, implicit)
            if len(_TAGS) < _MOST_WORDS:
                _TAGS[value] = tag
        return tag


_TAGS: dict[str, str] = {}
"""What plain words are: the same few stand in all files."""
_MOST_WORDS, _LONGEST_WORD = 10_000, 50


class YamlMap(dict[str, Any]):
    """A mapping that knows where each of its keys stands."""

    __slots__ = ("odd", "places")

    def __init__(self) -> None:
        super().__init__()
        self.places: dict[str, tuple[int, int]] = {}
        self.odd: dict[str, Any] | None = None
        """The keys that are no text, by the text that they are made here, as nearly all keys of a project are names."""


class YamlList(list[Any]):
    """A list that knows where each of its items stands."""

    __slots__ = ("places",)

    def __init__(self) -> None:
        super().__init__()
        self.places: list[tuple[int, int]] = []


def parse_yaml(text: str, path: str, twice: list[tuple[str, int, int]] | None = None) -> Any:
    """The document in `text`; None if it is empty. Raises ProjectError with the place if it is not YAML.

    As in dbt it does no harm if the first line alone is indented. `twice` gets each key that stands in its mapping
    already, with its line and column, counted from 0.
    """
    begun = text.lstrip()
    if text[:1].isspace() and begun != text:
        try:
            return _parsed(text, path, twice)
        except ProjectError:
            if twice is not None:
                twice.clear()
            lines = "\n" * text[: len(text) - len(begun)].count("\n")  # so that places stay what they are
            return _parsed(lines + begun, path, twice)
    return _parsed(text, path, twice)


def _parsed(text: str, path: str, twice: list[tuple[str, int, int]] | None) -> Any:
    loader: Any = _Loader(text)
    loader.twice = twice
    try:
        node = loader.get_single_node()
        return None if node is None else _value(loader, node)
    except yaml.MarkedYAMLError as error:
        raise ProjectError(_what(error), _place(error, text, path), _check(text, error)) from error
    except (yaml.YAMLError, ValueError) as error:
        raise ProjectError(f"this is not YAML: {error}", Location(path)) from error
    finally:
        loader.dispose()


def place_in(container: Any, key: Any, path: str, text: str = "") -> Location:
    """Where `key` of a mapping, or item number `key` of a list, stands."""
    places = getattr(container, "places", None)
    if not places:
        return Location(path)
    try:
        line, column = places[key]
    except (KeyError, IndexError):
        return Location(path)
    lines = _lines(text)
    return Location(path, line + 1, column + 1, lines[line] if len(lines) > line else "")


@functools.lru_cache(maxsize=8)
def _lines(text: str) -> list[str]:
    """The lines of a file: one that describes much is asked for many places."""
    return text.split("\n") if text else []


def plain(value: Any) -> Any:
    """The value as ordinary dicts and lists, without places."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, list):
        return [plain(each) for each in value]
    return value


NAMED = ("meta", "grants")
"""Configs whose keys are texts, as in dbt, whatever YAML makes of them."""


def with_numbers(value: Any, named: Collection[str] = ()) -> Any:
    """The same, but keys that are numbers stay numbers: a template asks `var('names')[7]`, as with dbt.

    `named`: below these keys they are texts all the same.
    """
    if isinstance(value, dict):
        odd = getattr(value, "odd", None)
        numbers = {text: key for text, key in odd.items() if key.__class__ in (int, float)} if odd else {}
        return {
            numbers.get(key, key): plain(each) if key in named else with_numbers(each, named)
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [with_numbers(each, named) for each in value]
    return value


def _value(loader: Any, node: Any) -> Any:
    if node.__class__ is yaml.ScalarNode:
        if node.tag == _STRING:
            return node.value
        convert = _PLAIN.get(node.tag)
        if convert is None:
            return loader.construct_object(node)
        return convert(node.value)
    if node.__class__ is yaml.SequenceNode:
        items = YamlList()
        for each in node.value:
            items.append(_value(loader, each))
            items.places.append((each.start_mark.line, each.start_mark.column))
        return items
    return _mapping(loader, node)


def _mapping(loader: Any, node: Any) -> YamlMap:
    merged = any(key.tag == _MERGE for key, _ in node.value)  # then keys may well come twice
    loader.flatten_mapping(node)
    result = YamlMap()
    for key_node, value_node in node.value:
        key = _value(loader, key_node)
        if key.__class__ is not str:
            given, key = key, str(key)
            result.odd = result.odd or {}
            result.odd[key] = given
        place = (key_node.start_mark.line, key_node.start_mark.column)
        if key in result.places and loader.twice is not None and not merged:
            loader.twice.append((key, *place))
        result[key] = _value(loader, value_node)
        result.places[key] = place
    return result


def _what(error: yaml.MarkedYAMLError) -> str:
    context = f"{error.context}: " if error.context else ""
    return f"this is not YAML: {context}{error.problem}"


def _place(error: yaml.MarkedYAMLError, text: str, path: str) -> Location:
    mark = error.problem_mark or error.context_mark
    if mark is None:
        return Location(path)
    lines = text.split("\n")
    shown = lines[mark.line] if mark.line < len(lines) else ""
    return Location(path, mark.line + 1, mark.column + 1, shown)


def _check(text: str, error: yaml.MarkedYAMLError) -> str:
    mark = error.problem_mark
    lines = text.split("\n")
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "indent with spaces: YAML allows no tabs there"
    if "{{" in line:
        return "quote the whole value: a value that begins with {{ must stand in quotes"
    if "expected ',' or" in (error.problem or ""):
        return "quote the value: between [ ] and { } one that holds a comma, a colon, a quote or a bracket needs quotes"
    if line.count(": ") > 1:
        return "quote the value: it holds a colon followed by a space"
    return "check the indent: keys of one mapping must begin in the same column, list items with a dash and a space"
