"""Whether a dotted name, with or without globs, names a node: the method `fqn`, which is the usual one."""

from __future__ import annotations

import re
from collections.abc import Callable
from fnmatch import translate

from msgspec import Struct

_GLOB = re.compile(r"[*?\[\]]")

Fqn = tuple[str, ...]


class _Wanted(Struct, frozen=True):
    """A dotted name, taken apart once."""

    text: str
    fixed: Fqn
    """The parts in front of the first glob."""
    rest: re.Pattern[str] | None
    """What the parts from the first glob on must match, dots included; None without a glob."""
    parts: int


def matcher_of(text: str) -> Callable[[Fqn, bool], bool]:
    """A question to an fqn, and whether its node is a version of a model: does `text` name it?

    It may begin with the package, or with the folder below it. The last part alone does, too.

    >>> matcher_of("marts")(("shop", "marts", "orders"), False)
    True
    """
    parts = tuple(text.split("."))
    first = next((i for i, part in enumerate(parts) if _GLOB.search(part)), len(parts))
    rest = re.compile(translate(".".join(parts[first:]))) if first < len(parts) else None
    wanted = _Wanted(text, parts[:first], rest, len(parts))
    return lambda fqn, versioned: _names(wanted, fqn, versioned) or _names(wanted, fqn[1:], versioned)


def _names(wanted: _Wanted, fqn: Fqn, versioned: bool) -> bool:
    if not fqn:
        return False
    if _leaf_matches(wanted, fqn, versioned):
        return True
    flat = tuple(".".join(fqn).split("."))  # dots in a name part it like folders
    if len(flat) < wanted.parts or flat[: len(wanted.fixed)] != wanted.fixed:
        return False
    return wanted.rest is None or wanted.rest.match(".".join(flat[len(wanted.fixed) :])) is not None


def _leaf_matches(wanted: _Wanted, fqn: Fqn, versioned: bool) -> bool:
    """Whether `wanted` is the model's own name: `orders`, for a version also `orders.v2` and `orders_v2`."""
    leaf = fqn[-2] if versioned and len(fqn) > 1 else fqn[-1]
    if leaf == wanted.text:
        return True
    if versioned and "_".join(fqn[-2:]) == "_".join(wanted.text.split(".")[-2:]):
        return True
    return wanted.rest is not None and wanted.parts == 1 and wanted.rest.match(leaf) is not None
