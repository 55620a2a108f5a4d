"""What type a column of a CSV has, by dbt's rules: the first of number, date, time stamp, bool that fits every value.

Two rules are ours: whole numbers beyond four bytes become bigint, beyond eight bytes numeric (dbt says integer, and the
load fails); and `nan` is text (dbt says integer, and the load fails).
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal, InvalidOperation

from msgspec import Struct, field

NULLS = ("", "null")
"""What stands for a missing value, whatever its case. An empty text is none."""

_INT4, _INT8 = 2**31, 2**63
_CURRENCY = re.compile(r"[\s$€£¥₩₹%]+")
_INTEGER, _DECIMAL = r"-?[1-9]\d{0,8}|0", r"-?(?:0|[1-9]\d{0,8})\.\d{1,9}"
_PLAIN_INTEGER = re.compile(_INTEGER, re.ASCII)
_PLAIN_INTEGERS, _PLAIN_NUMBERS = (
    re.compile(rf"(?:{each})?(?:\n(?:{each})?)*", re.ASCII) for each in (_INTEGER, f"{_INTEGER}|{_DECIMAL}")
)
"""Cells of a column, each on a line, empty ones among them: what most columns of numbers are."""
_PLAIN_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_PLAIN_STAMP = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_NOT_ISO = re.compile(r"\s|T\d\d:?\d\d[.,]")
"""What Python reads, and not in the way of ISO 8601: blanks, and fractions of a minute."""
_STAMP_TYPE = "timestamp without time zone"


def is_null(value: str) -> bool:
    """Whether a cell holds nothing.

    >>> [is_null(each) for each in ("", " ", "NULL", "none")]
    [True, True, True, False]
    """
    return not value or value.strip().lower() in NULLS


def number_in(value: str) -> Decimal | None:
    """The number a cell shows, with currency signs, percent signs, thousands separators; None if it shows none.

    >>> [str(number_in(each)) for each in ("$1,000", "-5%", "1e3", "00501", "1_000", "abc", "nan")]
    ['1000', '-5', '1E+3', '501', '1000', 'None', 'None']
    """
    bare = value.strip()
    sign = "-" if bare.startswith("-") else ""
    start, end = _CURRENCY.match(bare.removeprefix("-")), len(bare.rstrip("$€£¥₩₹% "))
    bare = sign + bare[:end].removeprefix("-")[start.end() if start else 0 :].replace(",", "")
    try:
        number = Decimal(bare)
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


class TypeGuess(Struct):
    """The type of one column, told some cells at a time, so that a file of any size is read once for it.

    The order of the cells means nothing.
    """

    _kinds: list[str] = field(default_factory=lambda: ["number", *_FITS, "text"])
    """What still fits all values, in dbt's order."""
    _largest: Decimal = Decimal(0)
    _is_whole: bool = True

    def add(self, values: Sequence[str]) -> None:
        """Take more cells into account."""
        if self._kinds[0] == "text" or (self._kinds[0] == "number" and self._are_plain_numbers(values)):
            return
        for value in set(values):
            self._add(value)

    def _add(self, value: str) -> None:
        if self._kinds[0] == "text" or is_null(value):
            return
        if self._kinds[0] == "number" and self._add_number(value):
            return
        self._kinds = [kind for kind in self._kinds if kind == "text" or (kind != "number" and _FITS[kind](value))]

    @property
    def sql_type(self) -> str:
        """Postgres's name for it; `integer` for a column without any value."""
        kind = self._kinds[0]
        if kind in _STAMPS:
            return _STAMP_TYPE
        if kind != "number":
            return kind
        if not self._is_whole:
            return "double precision"
        if self._largest < _INT4:
            return "integer"
        return "bigint" if self._largest < _INT8 else "numeric"

    def _are_plain_numbers(self, values: Sequence[str]) -> bool:
        """Whether all are numbers that tell nothing else, or nothing: it takes a twentieth of looking at each."""
        pattern = _PLAIN_INTEGERS if self._is_whole else _PLAIN_NUMBERS
        if not _all_match(pattern, values):
            return False
        if any(values):
            self._seen_number()
        return True

    def _add_number(self, value: str) -> bool:
        if _PLAIN_INTEGER.fullmatch(value):  # most of them: below 2^31, whole
            self._seen_number()
            return True
        number = number_in(value)
        if number is None:
            return False
        self._seen_number()
        self._largest = max(self._largest, abs(number))
        self._is_whole = self._is_whole and number == number.to_integral_value()
        return True

    def _seen_number(self) -> None:
        """A number is neither date nor bool, so text is all that is left if another value is no number."""
        self._kinds = ["number", "text"]


def column_type(values: Iterable[str]) -> str:
    """The type for a column with these cells."""
    guess = TypeGuess()
    guess.add(tuple(values))
    return guess.sql_type


def plain_values(values: Sequence[str], kind: str) -> list[str | None]:
    """Cells as Postgres reads them for a column of a guessed type; None for a null."""
    if kind == "text":
        return [None if is_null(value) else value for value in values]
    plain = {"integer": _PLAIN_INTEGERS, "double precision": _PLAIN_NUMBERS}.get(kind)
    if plain is not None and _all_match(plain, values):
        return [value or None for value in values]
    # dates, times and truths come again and again
    known = {value: _plain_value(value, kind) for value in set(values)}
    return [known[value] for value in values]


def _all_match(lines: re.Pattern[str], values: Sequence[str]) -> bool:
    text = "\n".join(values)
    return lines.fullmatch(text) is not None and text.count("\n") == len(values) - 1


def _plain_value(value: str, kind: str) -> str | None:
    if is_null(value):
        return None
    if kind == _STAMP_TYPE:
        return _plain_stamp(value)
    if kind not in _NUMBERS or _PLAIN_INTEGER.fullmatch(value):
        return value.strip()
    number = number_in(value)
    assert number is not None, value
    return str(number) if kind == "double precision" else f"{number.to_integral_value():f}"


_NUMBERS = frozenset(("integer", "bigint", "numeric", "double precision"))


def _is_date(value: str) -> bool:
    text = value.strip()
    try:
        if _PLAIN_DATE.fullmatch(text):  # most of them: far faster
            datetime.date.fromisoformat(text)
        else:
            datetime.datetime.strptime(text, "%Y-%m-%d")
    except ValueError:
        return False
    return True


def _spaced_stamp(value: str) -> datetime.datetime | None:
    """`2024-1-31 9:05:00`, to the second: with fractions it stays text."""
    text = value.strip()
    try:
        if _PLAIN_STAMP.fullmatch(text):  # most of them: twenty times as fast
            return datetime.datetime.fromisoformat(text)
        return datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None


def _iso_stamp(value: str) -> datetime.datetime | None:
    """`2024-01-31T09:05:00.5+02:00` and the other forms of ISO 8601 that have a T."""
    text = value.strip()
    try:
        return datetime.datetime.fromisoformat(text) if "T" in text and not _NOT_ISO.search(text) else None
    except ValueError:
        return None


def _plain_stamp(value: str) -> str:
    found = _spaced_stamp(value) or _iso_stamp(value)
    assert found is not None, value
    if found.tzinfo is not None:
        found = found.astimezone(datetime.UTC).replace(tzinfo=None)
    return found.isoformat(sep=" ")


def _is_bool(value: str) -> bool:
    return value.strip().lower() in ("true", "false")


_STAMPS = ("spaced stamp", "iso stamp")
"""Either form, but all of a column in the same."""

_FITS: dict[str, Callable[[str], bool]] = {
    "date": _is_date,
    "spaced stamp": lambda value: _spaced_stamp(value) is not None,
    "iso stamp": lambda value: _iso_stamp(value) is not None,
    "boolean": _is_bool,
}
