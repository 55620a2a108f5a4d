"""Semantic models, metrics and saved queries as dbt writes them: what is not said is there as null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.manifest.nodes import Metric, SavedQuery, SemanticModel

_PARAMS = (
    *("measure", "numerator", "denominator", "expr", "window", "grain_to_date", "conversion_type_params"),
    *("cumulative_type_params", "metric_aggregation_params", "fill_nulls_with", "is_private"),
)
_OF_METRICS = ("offset_window", "offset_to_grain")
_OF_MEASURES = ("join_to_timespine", "fill_nulls_with")
_ENTITY = ("name", "type", "description", "label", "role", "expr")
_DIMENSION = ("name", "type", "description", "label", "is_partition", "type_params", "expr", "metadata", "datatype")
_MEASURE = (
    *("name", "agg", "description", "label", "create_metric", "expr", "agg_params", "non_additive_dimension"),
    "agg_time_dimension",
)


def semantic_part(node: SemanticModel | Metric | SavedQuery) -> dict[str, Any]:
    """What only these kinds have."""
    said = node.definition
    depends_on = {"macros": [], "nodes": list(node.depends_on)}
    common = {"label": said.get("label"), "metadata": None, "depends_on": depends_on}
    match node:
        case SemanticModel():
            lists = (("entities", _ENTITY), ("dimensions", _DIMENSION), ("measures", _MEASURE))
            parts = {key: [_filled(each, names) for each in said.get(key) or ()] for key, names in lists}
            rest = {"defaults": _defaults(said.get("defaults")), "primary_entity": said.get("primary_entity")}
            return {**common, **_description(node), "model": said.get("model"), **parts, **rest}
        case Metric():
            shown = {"type": said.get("type"), "type_params": _params(said.get("type_params") or {}, said.get("type"))}
            return {
                **common,
                **shown,
                "filter": _filter(said.get("filter")),
                "time_granularity": said.get("time_granularity"),
            }
        case _:
            asked: dict[str, Any] = {"metrics": [], "group_by": [], "where": None, "order_by": [], "limit": None}
            query = said.get("query_params") or {}
            return {
                **common,
                **_description(node),
                "query_params": {**asked, **query, "where": _filter(query.get("where"))},
                "exports": [_export(each, node.config) for each in said.get("exports") or ()],
            }


def _description(node: SemanticModel | SavedQuery) -> dict[str, Any]:
    """Its description; null if there is none."""
    return {"description": None if node.definition.get("description") is None else node.description}


def _params(said: Mapping[str, Any], kind: Any) -> dict[str, Any]:
    found: dict[str, Any] = {key: said.get(key) for key in _PARAMS}
    found["measure"] = _input(said.get("measure"), _OF_MEASURES)
    for key in ("numerator", "denominator"):
        found[key] = _input(said.get(key), _OF_METRICS)
    found["metrics"] = [_input(each, _OF_METRICS) for each in said.get("metrics") or ()]
    found["join_to_timespine"] = bool(said.get("join_to_timespine"))
    found["expr"] = None if said.get("expr") is None else str(said["expr"])
    found["window"] = _window(said.get("window"))
    if said.get("conversion_type_params"):
        found["conversion_type_params"] = _conversion(said["conversion_type_params"])
    if kind == "cumulative":
        found["cumulative_type_params"] = _cumulative(said.get("cumulative_type_params") or {})
    return found


def own_measures(definition: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The measures that a metric names itself."""
    said = definition.get("type_params") or {}
    conversion = said.get("conversion_type_params") or {}
    named = (said.get("measure"), conversion.get("base_measure"), conversion.get("conversion_measure"))
    found = (_input(each, _OF_MEASURES) for each in named)
    return [each for each in found if each is not None]


def _filter(said: Any) -> dict[str, Any] | None:
    """A condition or a list of them."""
    if said is None:
        return None
    listed = said if isinstance(said, list) else [said]
    return {"where_filters": [{"where_sql_template": str(each)} for each in listed]}


def _window(said: Any) -> Any:
    """`1 month`, taken apart."""
    count, _, unit = said.strip().partition(" ") if isinstance(said, str) else ("", "", "")
    return {"count": int(count), "granularity": unit.strip().removesuffix("s")} if count.isdecimal() else said


def _cumulative(said: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "window": _window(said.get("window")),
        "grain_to_date": said.get("grain_to_date"),
        "period_agg": said.get("period_agg") or "first",
        "metric": _input(said.get("metric"), _OF_METRICS),
    }


def _conversion(said: Mapping[str, Any]) -> dict[str, Any]:
    """What a conversion metric is made of: the measures are mappings, however they are written."""
    found: dict[str, Any] = {key: said.get(key) for key in ("entity", "constant_properties")}
    for key in ("base_measure", "conversion_measure"):
        found[key] = _input(said.get(key), _OF_MEASURES)
    for key in ("base_metric", "conversion_metric"):
        found[key] = _input(said.get(key), _OF_METRICS)
    return {**found, "calculation": said.get("calculation") or "conversion_rate", "window": _window(said.get("window"))}


def _export(said: Mapping[str, Any], of_query: Mapping[str, Any]) -> dict[str, Any]:
    """One export; where and as what it goes, its saved query says unless it does itself. All of that is text."""
    own = said.get("config") or {}
    config = {**{key: of_query.get(key) for key in ("export_as", "schema")}, **own}
    schema, alias, database = (
        None if value is None else str(value)
        for value in (
            _first(config.get("schema_name"), config.get("schema")),
            config.get("alias"),
            config.get("database"),
        )
    )
    return {
        "name": said.get("name"),
        "config": {
            "export_as": str(config.get("export_as") or "view").lower(),
            "schema_name": schema,
            "alias": alias or said.get("name"),
            "database": database,
        },
        "unrendered_config": dict(own),
    }


def _first(said: Any, other: Any) -> Any:
    return other if said is None else said


def _input(said: Any, more: tuple[str, ...]) -> dict[str, Any] | None:
    """A measure or metric that another is made of: its name, or a mapping."""
    if not said:
        return None
    given = said if isinstance(said, Mapping) else {"name": str(said)}
    found = {key: given.get(key) for key in ("name", "filter", "alias", *more)}
    found["filter"] = _filter(found["filter"])
    if "offset_window" in found:
        found["offset_window"] = _window(found["offset_window"])
    if "join_to_timespine" in found:
        found["join_to_timespine"] = bool(found["join_to_timespine"])
    return found


def _defaults(said: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if said is None else {"agg_time_dimension": said.get("agg_time_dimension")}


def _filled(said: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    found = {key: said.get(key) for key in names}
    if "is_partition" in found:
        found["is_partition"] = bool(found["is_partition"])
    if "create_metric" in found:
        found["create_metric"] = False  # the metric is made: dbt writes that here, whatever was said
    for key in ("type", "agg"):
        if key in found:
            found[key] = str(found[key]).lower()
    if found.get("expr") is not None:
        found["expr"] = str(found["expr"])
    for key, fill in _PARTS.items():
        part = found.get(key)
        if isinstance(part, Mapping):
            found[key] = fill(part)
    return {**found, "config": {"meta": {}, **(said.get("config") or {})}}


def _time(said: Mapping[str, Any]) -> dict[str, Any]:
    grain, validity = str(said.get("time_granularity")).lower(), said.get("validity_params")
    ends = None if validity is None else {key: bool(validity.get(key)) for key in ("is_start", "is_end")}
    return {"time_granularity": grain, "validity_params": ends}


def _percentile(said: Mapping[str, Any]) -> dict[str, Any]:
    kinds = {key: bool(said.get(key)) for key in ("use_discrete_percentile", "use_approximate_percentile")}
    return {"percentile": said.get("percentile"), **kinds}


def _non_additive(said: Mapping[str, Any]) -> dict[str, Any]:
    choice = str(said.get("window_choice") or "min").lower()
    return {"window_groupings": [], **said, "window_choice": choice}


_PARTS = {"type_params": _time, "agg_params": _percentile, "non_additive_dimension": _non_additive}
"""What there is to say of an element's own parts."""
