"""What a contract that is not kept is told with."""

from __future__ import annotations

from collections.abc import Collection, Mapping

FAILED = "This model has an enforced contract that failed."
"""What people look for."""


def mismatches(wanted: Mapping[str, str], given: Mapping[str, str], unlike: Collection[str]) -> str:
    """The columns that a contract promises and those that a query gives, name to type; `unlike` are those told."""
    rows = [("column", "query", "contract", "")]
    for name in sorted(unlike):
        # dbt's words: people look for them
        missing = "missing in contract" if name not in wanted else "missing in definition"
        reason = "data type mismatch" if name in wanted and name in given else missing
        rows.append((name, given.get(name, "-"), wanted.get(name, "-"), reason))
    widths = [max(len(row[index]) for row in rows) for index in range(4)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return f"{FAILED} The query's columns are not those of the contract:\n" + "\n".join(f"    {line}" for line in lines)
