"""Versions and bounds of packages: semantic versions, as dbt reads them.

A bound is `1.2.0`, `=1.2.0`, `>1.2.0`, `>=1.2.0`, `<1.2.0` or `<=1.2.0`; all three numbers have to be there.
`<2.0.0` keeps prereleases of 2.0.0 out too.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable

from msgspec import Struct

_NUMBER = r"(?:0|[1-9]\d*)"
_BOUND = re.compile(
    rf"(?P<sign>>=|<=|>|<|=)?(?P<base>{_NUMBER}\.{_NUMBER}\.{_NUMBER})"
    r"(?:-?(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z.-]*)?"
)

_HOLDS: dict[str, Callable[[Rank, Rank], bool]] = {
    "=": operator.eq,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class Rank(Struct, frozen=True, order=True):
    """Where a version stands among others; what follows a `+` does not count."""

    base: tuple[int, ...]
    is_release: bool
    pre: tuple[tuple[bool, int, str], ...]
    """Parts of a prerelease: numbers come before words."""


class Bound(Struct, frozen=True):
    """One condition on a version."""

    sign: str
    rank: Rank

    def allows(self, version: Rank) -> bool:
        """Whether the version meets it."""
        if self.sign == "<" and self.rank.is_release and not version.is_release and version.base == self.rank.base:
            return False
        return _HOLDS[self.sign](version, self.rank)


def bound(text: str) -> Bound:
    """The condition that a text stands for. Raises ValueError if it is none."""
    match = _BOUND.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no version")
    base = tuple(int(part) for part in match["base"].split("."))
    pre = match["pre"] or ""
    return Bound(match["sign"] or "=", Rank(base, not pre, tuple(_part(each) for each in pre.split(".") if pre)))


def rank(version: str) -> Rank:
    """Where a version stands. Raises ValueError if it is none."""
    return bound(version).rank


def is_version(text: str) -> bool:
    """Whether a text is a version that can be compared."""
    return _BOUND.fullmatch(text) is not None


def allowed(versions: Iterable[str], bounds: Iterable[str]) -> list[str]:
    """The versions that meet all the bounds, oldest first."""
    conditions = [bound(each) for each in bounds]
    met = (version for version in versions if all(each.allows(rank(version)) for each in conditions))
    return sorted(met, key=rank)


def _part(text: str) -> tuple[bool, int, str]:
    return (False, int(text), "") if text.isdigit() else (True, 0, text)
