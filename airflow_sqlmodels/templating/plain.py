"""Templates that need no Jinja: text, comments, and calls with literal arguments, `{{ ref('orders') }}`.

Most models are like that. Jinja compiles every template to Python first, which takes longer than all the rest of a
small task, and a task would have to import it.
"""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

_OPENS = re.compile(r"\{[{%#]")
_STRING = r"'[^'\\]*'|\"[^\"\\]*\""
_TAG = re.compile(
    rf"\{{\{{\s*config\((?:[^()'\"]|{_STRING})*\)\s*\}}\}}"
    rf"|\{{\{{(?![-+])(?P<expression>(?:[^'\"{{}}\\]|{_STRING})*)(?<![-+])\}}\}}"
    r"|\{#(?![-+])(?:(?!#\}).)*(?<![-+])#\}",
    re.DOTALL,
)
"""One that says nothing of the spaces around it. What `config` is told here was read while loading."""
_NAMED = re.compile(r"\s*(?P<name>ref|source)\(\s*'(?P<a>[^']*)'\s*(?:,\s*'(?P<b>[^']*)'\s*)?\)\s*")
"""What most calls are; parsing them would take ten times as long."""
_STRINGS, _PREFIXED = re.compile(_STRING), re.compile(r"\w''")  # r'…' is no literal in Jinja
_WORDS = {"true": True, "false": False, "none": None}


class PlainCall(Struct, frozen=True):
    """`name(…)` or `package.name(…)`, or `this`."""

    name: str
    package: str | None = None
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    more_kwargs: str | None = None
    """The name whose value holds arguments too: `**name`. Data tests are called like that."""
    offset: int = 0
    """Where it stands in the template."""


class _NotPlainError(Exception):
    """It needs Jinja after all."""


def plain_parts(template: str) -> list[str | PlainCall] | None:
    """A template as texts and calls; None if it needs Jinja."""
    if "\r" in template:  # Jinja makes all line ends the same
        return None
    template = template.removesuffix("\n")  # as Jinja does, once
    parts: list[str | PlainCall] = []
    at = 0
    while (opening := _OPENS.search(template, at)) is not None:
        tag = _TAG.match(template, opening.start())
        if tag is None:
            return None
        parts.append(template[at : tag.start()])
        if tag["expression"] is not None:
            call = _call(tag["expression"], tag.start())
            if call is None:
                return None
            parts.append(call)
        at = tag.end()
    parts.append(template[at:])
    return parts


@functools.lru_cache(maxsize=512)  # all tests of a kind have the same
def _call(expression: str, offset: int) -> PlainCall | None:
    named = _NAMED.fullmatch(expression)
    if named is not None:
        args = (named["a"],) if named["b"] is None else (named["a"], named["b"])
        return PlainCall(named["name"], None, args, offset=offset)
    if _PREFIXED.search(_STRINGS.sub("''", expression)):
        return None
    try:
        return _parsed(ast.parse(f"({expression})", mode="eval").body, offset)
    except (SyntaxError, ValueError, _NotPlainError):
        return None


def _parsed(tree: ast.expr, offset: int) -> PlainCall:
    match tree:
        case ast.Name("this"):
            return PlainCall("this", offset=offset)
        case ast.Call(ast.Name(name)):
            package = None
        case ast.Call(ast.Attribute(ast.Name(package), name)):
            pass
        case _:
            raise _NotPlainError
    kwargs = {str(each.arg): _literal(each.value) for each in tree.keywords if each.arg is not None}
    match [each.value for each in tree.keywords if each.arg is None]:
        case []:
            more = None
        case [ast.Name(more)]:
            pass
        case _:
            raise _NotPlainError
    return PlainCall(name, package, tuple(map(_literal, tree.args)), kwargs, more, offset)


def _literal(tree: ast.expr) -> Any:
    match tree:
        case ast.Constant(value) if value is None or isinstance(value, (str, int, float)):
            return value
        case ast.Name(word) if word in _WORDS:
            return _WORDS[word]
        case ast.List(items):
            return [_literal(each) for each in items]
        case ast.UnaryOp(ast.USub(), ast.Constant(value)) if isinstance(value, (int, float)):
            return -value
        case _:
            raise _NotPlainError
