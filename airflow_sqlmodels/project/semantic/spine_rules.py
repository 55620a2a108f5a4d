"""What is odd about time spines: two of one granularity, or none as fine as the dimensions."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sqlmodels.manifest.nodes import Model
from airflow_sqlmodels.project.semantic.layer import Issue, Layer
from airflow_sqlmodels.project.semantic_words import GRANULARITIES


def time_spines(layer: Layer) -> Iterator[Issue]:
    """Warns of spines that queries could not choose between, or that are too coarse."""
    by_grain: dict[str, list[Model]] = {}
    for spine in layer.spines:
        by_grain.setdefault(_grain(spine), []).append(spine)
    for grain, several in by_grain.items():
        if len(several) > 1:
            names = ", ".join(each.name for each in several)
            wrong = f"there are several time spines with the granularity {grain!r}: {names}"
            yield Issue(several[1], wrong, "one of each granularity is supported", fatal=False)
    if not by_grain:
        return
    said = [each["type_params"] for model in layer.models for each in model.said["dimensions"] if each["type_params"]]
    spine, finest = layer.spines[0], min(by_grain, key=GRANULARITIES.index)
    fine = min((str(each["time_granularity"]) for each in said), key=GRANULARITIES.index, default=None)
    if fine is None:
        yield Issue(spine, "there are time spines, and no time dimensions", "add the time dimensions", fatal=False)
    elif GRANULARITIES.index(fine) < GRANULARITIES.index(finest):
        wrong = f"there is a time dimension with the granularity {fine!r}, and no time spine finer than {finest!r}"
        yield Issue(spine, wrong, f"add a time spine with 'granularity: {fine}'", fatal=False)


def _grain(spine: Model) -> str:
    return str(spine.columns[(spine.time_spine or {})["standard_granularity_column"]].granularity).lower()
