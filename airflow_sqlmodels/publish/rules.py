"""How patient publishing is."""

from __future__ import annotations

from msgspec import Struct


class PublishRules(Struct, frozen=True):
    """Times in seconds."""

    lock_budget: float = 0.1
    """From the first exclusive lock to the commit: readers wait no longer than that per try."""
    timeout: float = 300.0
    """How long it keeps trying before the step fails."""
