"""Rows as a plain table: `| id | amount |`."""

from __future__ import annotations

import datetime
import decimal
import json
from collections.abc import Iterable, Sequence

WIDEST = 40
"""Characters of a value that are shown."""

_RIGHT = (int, float, decimal.Decimal, datetime.date)


def table_lines(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> list[str]:
    """The names of the columns, a rule, the rows; numbers, truth values and times stand on the right, as with dbt."""
    values = list(rows)
    texts = [tuple(columns), *(tuple(_cell(value) for value in row) for row in values)]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    sides = [_side([row[place] for row in values]) for place in range(len(widths))]
    lines = [
        "| " + " | ".join(f"{text:{side}{w}}" for text, side, w in zip(row, sides, widths, strict=True)) + " |"
        for row in texts
    ]
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return [lines[0], rule, *lines[1:]]


def _side(column: Sequence[object]) -> str:
    """On which side its values stand, as a format has it."""
    known = [value for value in column if value is not None]
    return ">" if known and all(isinstance(value, _RIGHT) for value in known) else "<"


def _cell(value: object) -> str:
    text = "" if value is None else str(value) if not isinstance(value, dict) else json.dumps(value)
    text = text.replace("\n", " ")
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
