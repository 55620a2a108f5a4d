"""The names of the ways in which tests come along with the nodes they test: `indirect` says what each means."""

from __future__ import annotations

from typing import Literal

Indirect = Literal["eager", "cautious", "buildable", "empty"]

INDIRECT: tuple[Indirect, ...] = ("eager", "cautious", "buildable", "empty")
