"""Which materializations there are: ours, and those of other packages through entry points."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from airflow_sqlmodels.errors import ProjectError, closest
from airflow_sqlmodels.materializations.build import Build, Built

Materialization = Callable[[Build], Built]

ENTRY_POINTS = "airflow_sqlmodels.materializations"

MATERIALIZATIONS: dict[str, str] = {
    "table": "airflow_sqlmodels.materializations.table:table",
    "view": "airflow_sqlmodels.materializations.view:view",
    "incremental": "airflow_sqlmodels.materializations.incremental:incremental",
    "seed": "airflow_sqlmodels.materializations.seed:seed",
    "snapshot": "airflow_sqlmodels.materializations.snapshot:snapshot",
}
"""By name where the function is: a task imports the one that it needs."""


def materialization_named(name: str) -> Materialization:
    """The function for a `materialized` config. Raises ProjectError if there is none."""
    place = MATERIALIZATIONS.get(name)
    if place is not None:
        module, _, function = place.partition(":")
        own: Materialization = getattr(importlib.import_module(module), function)
        return own
    from importlib import metadata  # noqa: PLC0415  # ours need no search

    others = {entry.name: entry for entry in metadata.entry_points(group=ENTRY_POINTS)}
    if name not in others:
        raise ProjectError(f"no materialization {name!r}", None, closest(name, (*MATERIALIZATIONS, *others)))
    loaded: Materialization = others[name].load()
    return loaded
