"""Arguments of generic tests: values in YAML that may be templates."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

_CALLS = re.compile(r"^\s*(env_var|ref|var|source|doc)\s*\(.+\)\s*$", re.DOTALL)
_ONE_RELATION = re.compile(
    r"\{\{ get_where_subquery\((?P<call>ref|source)\('(?P<first>[^'\\]+)'(?:, '(?P<second>[^'\\]+)')?\)\) \}\}"
)
NAME = "_dbt_generic_test_kwargs"
"""What the text of a generic test calls its arguments."""


def generic_test_call(macro_name: str) -> str:
    """The text of a generic test: that of all with this macro."""
    return "{{ " + macro_name + f"(**{NAME}) }}}}"


class Tested(Struct, frozen=True):
    """The relation under test, as nearly all tests name it: compiling that as a template takes longer than the rest."""

    call: str
    """`ref` or `source`."""
    args: tuple[str, ...]
    template: str


def rendered_argument(value: Any) -> Any:
    """An argument as a template: a call of ref, source, var… is wrapped in braces; what lies inside likewise."""
    if isinstance(value, str):
        return "{{ " + value + " }}" if _CALLS.match(value) else value
    if isinstance(value, dict):
        return {key: rendered_argument(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rendered_argument(each) for each in value]
    return value


def argument_values(
    kwargs: Mapping[str, Any], relation: Callable[[Tested], Any], value: Callable[[str], Any]
) -> dict[str, Any]:
    """The arguments as values: `value` gives that of a template. The column's name is never one."""

    def of(argument: Any) -> Any:
        if isinstance(argument, str):
            plain = _ONE_RELATION.fullmatch(argument)
            if plain is not None:
                args = (plain["first"],) if plain["second"] is None else (plain["first"], plain["second"])
                return relation(Tested(plain["call"], args, argument))
            return value(argument) if "{{" in argument or "{%" in argument else argument
        if isinstance(argument, dict):
            return {key: of(each) for key, each in argument.items()}
        if isinstance(argument, list):
            return [of(each) for each in argument]
        return argument

    return {key: said if key == "column_name" else of(rendered_argument(said)) for key, said in kwargs.items()}
