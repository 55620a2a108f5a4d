"""What type a column of a CSV has, by dbt's rules: the first of number, date, time stamp, bool that fits every value.

One rule is ours: whole numbers beyond four bytes become bigint (dbt says integer, and the load fails).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable
from decimal import Decimal, InvalidOperation

NULLS = ("", "null")
"""What stands for a missing value, whatever its case. An empty text is none."""

_INT4, _INT8 = 2**31, 2**63
_CURRENCY = re.compile(r"^[\s$€£¥₩₹%]+|[\s$€£¥₩₹%]+$")


def is_null(value: str) -> bool:
    """Whether a cell holds nothing."""
    return value.strip().lower() in NULLS


def number_in(value: str) -> Decimal | None:
    """The number a cell shows, with currency signs, percent signs, thousands separators; None if it shows none."""
    bare = _CURRENCY.sub("", value.strip()).replace(",", "").replace("_", "")
    sign = "-" if value.strip().startswith("-") else ""
    bare = bare if not sign or bare.startswith("-") else sign + bare
    try:
        return Decimal(bare) if bare else None
    except InvalidOperation:
        return None


def column_type(values: Iterable[str]) -> str:
    """The type for a column with these cells; `integer` if all are empty."""
    present = [value for value in values if not is_null(value)]
    numbers = _numbers(present)
    if numbers is not None:
        return _number_type(numbers)
    for kind, fits in _TYPES:
        if all(fits(value) for value in present):
            return kind
    return "text"


def plain_value(value: str, kind: str) -> str | None:
    """A cell as Postgres reads it for a column of that type; None for a null."""
    if kind == "text":
        return None if is_null(value) else value
    if is_null(value):
        return None
    if kind in ("integer", "bigint", "numeric", "double precision"):
        number = number_in(value)
        assert number is not None, value
        return str(int(number)) if kind in ("integer", "bigint") else str(number)
    return value.strip()


def _numbers(present: list[str]) -> list[Decimal] | None:
    numbers = []
    for value in present:
        number = number_in(value)
        if number is None or not number.is_finite():
            return None
        numbers.append(number)
    return numbers


def _number_type(numbers: list[Decimal]) -> str:
    if any(number != number.to_integral_value() for number in numbers):
        return "double precision"
    largest = max((abs(number) for number in numbers), default=Decimal(0))
    if largest < _INT4:
        return "integer"
    return "bigint" if largest < _INT8 else "numeric"


def _is_date(value: str) -> bool:
    try:
        datetime.datetime.strptime(value.strip(), "%Y-%m-%d")
    except ValueError:
        return False
    return True


_STAMP = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:?\d\d)?$")


def _is_stamp(value: str) -> bool:
    """A time stamp to the second; with fractions it stays text."""
    text = value.strip()
    if not _STAMP.match(text):
        return False
    try:
        datetime.datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_bool(value: str) -> bool:
    return value.strip().lower() in ("true", "false")


_TYPES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("date", _is_date),
    ("timestamp without time zone", _is_stamp),
    ("boolean", _is_bool),
)
