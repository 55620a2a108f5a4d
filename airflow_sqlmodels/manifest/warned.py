"""What is allowed but probably not meant, with the name that dbt's users know it by."""

from __future__ import annotations

import datetime
from typing import Any

from msgspec import Struct, field


class Warned(Struct, frozen=True):
    """One warning: a whole message with its place."""

    text: str
    name: str = ""
    """dbt's event: `--warn-error-options` and log collectors go by it. "" for what only we warn of."""
    data: dict[str, Any] = field(default_factory=dict)
    """What the event holds."""
    once: bool = False
    """Told only when the files were read: not by a run that finds them unchanged."""
    since: str = ""
    """When it begins to hold, in ISO 8601; "" for always."""
    until: str = ""
    """When it ceases to."""

    def __str__(self) -> str:
        return self.text

    def holds(self, now: datetime.datetime) -> bool:
        """Whether it is to be told at that time."""
        begun = not self.since or datetime.datetime.fromisoformat(self.since) <= now
        return begun and (not self.until or now < datetime.datetime.fromisoformat(self.until))
