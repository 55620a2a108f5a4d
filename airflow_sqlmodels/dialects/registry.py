"""Which dialects there are: our own, and those that other packages bring as entry points."""

from __future__ import annotations

import functools
import importlib

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import ProfileError, closest

ENTRY_POINTS = "airflow_sqlmodels.dialects"

_OWN = {"postgres": "airflow_sqlmodels.dialects.postgres:Postgres"}


@functools.cache
def dialect_named(name: str) -> Dialect:
    """The dialect of a warehouse `type`. Raises ProfileError if there is none."""
    place = _OWN.get(name)
    if place is not None:
        module, _, attribute = place.partition(":")
        made: Dialect = getattr(importlib.import_module(module), attribute)()
        return made
    from importlib import metadata  # noqa: PLC0415  # ours need no search

    others = {entry.name: entry for entry in metadata.entry_points(group=ENTRY_POINTS)}
    if name not in others:
        known = (*_OWN, *others)
        raise ProfileError(f"no dialect for a warehouse of type {name!r}", None,
                           closest(name, known) or f"known: {', '.join(known)}")  # fmt: skip
    loaded: Dialect = others[name].load()()
    return loaded
