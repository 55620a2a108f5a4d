"""Which materializations there are: ours, and those of other packages through entry points."""

from __future__ import annotations

from collections.abc import Callable
from importlib import metadata

from airflow_sqlmodels.errors import ProjectError, closest
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.incremental import incremental
from airflow_sqlmodels.materializations.seed import seed
from airflow_sqlmodels.materializations.snapshot import snapshot
from airflow_sqlmodels.materializations.table import table
from airflow_sqlmodels.materializations.view import view

Materialization = Callable[[Build], Built]

ENTRY_POINTS = "airflow_sqlmodels.materializations"

MATERIALIZATIONS: dict[str, Materialization] = {
    "table": table,
    "view": view,
    "incremental": incremental,
    "seed": seed,
    "snapshot": snapshot,
}


def materialization_named(name: str) -> Materialization:
    """The function for a `materialized` config. Raises ProjectError if there is none."""
    own = MATERIALIZATIONS.get(name)
    if own is not None:
        return own
    others = {entry.name: entry for entry in metadata.entry_points(group=ENTRY_POINTS)}
    if name not in others:
        raise ProjectError(f"no materialization {name!r}", None, closest(name, (*MATERIALIZATIONS, *others)))
    loaded: Materialization = others[name].load()
    return loaded
