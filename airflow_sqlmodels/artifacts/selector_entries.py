"""Selectors of selectors.yml as manifest.json has them: what is written as a text is taken apart, as in dbt."""

from __future__ import annotations

import re
from typing import Any

from airflow_sqlmodels.graph.selector import default_method

_TEXT = re.compile(
    r"(?P<childrens_parents>@)?(?P<parents>(?P<parents_depth>\d*)\+)?(?:(?P<method>[\w.]+):)?(?P<value>.*?)"
    r"(?P<children>\+(?P<children_depth>\d*))?",
    re.DOTALL,
)
_FLAGS = ("childrens_parents", "parents", "children")
_SETS = ("union", "intersection", "exclude")


def selector_entry(said: Any) -> Any:
    """The entry of one selector."""
    if not isinstance(said, dict):
        return said
    shown = {**said, "definition": _taken_apart(said.get("definition"))}
    if isinstance(said.get("description"), str):
        shown["description"] = said["description"].removesuffix("\n")
    return shown


def _taken_apart(said: Any) -> Any:
    if isinstance(said, str):
        return _criteria(said)
    if not isinstance(said, dict):
        return said
    if len(said) == 1 and not said.keys() & {*_SETS}:
        return {"method": next(iter(said)), "value": next(iter(said.values()))}
    if "method" in said:
        return said  # what it excludes stays as it is written, as in dbt
    return {
        key: [_taken_apart(each) for each in value] if key in _SETS and isinstance(value, list) else value
        for key, value in said.items()
    }


def _criteria(text: str) -> dict[str, Any]:
    found = _TEXT.fullmatch(text)
    assert found is not None, text  # the value may be anything
    parts = found.groupdict()
    parts["method"] = parts["method"] or default_method(parts["value"])
    return {key: bool(value) if key in _FLAGS else value for key, value in parts.items() if value}
