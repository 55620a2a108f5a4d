"""semantic_manifest.json: the semantic layer for those who query it, as metricflow reads it.

Which fields there are: the version of metricflow below, `metricflow_semantic_interfaces/implementations`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from airflow_sqlmodels.artifacts.json_text import write_json
from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, Metric, Model, NodeId, SavedQuery, SemanticModel
from airflow_sqlmodels.templating.entries.node import node_json
from airflow_sqlmodels.templating.entries.view import relation_name

_METRICFLOW = {"major_version": "0", "minor_version": "213", "patch_version": "0"}
"""What dbt 1.12 is installed with."""

Shape = Mapping[str, Any]
"""By field: None if its value is taken as it is, the shape of it, or a list with the shape of its items."""


def _plain(*fields: str) -> dict[str, None]:
    return dict.fromkeys(fields)


_META = _plain("meta")
_FILTER = {"where_filters": [_plain("where_sql_template")]}
_WINDOW = _plain("count", "granularity")
_MEASURE = {"name": None, "filter": _FILTER, **_plain("alias", "join_to_timespine", "fill_nulls_with")}
_METRIC = {"name": None, "filter": _FILTER, "alias": None, "offset_window": _WINDOW, "offset_to_grain": None}
_CONVERSION = {
    "base_measure": _MEASURE,
    "base_metric": _METRIC,
    "conversion_measure": _MEASURE,
    "conversion_metric": _METRIC,
    "entity": None,
    "calculation": None,
    "window": _WINDOW,
    "constant_properties": [_plain("base_property", "conversion_property")],
}
_AGG_PARAMS = _plain("percentile", "use_discrete_percentile", "use_approximate_percentile")
_NON_ADDITIVE = _plain("name", "window_choice", "window_groupings")
_TYPE_PARAMS = {
    "measure": _MEASURE,
    "numerator": _METRIC,
    "denominator": _METRIC,
    "expr": None,
    "window": _WINDOW,
    "grain_to_date": None,
    "metrics": [_METRIC],
    "conversion_type_params": _CONVERSION,
    "cumulative_type_params": {"window": _WINDOW, "grain_to_date": None, "period_agg": None, "metric": _METRIC},
    "input_measures": [_MEASURE],
    "metric_aggregation_params": {
        "semantic_model": None,
        "agg": None,
        "agg_params": _AGG_PARAMS,
        "agg_time_dimension": None,
        "non_additive_dimension": _NON_ADDITIVE,
    },
    "join_to_timespine": None,
    "fill_nulls_with": None,
    "is_private": None,
}
_ENTITY = {**_plain("name", "description", "type", "role", "expr", "metadata", "label"), "config": _META}
_MEASURES = {
    **_plain("name", "agg", "description", "create_metric", "expr"),
    "agg_params": _AGG_PARAMS,
    "metadata": None,
    "non_additive_dimension": _NON_ADDITIVE,
    **_plain("agg_time_dimension", "label"),
    "config": _META,
}
_DIMENSION = {
    **_plain("name", "description", "type", "datatype", "is_partition"),
    "type_params": {"time_granularity": None, "validity_params": _plain("is_start", "is_end")},
    **_plain("expr", "metadata", "label"),
    "config": _META,
}
_SHAPES: Mapping[type, Shape] = {
    SemanticModel: {
        "name": None,
        "defaults": _plain("agg_time_dimension"),
        "description": None,
        "node_relation": _plain("alias", "schema_name", "database", "relation_name"),
        "primary_entity": None,
        "entities": [_ENTITY],
        "measures": [_MEASURES],
        "dimensions": [_DIMENSION],
        "label": None,
        "metadata": None,
        "config": _META,
    },
    Metric: {
        **_plain("name", "description", "type", "datatype"),
        "type_params": _TYPE_PARAMS,
        "filter": _FILTER,
        **_plain("metadata", "label"),
        "config": _META,
        "time_granularity": None,
    },
    SavedQuery: {
        "name": None,
        "query_params": {"metrics": None, "group_by": None, "order_by": None, "limit": None, "where": _FILTER},
        **_plain("description", "metadata", "label"),
        "exports": [{"name": None, "config": _plain("export_as", "schema_name", "alias")}],
        "tags": None,
    },
}


def write_semantic_manifest(path: Path, manifest: Manifest) -> None:
    """Write the file, whole or not at all. A project without a semantic layer has one too, as in dbt."""
    write_json(path, semantic_manifest(manifest))


def semantic_manifest(manifest: Manifest) -> dict[str, Any]:
    """The content of the file."""
    entries: dict[type, list[dict[str, Any]]] = {SemanticModel: [], Metric: [], SavedQuery: []}
    spines: list[Model] = []
    for node in manifest.nodes.values():
        if type(node) in entries:
            said = _part(node_json(node, manifest, 0.0), _SHAPES[type(node)])
            entries[type(node)].append(_lowered(said) if isinstance(node, Metric) else said)
        elif isinstance(node, Model) and node.time_spine is not None:
            spines.append(node)
    old = list(_old_time_spine(manifest)) if entries[SemanticModel] else []
    return {
        "semantic_models": entries[SemanticModel],
        "metrics": entries[Metric],
        "project_configuration": {
            "time_spine_table_configurations": old,
            "metadata": None,
            "dsi_package_version": _METRICFLOW,
            "time_spines": [_time_spine(each, manifest) for each in spines],
        },
        "saved_queries": entries[SavedQuery],
    }


def _part(entry: Mapping[str, Any], shape: Shape) -> dict[str, Any]:
    """What of an entry of manifest.json is told here."""
    return {key: _value(entry.get(key), inner) for key, inner in shape.items()}


def _value(said: Any, shape: Any) -> Any:
    if said is None or shape is None:
        return said
    if isinstance(shape, list):
        return [_part(each, shape[0]) for each in said]
    return _part(said, shape)


def _lowered(metric: dict[str, Any]) -> dict[str, Any]:
    """A metric whose `grain_to_date` is written as metricflow writes it."""
    params = metric["type_params"]["cumulative_type_params"]
    if params and params["grain_to_date"]:
        params["grain_to_date"] = str(params["grain_to_date"]).lower()
    return metric


def _time_spine(model: Model, manifest: Manifest) -> dict[str, Any]:
    said = model.time_spine or {}
    name = said["standard_granularity_column"]
    return {
        "node_relation": {
            "alias": model.relation.identifier,
            "schema_name": model.relation.schema,
            "database": model.relation.database,
            "relation_name": _name(model, manifest),
        },
        "primary_column": {"name": name, "time_granularity": str(model.columns[name].granularity).lower()},
        "custom_granularities": [dict(each) for each in said["custom_granularities"]],
    }


def _old_time_spine(manifest: Manifest) -> Iterator[dict[str, Any]]:
    """The model that is a time spine by its name alone, in the project or else in a package."""
    for package in dict.fromkeys((manifest.settings.name, *manifest.settings.packages)):
        model: AnyNode | None = manifest.nodes.get(NodeId(f"model.{package}.{OLD_TIME_SPINE}"))
        if isinstance(model, Model):
            if model.time_spine is None:
                yield {"location": _name(model, manifest), "column_name": "date_day", "grain": "day"}
            return


OLD_TIME_SPINE = "metricflow_time_spine"


def _name(model: Model, manifest: Manifest) -> str:
    return relation_name(dialect_named(manifest.settings.target.type), model.relation)
