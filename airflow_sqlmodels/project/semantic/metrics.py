"""The two ways of writing a metric, in one form: that of the older one, with its parameters below `type_params`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.semantic.of_models import Home
from airflow_sqlmodels.project.semantic_shapes import MADE_CUMULATIVE, MADE_METRIC
from airflow_sqlmodels.project.semantic_words import METRIC_TYPES
from airflow_sqlmodels.project.shape_rules import misshapen

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
    if _type_of(entry.content) not in METRIC_TYPES:
        raise ProjectError(f"the metric {name!r} has no known type", entry.at, f"write type: {', '.join(METRIC_TYPES)}")


def _type_of(said: Mapping[str, Any]) -> str:
    """Its type. As in dbt, a metric of the older form, or inside of a model, need not say that it is simple."""
    return str(said.get("type", "simple")).lower()


def in_one_form(entry: Entry, said: Mapping[str, Any], home: Home | None) -> dict[str, Any]:
    """The definition of a metric, its `type_params` written out. `home` is its semantic model, if it stands in one.

    Raises ProjectError for one that says too little.
    """
    kind = _type_of(said)
    if "type_params" in said and home is None:
        made = _older(kind, said["type_params"])
        _refuse_words(entry, kind, made)
        return {**said, "type": kind, "label": said.get("label") or entry.name, "type_params": made}
    params = {
        **{key: said.get(key) for key in ("numerator", "denominator", "expr")},
        "metrics": said.get("input_metrics"),
        "join_to_timespine": said.get("join_to_timespine"),
        "is_private": bool(said.get("hidden")),
        **_of_type(entry, kind, said, home),
    }
    _refuse_words(entry, kind, params)
    kept = {key: said[key] for key in ("filter", "time_granularity", "description") if said.get(key) is not None}
    return {**kept, "type": kind, "label": said.get("label") or entry.name, "type_params": params}


def _refuse_words(entry: Entry, kind: str, params: Mapping[str, Any]) -> None:
    for fault in misshapen(params, MADE_CUMULATIVE if kind == "cumulative" else MADE_METRIC):
        raise ProjectError(f"the metric {entry.name!r}: {fault.what}", entry.at, fault.hint)


def _older(kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """The older form says what is special to cumulative metrics beside the place where it belongs today, too."""
    if kind != "cumulative":
        return dict(params)
    own = params.get("cumulative_type_params") or {}
    found = {key: each for key, each in own.items() if each is not None}
    for key in ("window", "grain_to_date"):
        if params.get(key) and not found.get(key):
            found[key] = params[key]
    return {**params, "cumulative_type_params": found}


def _of_type(entry: Entry, kind: str, said: Mapping[str, Any], home: Home | None) -> dict[str, Any]:
    match kind:
        case "simple":
            _require(entry, said, "agg")
        case "cumulative":
            _require(entry, said, "input_metric")
            own = {key: said[key] for key in ("window", "grain_to_date", "period_agg") if said.get(key) is not None}
            return {"cumulative_type_params": {**own, "metric": said["input_metric"]}}
        case "conversion":
            _require(entry, said, "base_metric", "conversion_metric", "entity")
            keys = ("base_metric", "conversion_metric", "entity", "calculation", "window", "constant_properties")
            return {"conversion_type_params": {key: said.get(key) for key in keys}}
        case "ratio":
            _require(entry, said, "numerator", "denominator")
    return {"metric_aggregation_params": _aggregation(entry, said, home)} if said.get("agg") is not None else {}


def _require(entry: Entry, said: Mapping[str, Any], *keys: str) -> None:
    for key in keys:
        if not said.get(key):
            kind = _type_of(said)
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
