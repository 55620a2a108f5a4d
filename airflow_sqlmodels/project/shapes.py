"""What property files look like: where a list, a mapping or a text belongs, so that nothing else has to ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from airflow_sqlmodels.project.rendering import is_template

TEXT: Final = "a text"
"""A number, a date, true and false will do as well: they are read as they are written."""
TEXTS: Final = "a text or a list of texts"
MAPPING: Final = "a mapping"
ELEMENT: Final = "a text or a mapping"
LIST: Final = "a list"

Shape = str | dict[str, Any] | list[Any]
"""One of the words above, a mapping of known keys to shapes (others are anything), or a list with the shape of all."""

_CONFIG: dict[str, Any] = {"tags": TEXTS, "meta": MAPPING}
_PERIOD: dict[str, Any] = {"count": TEXT, "period": TEXT}
_FRESHNESS: dict[str, Any] = {"warn_after": _PERIOD, "error_after": _PERIOD, "filter": TEXT}
_COLUMN: dict[str, Any] = {
    "name": TEXT,
    "description": TEXT,
    "data_type": TEXT,
    "granularity": TEXT,
    **dict.fromkeys(("dimension", "entity"), ELEMENT),
    "tags": TEXTS,
    "meta": MAPPING,
    "docs": MAPPING,
    "config": _CONFIG,
    "constraints": [MAPPING],
    "include": TEXTS,
    "exclude": TEXTS,
}
_ENTRY: dict[str, Any] = {
    **dict.fromkeys(("name", "description", "label", "access", "group"), TEXT),
    **dict.fromkeys(("config", "docs", "meta"), MAPPING),
    "tags": TEXTS,
    "columns": [_COLUMN],
}
_ARGUMENT = {"name": TEXT, "type": TEXT, "data_type": TEXT, "description": TEXT}
_TABLE: dict[str, Any] = {
    **_ENTRY,
    **dict.fromkeys(("identifier", "loader", "loaded_at_field", "loaded_at_query"), TEXT),
    "quoting": MAPPING,
    "freshness": _FRESHNESS,
    "config": {**_CONFIG, "freshness": _FRESHNESS},
}
_METRIC: dict[str, Any] = {
    **_ENTRY,
    **dict.fromkeys(("type", "agg", "expr", "entity", "calculation", "window", "grain_to_date", "period_agg"), TEXT),
    "type_params": {
        "metrics": LIST,
        "conversion_type_params": MAPPING,
        "cumulative_type_params": MAPPING,
    },
    "input_metrics": LIST,
    "non_additive_dimension": MAPPING,
}
_MODEL: dict[str, Any] = {
    **_ENTRY,
    "constraints": [MAPPING],
    "latest_version": TEXT,
    "deprecation_date": TEXT,
    "time_spine": {"standard_granularity_column": TEXT, "custom_granularities": [MAPPING]},
    **dict.fromkeys(("agg_time_dimension", "primary_entity"), TEXT),
    "metrics": [_METRIC],
    "derived_semantics": {"entities": [MAPPING], "dimensions": [MAPPING]},
}
_ROWS = {"input": TEXT, "format": TEXT, "fixture": TEXT}
_MEASURE = {"name": TEXT, "agg": TEXT, "expr": TEXT, "label": TEXT, "description": TEXT, "agg_params": MAPPING}

SHAPES: dict[str, dict[str, Any]] = {
    "model": {**_MODEL, "versions": [{**_MODEL, "v": TEXT, "defined_in": TEXT}]},
    "seed": _ENTRY,
    "snapshot": {**_ENTRY, "relation": TEXT},
    "analysis": _ENTRY,
    "macro": {**_ENTRY, "arguments": [_ARGUMENT]},
    "function": {**_ENTRY, "arguments": [_ARGUMENT], "returns": _ARGUMENT},
    "exposure": {
        **_ENTRY,
        **dict.fromkeys(("type", "url", "maturity"), TEXT),
        "owner": {"name": TEXT},
        "depends_on": [TEXT],
    },
    "group": {**_ENTRY, "owner": MAPPING, "config": _CONFIG},
    "unit_test": {
        **_ENTRY,
        "model": TEXT,
        "given": [_ROWS],
        "expect": _ROWS,
        "overrides": {"macros": MAPPING, "vars": MAPPING, "env_vars": MAPPING},
    },
    "singular_test": _ENTRY,
    "source": {
        **_TABLE,
        **dict.fromkeys(("schema", "database", "overrides"), TEXT),
        "tables": [_TABLE],
    },
    "semantic_model": {
        **_ENTRY,
        "model": TEXT,
        "defaults": MAPPING,
        "primary_entity": TEXT,
        "entities": [{"name": TEXT, "type": TEXT, "expr": TEXT}],
        "dimensions": [{"name": TEXT, "type": TEXT, "expr": TEXT, "type_params": MAPPING}],
        "measures": [_MEASURE],
    },
    "metric": _METRIC,
    "saved_query": {
        **_ENTRY,
        "query_params": {"metrics": [TEXT], "group_by": TEXTS, "where": TEXTS, "order_by": TEXTS, "limit": TEXT},
        "exports": [{"name": TEXT, "config": MAPPING}],
    },
}
"""By kind of entry."""


def misshapen(value: Any, shape: Shape, container: Any = None, key: Any = None) -> Iterator[tuple[Any, Any, str]]:
    """Where a value has another shape: the container, the key or index in it, and what belongs there."""
    if value is None:
        return
    if isinstance(shape, str):
        if not _is(shape, value):
            yield container, key, shape
    elif isinstance(shape, list) and isinstance(value, list):
        yield from _in_list(value, shape[0])
    elif isinstance(shape, dict) and isinstance(value, dict):
        for inner in shape.keys() & value.keys():
            yield from misshapen(value[inner], shape[inner], value, inner)
    else:
        yield container, key, LIST if isinstance(shape, list) else MAPPING


def _in_list(listed: list[Any], shape: Shape) -> Iterator[tuple[Any, Any, str]]:
    for index, each in enumerate(listed):
        if each is None:
            yield listed, index, shape if isinstance(shape, str) else MAPPING
        else:
            yield from misshapen(each, shape, listed, index)


def _is(shape: str, value: Any) -> bool:
    if isinstance(value, str) and is_template(value):
        return True  # what it gives is seen when it is rendered
    if shape == MAPPING:
        return isinstance(value, dict)
    if shape == ELEMENT:
        return isinstance(value, (str, dict))
    if shape == LIST:
        return isinstance(value, list)
    if shape == TEXTS and isinstance(value, list):
        return not any(isinstance(each, (list, dict)) for each in value)
    return not isinstance(value, (list, dict))
