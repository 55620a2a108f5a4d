"""The names that a template calls, from its text, for the most part without Jinja's parser.

For a library of macros the parser takes as long as all the rest of loading a project. What is found here is what
`static` finds, for a template that Jinja accepts; what Jinja would refuse is not always noticed.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from airflow_sqlmodels.templating.static import STRING, TOKEN, TemplateReader, called_names

_PART = re.compile(
    rf"\badapter\.dispatch\(\s*(?:macro_name\s*=\s*)?(?P<name>{STRING})"
    rf"\s*(?:,\s*(?:macro_namespace\s*=\s*)?(?P<space>{STRING})\s*)?,?\s*\)"
    rf"|(?P<text>{STRING})"
    r"|(?P<word>[^\W\d]\w*(?:\.[^\W\d]\w*)*)"
    r"|(?P<sign>[^\s\w])"
)
_ANYTHING = re.compile(r"\b(?:builtins|context|graph)\b")
"""Through these anything may be called."""
_GROUPS = ("and", "else", "if", "in", "is", "not", "or")
"""Words behind which a parenthesis calls nothing."""
_NO_CALLS = ("|", "is", "filter", "macro")
"""Behind these a name is a filter, a test, or what is defined."""
_VALUES = (")", "]", "}", "'")
"""What a value may end with; "'" stands for a text."""


class _UnsureError(Exception):
    """It needs the parser."""


def called_in(text: str, reader: TemplateReader) -> tuple[str, ...] | None:
    """The names called in a template, each once, the arguments of a call before it; None for what is no template.

    What has no name is a "?", and so is it in front of a dot.
    """
    found: dict[str, None] = {}
    for token in TOKEN.finditer(text):
        code = token["expression"] or token["rest"] or ""
        try:
            names: Sequence[str] = _calls(token["word"] or "", code) if _calls_something(code) else ()
        except _UnsureError:
            calls = reader.in_token(token)
            if calls is None:
                return None
            names = called_names(calls)
        found.update(dict.fromkeys(names))
    return tuple(found)


def _calls_something(code: str) -> bool:
    if _ANYTHING.search(code):
        raise _UnsureError
    return "(" in code


def _calls(statement: str, code: str) -> list[str]:
    """The names called in an expression, or behind the first word of a statement."""
    found: list[str] = []
    open_calls: list[str | None] = []
    first, before, last = "", "", statement if statement in _NO_CALLS else ""
    for part in _PART.finditer(code):
        now = part["word"] or part["sign"] or ("'" if part["text"] else ")")
        if part["name"]:
            found.append(f"dispatch:{part['space'][1:-1] + '.' if part['space'] else ''}{part['name'][1:-1]}")
        elif now == "if" and last and statement != "for":
            raise _UnsureError  # what stands behind it is asked for first
        elif now == "(":
            open_calls.append(_callee(first, before, last))
        elif part["sign"] == ")" and open_calls:
            name = open_calls.pop()
            found += () if name is None else (name,)
        first, before, last = before, last, now
    if open_calls:
        raise _UnsureError
    return found


def _callee(first: str, before: str, last: str) -> str | None:
    """What a parenthesis calls that opens behind three parts of an expression; None if it calls nothing with a name."""
    if last in _VALUES:
        return None if last == ")" else "?"
    if not last[:1].isidentifier() or last in _GROUPS or before in _NO_CALLS:
        return None
    if last == "adapter.dispatch" or (before == "." and first not in _VALUES):
        raise _UnsureError
    return f"?.{last}" if before == "." else last
