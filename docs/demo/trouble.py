"""What stands in the demo's way, in one plain line with a hint."""

from __future__ import annotations


class DemoError(Exception):
    """Something is in the way; the message says what, and what to do about it."""

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(f"{what}\nhint: {hint}" if hint else what)
