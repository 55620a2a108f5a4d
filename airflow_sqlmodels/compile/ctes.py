"""Ephemeral models: their SQL becomes a CTE of the query that reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable

_COMMENT_OR_SPACE = re.compile(r"(?:\s+|--[^\n]*(?:\n|$)|/\*.*?\*/)*", re.DOTALL)
_WITH = re.compile(r"with(\s+recursive)?\b", re.IGNORECASE)


def with_ctes(sql: str, ctes: Iterable[tuple[str, str]]) -> str:
    """`sql` with the (name, query) pairs put before its own CTEs, or before its first word if it has none.

    >>> print(with_ctes("select * from a", [("a", "select 1")]))
    with a as (
    select 1
    )
    select * from a
    """
    listed = [f"{name} as (\n{query}\n)" for name, query in ctes]
    if not listed:
        return sql
    start = _COMMENT_OR_SPACE.match(sql)
    begin = start.end() if start else 0
    own = _WITH.match(sql, begin)
    joined = ", ".join(listed)
    if own is None:
        return f"{sql[:begin]}with {joined}\n{sql[begin:]}"
    return f"{sql[: own.end()]} {joined},{sql[own.end() :]}"
