"""The two ways of writing a metric, in one form: that of the older one, with its parameters below `type_params`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.semantic.of_models import Home

TYPES = ("simple", "ratio", "cumulative", "derived", "conversion")

_LONGEST = 250


def refuse_name_and_type(entry: Entry) -> None:
    """Raises ProjectError for a metric that has no type, or a name that queries cannot use."""
    name, wrong = entry.name, ""
    if " " in name:
        wrong = "cannot contain spaces"
    elif len(name) > _LONGEST:
        wrong = f"cannot contain more than {_LONGEST} characters"
    elif not name[0].isalpha():
        wrong = "must begin with a letter"
    elif not name.replace("_", "").isalnum():
        wrong = "must contain only letters, numbers and underscores"
    if wrong:
        raise ProjectError(f"the name of a metric {wrong}: {name!r}", entry.at, "put what people read into 'label'")
    if str(entry.content.get("type")).lower() not in TYPES:
        raise ProjectError(f"the metric {name!r} has no known type", entry.at, f"write type: {', '.join(TYPES)}")


def in_one_form(entry: Entry, said: Mapping[str, Any], home: Home | None) -> dict[str, Any]:
    """The definition of a metric, its `type_params` written out. `home` is its semantic model, if it stands in one.

    Raises ProjectError for one that says too little.
    """
    kind = str(said["type"]).lower()
    if "type_params" in said and home is None:
        if not said.get("label"):
            raise ProjectError(f"the metric {entry.name!r} has no label", entry.at, "add 'label: …'")
        return {**said, "type": kind, "type_params": _older(kind, said["type_params"] or {})}
    params = {
        **{key: said.get(key) for key in ("numerator", "denominator", "expr")},
        "metrics": said.get("input_metrics"),
        "join_to_timespine": said.get("join_to_timespine"),
        "is_private": bool(said.get("hidden")),
        **_of_type(entry, kind, said, home),
    }
    kept = {key: said[key] for key in ("filter", "time_granularity", "description") if said.get(key) is not None}
    return {**kept, "type": kind, "label": said.get("label") or entry.name, "type_params": params}


def _older(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The older form says what is special to cumulative metrics beside the place where it belongs today, too."""
    if kind != "cumulative":
        return dict(params)
    own = params.get("cumulative_type_params") or {}
    beside = {key: params.get(key) for key in ("window", "grain_to_date") if params.get(key)}
    return {**params, "cumulative_type_params": {**beside, **{key: each for key, each in own.items() if each}}}


def _of_type(entry: Entry, kind: str, said: Mapping[str, Any], home: Home | None) -> dict[str, Any]:
    match kind:
        case "simple":
            _require(entry, said, "agg")
        case "cumulative":
            _require(entry, said, "input_metric")
            own = {key: said.get(key) for key in ("window", "grain_to_date", "period_agg")}
            return {"cumulative_type_params": {**own, "metric": said["input_metric"]}}
        case "conversion":
            _require(entry, said, "base_metric", "conversion_metric", "entity")
            keys = ("base_metric", "conversion_metric", "entity", "calculation", "window", "constant_properties")
            return {"conversion_type_params": {key: said.get(key) for key in keys}}
        case "ratio":
            _require(entry, said, "numerator", "denominator")
    return {"metric_aggregation_params": _aggregation(entry, said, home)} if said.get("agg") else {}


def _require(entry: Entry, said: Mapping[str, Any], *keys: str) -> None:
    for key in keys:
        if not said.get(key):
            kind = str(said["type"]).lower()
            what = f"the metric {entry.name!r} has no {key}: {key} is required for {kind} metrics."
            raise ProjectError(what, entry.at, f"add '{key}: …'")


def _aggregation(entry: Entry, said: Mapping[str, Any], home: Home | None) -> dict[str, Any]:
    if home is None:
        what = f"the metric {entry.name!r} aggregates: simple metrics must be attached to semantic_model"
        raise ProjectError(what, entry.at, "write it below 'metrics:' of a model that says 'semantic_model: true'")
    kind = str(said.get("percentile_type") or "").lower()
    aside = said.get("non_additive_dimension")
    return {
        "semantic_model": home.semantic_model,
        "agg": str(said["agg"]).lower(),
        "agg_params": {
            "percentile": said.get("percentile"),
            "use_discrete_percentile": kind == "discrete",
            "use_approximate_percentile": kind == "continuous",
        },
        "agg_time_dimension": said.get("agg_time_dimension") or home.agg_time_dimension,
        "non_additive_dimension": aside and {
            "name": aside.get("name"),
            "window_choice": str(aside.get("window_agg")).lower(),
            "window_groupings": aside.get("group_by") or [],
        },
    }  # fmt: skip
