"""Ephemeral models: their SQL becomes a CTE of the query that reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_SPACE = re.compile(r"\s*")
_COMMENT_OR_SPACE = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_WITH = re.compile(r"with(\s+recursive)?\b\s*", re.IGNORECASE)


def with_ctes(sql: str, ctes: Iterable[tuple[str, str]]) -> str:
    """`sql` with the (name, query) pairs put before its own CTEs, or at its beginning if it has none.

    Spaces are where dbt has them: compiled SQL is compared.

    >>> print(with_ctes("select * from a", [("a", "select 1")]))
    with a as (
    select 1
    ) select * from a
    """
    joined = ", ".join(f" {name} as (\n{query}\n)" for name, query in ctes)
    if not joined:
        return sql
    own = _WITH.match(sql, _end(_COMMENT_OR_SPACE, sql))
    if own is None:
        begin = _end(_SPACE, sql)
        return f"{sql[:begin]}with{joined} {sql[begin:]}"
    return f"{sql[: own.end()]}{joined}, {sql[own.end() :]}"


def _end(pattern: re.Pattern[str], sql: str) -> int:
    found = pattern.match(sql)
    return found.end() if found else 0
