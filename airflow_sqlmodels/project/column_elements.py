"""What a column says that it is in the semantic model of its table, in full."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def dimension_of(said: Any, column: str, description: str) -> dict[str, Any] | str | None:
    """What it says of itself as a dimension: a type, or a mapping with all there is to say."""
    if not isinstance(said, Mapping):
        return None if said is None else str(said).lower()
    validity = said.get("validity_params")
    ends = None if validity is None else {key: bool(validity.get(key)) for key in ("is_start", "is_end")}
    return {
        **_shared(said, column, description),
        "is_partition": bool(said.get("is_partition")),
        "validity_params": ends,
    }


def entity_of(said: Any, column: str, description: str) -> dict[str, Any] | str | None:
    """The same, if it is a key."""
    if not isinstance(said, Mapping):
        return None if said is None else str(said).lower()
    return _shared(said, column, description)


def _shared(said: Mapping[str, Any], column: str, description: str) -> dict[str, Any]:
    kind = said.get("type")
    return {
        "name": said.get("name") or column,
        "type": None if kind is None else str(kind).lower(),
        "description": said.get("description") or description,
        "label": said.get("label"),
        "config": dict(said.get("config") or {}),
    }
