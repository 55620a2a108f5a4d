"""The order of the versions of a model."""

from __future__ import annotations


def rank(number: str) -> tuple[int, float, str]:
    """What orders versions: numbers by size, then texts."""
    try:
        return 0, float(number), ""
    except ValueError:
        return 1, 0.0, number
