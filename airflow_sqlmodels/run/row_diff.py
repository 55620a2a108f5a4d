"""How the rows that a query gave differ from those expected, and how that is shown.

Rows are compared as multisets, cell by cell as text, as dbt does: 3.5 is not 3.50.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct

SHOWN_ROWS = 20
"""How many rows that differ are shown."""
MOST_PAIRED = 200
"""Of more rows it is not looked which of those expected turned into which."""
LONGEST_CELL = 60

Row = tuple[Any, ...]


class RowDiff(Struct, frozen=True):
    """What is not the same."""

    columns: tuple[str, ...]
    changed: tuple[tuple[Row, Row], ...]
    """Expected rows, and what came instead: rows that agree in half of their cells or more."""
    missing: tuple[Row, ...]
    """Expected, and not there."""
    extra: tuple[Row, ...]
    """There, and not expected."""
    same: int
    """How many rows are as expected."""

    def __bool__(self) -> bool:
        return bool(self.changed or self.missing or self.extra)


def row_diff(columns: Sequence[str], expected: Iterable[Row], actual: Iterable[Row]) -> RowDiff:
    """The difference; it is false if there is none."""
    wanted, there = _counted(expected), _counted(actual)
    missing = [row for key, row in _left(wanted, there)]
    extra = [row for key, row in _left(there, wanted)]
    same = sum(len(rows) for rows in wanted.values()) - len(missing)
    changed = list(_paired(missing, extra)) if max(len(missing), len(extra)) <= MOST_PAIRED else []
    return RowDiff(tuple(columns), tuple(changed), tuple(missing), tuple(extra), same)


def shown(diff: RowDiff) -> str:
    """The difference as a table: a word for each row, and what was expected before what came."""
    lines = list(_lines(diff))
    cells = [("", *diff.columns), *lines[:SHOWN_ROWS]]
    widths = [max(len(row[n]) for row in cells) for n in range(len(cells[0]))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]
    more = [f"and {len(lines) - SHOWN_ROWS} more"] if len(lines) > SHOWN_ROWS else []
    return "\n".join((_headline(diff), "", *table, *more, *_advice(diff)))


def _headline(diff: RowDiff) -> str:
    counts = (("changed", diff.changed), ("missing", diff.missing), ("extra", diff.extra))
    listed = ", ".join(f"{len(rows)} {word}" for word, rows in counts if rows)
    return f"the rows are not those expected: {listed}, {diff.same} as expected"


def _lines(diff: RowDiff) -> Iterator[tuple[str, ...]]:
    for wanted, came in diff.changed:
        pairs = zip(wanted, came, strict=True)
        yield "changed", *(_cell(a) if _key(a) == _key(b) else f"{_cell(a)} -> {_cell(b)}" for a, b in pairs)
    for row in diff.missing:
        yield "missing", *map(_cell, row)
    for row in diff.extra:
        yield "extra", *map(_cell, row)


def _advice(diff: RowDiff) -> Iterator[str]:
    """Numbers that are equal and look different puzzle people: YAML loses the zeros."""
    for wanted, came in diff.changed:
        for a, b in zip(wanted, came, strict=True):
            if isinstance(a, Decimal) and a == b and str(a) != str(b):
                yield ""
                yield f"{a} and {b} are one number with other decimals, which counts: write '{b}', in quotes"
                return


def _cell(value: Any) -> str:
    text = "null" if value is None else str(value)
    text = repr(text)[1:-1] if "\n" in text else text
    return text if len(text) <= LONGEST_CELL else f"{text[: LONGEST_CELL - 1]}…"


def _key(value: Any) -> str | None:
    return None if value is None else str(value)


def _counted(rows: Iterable[Row]) -> dict[tuple[str | None, ...], list[Row]]:
    found: dict[tuple[str | None, ...], list[Row]] = {}
    for row in rows:
        found.setdefault(tuple(map(_key, row)), []).append(row)
    return found


def _left(
    one: dict[tuple[str | None, ...], list[Row]], other: dict[tuple[str | None, ...], list[Row]]
) -> list[tuple[tuple[str | None, ...], Row]]:
    """What is in one and not in the other."""
    return [(key, row) for key, rows in one.items() for row in rows[len(other.get(key, ())) :]]


def _paired(missing: list[Row], extra: list[Row]) -> Iterator[tuple[Row, Row]]:
    """The rows that belong together; they are taken out of both lists."""
    scores: Counter[tuple[int, int]] = Counter()
    for m, wanted in enumerate(missing):
        for e, came in enumerate(extra):
            score = sum(_key(a) == _key(b) for a, b in zip(wanted, came, strict=True))
            if 2 * score >= len(wanted) and score:
                scores[m, e] = score
    taken: list[tuple[int, int]] = []
    for (m, e), _ in sorted(scores.items(), key=lambda each: (-each[1], each[0])):
        if all(m != other_m and e != other_e for other_m, other_e in taken):
            taken.append((m, e))
    pairs = [(missing[m], extra[e]) for m, e in sorted(taken)]
    for m in sorted((m for m, _ in taken), reverse=True):
        del missing[m]
    for e in sorted((e for _, e in taken), reverse=True):
        del extra[e]
    yield from pairs
