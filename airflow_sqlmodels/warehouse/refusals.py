"""What Postgres said when it refused, in words that help: the statement's line, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from airflow_sqlmodels.errors import UnreachableError, WarehouseError

_RELATION = re.compile(r'relation "([^"]+)" does not exist')
_COLUMN = re.compile(r'column "?([^" ]+)"? does not exist')
_KEY = re.compile(r"Key \(([^)]+)\)=")
_OWNER = re.compile(r"must be owner of (table|view|materialized view|schema) (\S+)")
_SCHEMA = re.compile(r"for schema (\S+)")
_OBJECT = re.compile(r"for (table|view|sequence|materialized view|function) (\S+)")
_DATABASE = re.compile(r"for database (\S+)")
_THIS_ROLE = "<this role>"


def told(error: Any, statement: str, user: str = "", shift: int = 0) -> WarehouseError:
    """The driver's error as ours: what Postgres said, the line of the statement it points at, a hint.

    `user` is the role that the statement was sent as; `shift`, and the error's own if it has one, are how many
    characters the session put in front of it.
    """
    state = str(getattr(error, "sqlstate", None) or getattr(error, "pgcode", None) or "")
    diagnostic = getattr(error, "diag", None)
    said = getattr(diagnostic, "message_primary", None) or str(error).strip() or type(error).__name__
    detail = getattr(diagnostic, "message_detail", None)
    shift += getattr(error, "shift", 0)
    position = max(int(getattr(diagnostic, "statement_position", None) or 0) - shift, 0)
    if not state or state.startswith(("08", "57P")):
        return UnreachableError(
            f"the warehouse broke off: {said.splitlines()[0]}", None, _HINTS["08"](said), state, statement
        )
    what = f"{said}{f' ({detail})' if detail else ''}{_copied(diagnostic)}{pointed_at(statement, position)}"
    own_hint = getattr(diagnostic, "message_hint", None)
    hint = _hint(state, f"{said} {detail or ''}", own_hint).replace(_THIS_ROLE, user or "the connection's role")
    return WarehouseError(what, None, hint, state, statement, position)


def pointed_at(statement: str, position: int) -> str:
    """The line of the statement with that character (counted from 1) and a caret; "" for position 0."""
    if not position:
        return ""
    offset = position - 1
    line = statement.count("\n", 0, offset)
    lines = statement.split("\n")
    if line >= len(lines):
        return ""
    text = lines[line].expandtabs(1)
    column = offset - (statement.rfind("\n", 0, offset) + 1)
    indent = len(text) - len(text.lstrip())
    caret = " " * max(column - indent, 0) + "^"
    return f"\n    {text[indent:].rstrip()}\n    {caret}    line {line + 1} of the statement"


def _copied(diagnostic: Any) -> str:
    """Where in the rows of a copy, as `COPY orders, line 3, column id: "three"`; "" for other statements."""
    context = getattr(diagnostic, "context", None) or ""
    return f"\n    {context.splitlines()[0]}" if context.startswith("COPY ") else ""


def _hint(state: str, said: str, own: str | None) -> str:
    for code in (state, state[:2]):
        if code in _HINTS:
            found = _HINTS[code](said)
            return f"{found}; Postgres says: {own}" if own and found else found or own or ""
    return own or ""


def _missing_table(said: str) -> str:
    name = _RELATION.search(said)
    where = f" {name[1]!r}" if name else ""
    return f"nobody made{where}: is it spelled right, in this schema, and loaded? Name other models with ref()"


def _missing_column(said: str) -> str:
    name = _COLUMN.search(said)
    return f"no table in this query has {name[1]!r}" if name else "look at the columns of the tables in this query"


def _twice(said: str) -> str:
    found = _KEY.search(said)
    key = found[1] if found else "…"
    return f"two rows have the same key: find them with group by {key} having count(*) > 1"


def _denied(said: str) -> str:
    own = _OWNER.search(said)
    if own:
        return f"let its owner run: alter {own[1]} {own[2]} owner to {_THIS_ROLE}"
    for pattern, grant in (
        (_SCHEMA, "grant usage, create on schema {0} to " + _THIS_ROLE),
        (_DATABASE, "grant create on database {0} to " + _THIS_ROLE),
        (_OBJECT, "grant select on {1} to " + _THIS_ROLE),
    ):
        found = pattern.search(said)
        if found:
            return "let its owner run: " + grant.format(*found.groups())
    return "the connection's role lacks a right: ask the owner for a grant"


# SQLSTATE: postgresql.org/docs/current/errcodes-appendix.html
_HINTS: dict[str, Callable[[str], str]] = {
    "42P01": _missing_table,
    "42703": _missing_column,
    "42501": _denied,
    "3F000": lambda _said: "the schema does not exist: is it spelled right?",
    "42601": lambda _said: "the SQL does not parse at that place: a missing comma or bracket stands before it",
    "42883": lambda _said: "no function of that name takes these types: cast the arguments, or install the extension",
    "42804": lambda _said: "the types do not fit: cast one side",
    "22P02": lambda _said: "a value cannot be read as that type: filter it out, or cast it more carefully",
    "22012": lambda _said: "divide by nullif(…, 0)",
    "23505": _twice,
    "21000": lambda _said: "several rows of the new data have one key: make unique_key unique in the model",
    "55P03": lambda _said: "another session holds a lock that is needed",
    "40P01": lambda _said: "it met another session in a deadlock: run it again",
    "57014": lambda _said: "it was cancelled, or ran into statement_timeout",
    "53100": lambda _said: "the server's disk is full",
    "53300": lambda _said: "the server has no connection left: lower threads or the Airflow pool",
    "08": lambda _said: "run it again once the server is back: a build that broke off left nothing visible",
}
