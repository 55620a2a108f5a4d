"""What metrics and saved queries are made of, by name, and the nodes that these names mean."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from airflow_sqlmodels.errors import ProjectError, closest
from airflow_sqlmodels.manifest.nodes import NodeId, SemanticModel
from airflow_sqlmodels.project.properties import Entry


class Known(Struct):
    """What the entries may name."""

    measures: dict[str, SemanticModel] = field(default_factory=dict)
    """The semantic model of each measure, disabled ones too."""
    semantic_models: dict[str, NodeId] = field(default_factory=dict)
    metrics: dict[str, NodeId] = field(default_factory=dict)
    disabled: set[str] = field(default_factory=set)
    """The names of the metrics that are turned off."""


def of_metric(entry: Entry, definition: Mapping[str, Any], known: Known) -> tuple[NodeId, ...]:
    """The semantic models and metrics that a metric is made of. Raises ProjectError for one that is made of nothing."""
    kind, params = definition["type"], definition["type_params"]
    measures, metrics = _inputs(kind, params)
    home = (params.get("metric_aggregation_params") or {}).get("semantic_model")
    missing = not (measures or metrics or home) and kind != "derived"
    if missing or (kind in ("ratio", "conversion") and len(measures) + len(metrics) < _PAIR):
        what = f"the metric {entry.name!r} does not say what it is made of"
        raise ProjectError(what, entry.at, f"{kind} metrics need {_NEEDED[kind]}")
    found = [_measure(each, entry, known) for each in measures]
    found += [metric_named(each, entry, known) for each in metrics]
    if home:
        found.append(known.semantic_models[home])
    return tuple(dict.fromkeys(found))


_PAIR = 2
_NEEDED = {
    "simple": "a measure",
    "cumulative": "a measure or an input_metric",
    "ratio": "both a numerator and denominator",
    "conversion": "a base_measure and a conversion_measure, or a base_metric and a conversion_metric",
}


def _inputs(kind: str, params: Mapping[str, Any]) -> tuple[list[Any], list[Any]]:
    """The measures and the metrics of a metric of that type."""
    within = params.get(f"{kind}_type_params") or {}
    measures: list[Any] = []
    metrics: list[Any] = []
    match kind:
        case "simple":
            measures = [params.get("measure")]
        case "cumulative":
            measures, metrics = [params.get("measure")], [within.get("metric")]
        case "conversion":
            measures = [within.get("base_measure"), within.get("conversion_measure")]
            metrics = [within.get("base_metric"), within.get("conversion_metric")]
        case "ratio":
            metrics = [params.get("numerator"), params.get("denominator")]
        case "derived":
            metrics = list(params.get("metrics") or ())
    return [each for each in measures if each], [each for each in metrics if each]


def _measure(said: Any, entry: Entry, known: Known) -> NodeId:
    name = _name(said)
    model = known.measures.get(name)
    if model is None:
        what = f"no measure {name!r}, which {entry.name!r} is made of"
        raise ProjectError(what, entry.at, closest(name, known.measures))
    if model.config.get("enabled") is False:
        what = f"the measure {name!r} of {entry.name!r} is referenced on disabled semantic model {model.name!r}"
        raise ProjectError(what, entry.at, f"enable {model.name!r}, or disable {entry.name!r} too")
    return model.id


def metric_named(said: Any, entry: Entry, known: Known) -> NodeId:
    """The metric that an entry names. Raises ProjectError for one that is not there, or turned off."""
    name = _name(said)
    if name in known.disabled:
        what = f"the metric {name!r} is disabled and thus cannot be referenced by {entry.name!r}"
        raise ProjectError(what, entry.at, "enable it (config enabled), or disable this one too")
    if name not in known.metrics:
        raise ProjectError(
            f"no metric {name!r}, which {entry.name!r} is made of", entry.at, closest(name, known.metrics)
        )
    return known.metrics[name]


def _name(said: Any) -> str:
    return str(said.get("name") if isinstance(said, Mapping) else said)
