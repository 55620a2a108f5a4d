"""What a template may ask for of each part of a relation's name: `path`, `quote_policy`, `include_policy`."""

from __future__ import annotations

from typing import Any, Self

from msgspec import Struct, structs


class _Parts(Struct, frozen=True):
    """A value for each part of a name. Templates print it as it is."""

    def get_part(self, part: str) -> Any:
        """What it says of one part."""
        return getattr(self, part)

    def replace(self, **parts: Any) -> Self:
        """The same with other values."""
        return structs.replace(self, **parts)

    def replace_dict(self, parts: dict[str, Any]) -> Self:
        """The same with the values of a mapping."""
        return self.replace(**parts)

    def to_dict(self, omit_none: bool = False) -> dict[str, Any]:
        """Its values by the names of the parts."""
        return {part: value for part, value in structs.asdict(self).items() if value is not None or not omit_none}


class Policy(_Parts, frozen=True):
    """Which parts of a name are quoted, or written out at all."""

    database: bool = True
    schema: bool = True
    identifier: bool = True


class Path(_Parts, frozen=True):
    """The parts themselves; None: not said."""

    database: str | None
    schema: str | None
    identifier: str | None

    def get_lowered_part(self, part: str) -> str | None:
        """One part in small letters."""
        found = self.get_part(part)
        return None if found is None else found.lower()
