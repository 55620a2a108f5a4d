"""What has to hold of the semantic layer as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.nodes import AnyNode, Metric, Model, SemanticModel
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.semantic.nodes import SemanticNode
from airflow_sqlmodels.project.semantic_words import GRANULARITIES

_OLD_TIME_SPINE = "metricflow_time_spine"
"""A model of that name is one of days, whatever it says of itself."""
NESTED_FLAG = "require_nested_cumulative_type_params"
_OF_CUMULATIVE = ("window", "grain_to_date")


def check_semantics(semantic: Iterable[SemanticNode], nodes: Iterable[AnyNode], nested: bool) -> Iterator[Warned]:
    """Warnings of it. Raises ProjectError if there are semantic models, and no model of days or finer below them.

    Raises ProjectError for measures of one name, of which metrics could not tell the one they mean. Cumulative metrics
    that say their window where it stood before are refused if it has to be `nested`.
    """
    listed = list(semantic)
    models = [node for node in listed if isinstance(node, SemanticModel)]
    if models and not any(_is_fine(node) for node in nodes if isinstance(node, Model)):
        what = "The semantic layer requires a time spine model with granularity day or smaller, and there is none"
        hint = (
            "say of a model of days: time_spine: {standard_granularity_column: …}, and 'granularity: day' of its column"
        )
        raise ProjectError(what, models[0].at, hint)
    metrics = [node for node in listed if isinstance(node, Metric)]
    if metrics and models:
        _refuse_twins(models)
        yield from _of_before(metrics, nested)


def _of_before(metrics: Iterable[Metric], nested: bool) -> Iterator[Warned]:
    for metric in metrics:
        params = metric.definition.get("type_params") or {}
        for key in _OF_CUMULATIVE:
            if not params.get(key):
                continue
            what = (
                f"the metric {metric.name!r} says type_params.{key}, which is type_params.cumulative_type_params.{key}"
            )
            if nested:
                hint = f"write it below 'cumulative_type_params:', or set the flag {NESTED_FLAG}: false"
                raise ProjectError(what, metric.at, hint)
            yield Warned(f"{metric.at}: {what} today", "MFCumulativeTypeParamsDeprecation")
            return  # one of them is told, as of any deprecation


def _is_fine(model: Model) -> bool:
    if model.name == _OLD_TIME_SPINE:
        return True
    if model.time_spine is None:
        return False
    column = model.columns.get(model.time_spine["standard_granularity_column"])
    grain = str(column.granularity).lower() if column is not None else ""
    return grain in GRANULARITIES[: GRANULARITIES.index("day") + 1]


def _refuse_twins(models: Iterable[SemanticModel]) -> None:
    seen: dict[str, SemanticModel] = {}
    for model in models:
        for name in _measures(model):
            if name in seen:
                what = f"two measures are named {name!r}: one of {seen[name].name!r}, one of {model.name!r}"
                raise ProjectError(what, model.at, "give one of them another name")
            seen[name] = model


def _measures(model: SemanticModel) -> Iterator[str]:
    return (str(each["name"]) for each in model.definition.get("measures") or ())
