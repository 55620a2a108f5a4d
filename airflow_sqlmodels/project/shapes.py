"""What property files look like: where a list, a mapping or a text belongs, so that nothing else has to ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from airflow_sqlmodels.project.semantic_shapes import (
    METRIC,
    OF_COLUMNS,
    OF_MODELS,
    OLDER_METRIC,
    SAVED_QUERY,
    SEMANTIC_MODEL,
)
from airflow_sqlmodels.project.shape_rules import (
    ANY,
    BOOLEAN,
    LIST,
    MAPPING,
    NUMBER,
    SCALAR,
    TEXT,
    TEXTS,
    WHOLE,
    Closed,
    Either,
    Fault,
    Maybe,
    Shape,
    misshapen,
)

_MAYBE_TEXT = Maybe(TEXT)
_MAYBE_SCALAR = Maybe(SCALAR)
_CONFIG: dict[str, Any] = {"tags": Maybe(TEXTS), "meta": Maybe(MAPPING)}
_DOCS = Closed({"show": BOOLEAN, "node_color": _MAYBE_TEXT})
_TESTS: dict[str, Any] = dict.fromkeys(("tests", "data_tests"), (_LIST_OF_TESTS := [Either((TEXT, MAPPING))]))
_UNIT = Maybe(("minute", "hour", "day"))
_PERIOD = Maybe(Closed({"count": Maybe(WHOLE), "period": _UNIT}))
_CONFIGURED_PERIOD = Maybe({"count": _MAYBE_SCALAR, "period": _UNIT})
_FRESHNESS = Maybe(Closed({"warn_after": _PERIOD, "error_after": _PERIOD, "filter": _MAYBE_TEXT}))
_PLAIN_COLUMN: dict[str, Any] = {
    **dict.fromkeys(("name", "description"), TEXT),
    "data_type": _MAYBE_TEXT,
    "tags": [TEXT],
    "meta": MAPPING,
    "docs": _DOCS,
    "config": {"tags": Either((TEXT, [TEXT])), "meta": Maybe(MAPPING)},
    "constraints": [MAPPING],
}
_COLUMN: dict[str, Any] = {
    **_PLAIN_COLUMN,
    **_TESTS,
    **OF_COLUMNS,
    "quote": Maybe(BOOLEAN),
}
_ENTRY: dict[str, Any] = {
    **dict.fromkeys(("name", "description"), TEXT),
    "data_type": _MAYBE_TEXT,
    "group": _MAYBE_SCALAR,
    **dict.fromkeys(("config", "meta"), MAPPING),
    "docs": _DOCS,
    "constraints": [MAPPING],
}
_ACCESS = ("private", "protected", "public")
_WITH_ACCESS: dict[str, Any] = {**_ENTRY, "access": _ACCESS}
_WITHOUT_COLUMNS: dict[str, Any] = {**_ENTRY, "tags": Maybe(TEXTS), "columns": Maybe([MAPPING])}
_NODE: dict[str, Any] = {**_WITH_ACCESS, **_TESTS, "columns": [_COLUMN], "quote_columns": Maybe(BOOLEAN)}
_ARGUMENT = Closed({"name": TEXT, "type": _MAYBE_TEXT, "description": TEXT}, needs=("name",))
_QUOTING = Closed(dict.fromkeys(("database", "schema", "identifier", "column"), Maybe(BOOLEAN)))
_LOADED: dict[str, Any] = dict.fromkeys(("loaded_at_field", "loaded_at_query"), _MAYBE_TEXT)
_OF_SOURCES: dict[str, Any] = {
    "name": TEXT,
    "description": TEXT,
    "meta": MAPPING,
    "tags": [TEXT],
    "quoting": _QUOTING,
    "freshness": _FRESHNESS,
    **_LOADED,
    "config": {**_CONFIG, "freshness": Maybe(dict.fromkeys(("warn_after", "error_after"), _CONFIGURED_PERIOD))},
}
_PARTITION = {**dict.fromkeys(("name", "description", "data_type"), TEXT), "meta": MAPPING}
_TABLE: dict[str, Any] = {
    **_OF_SOURCES,
    **_TESTS,
    "identifier": _MAYBE_TEXT,
    "data_type": _MAYBE_TEXT,
    "external": Maybe(
        {
            **dict.fromkeys(("location", "file_format", "row_format", "tbl_properties"), _MAYBE_TEXT),
            "partitions": Maybe([Either((TEXT, _PARTITION))]),
        }
    ),
    "docs": _DOCS,
    "columns": [_COLUMN],
    "constraints": [MAPPING],
}
_SOURCE: dict[str, Any] = {
    **_OF_SOURCES,
    "config": {**_OF_SOURCES["config"], "meta": MAPPING},
    "loader": TEXT,
    **dict.fromkeys(("schema", "database"), _MAYBE_TEXT),
    "tables": Maybe([_TABLE]),
}


def _loose(shape: Any) -> Any:
    """The same, where nothing will do for everything, and numbers for texts."""
    if shape is TEXT:
        return _MAYBE_SCALAR
    if isinstance(shape, Maybe):
        return _loose(shape.shape)
    if isinstance(shape, Closed):
        return Maybe(Closed({key: _loose(each) for key, each in shape.keys.items()}, shape.needs))
    if isinstance(shape, dict):
        return Maybe({key: _loose(each) for key, each in shape.items()})
    return Maybe([_loose(shape[0])] if isinstance(shape, list) else shape)


_SOME_COLUMNS = Closed({"include": Either((("all", "*"), [TEXT])), "exclude": [TEXT]}, needs=("include",))
_CONSTRAINT: dict[str, Any] = dict.fromkeys(("columns", "to_columns"), Either((TEXT, LIST, MAPPING)))
_VERSIONED: dict[str, Any] = {
    "description": TEXT,
    "config": MAPPING,
    "docs": _DOCS,
    "constraints": [_CONSTRAINT],
    "columns": [_COLUMN],
    "deprecation_date": _MAYBE_SCALAR,
}
_VERSION = Closed(
    {
        **_VERSIONED,
        **dict.fromkeys(_TESTS, Maybe(_LIST_OF_TESTS)),
        "v": SCALAR,
        "defined_in": _MAYBE_TEXT,
        "access": Maybe(_ACCESS),
        "columns": [Either((_SOME_COLUMNS, _COLUMN))],
    },
    needs=("v",),
)
_MODEL: dict[str, Any] = {
    **_NODE,
    **_VERSIONED,
    "access": TEXT,
    "latest_version": Maybe(Either((TEXT, NUMBER))),
    **OF_MODELS,
    "versions": [_VERSION],
}
_ROWS = {"input": TEXT, "format": TEXT, "fixture": TEXT}
_OWNER = {"name": _MAYBE_TEXT, "email": Maybe(Either((TEXT, [TEXT])))}
_RETURNS = {"data_type": TEXT, "description": _MAYBE_TEXT}
_PARAMETER = {"name": TEXT, **_RETURNS, "default_value": ANY}
_SIGNATURE = {"arguments": [Closed(_PARAMETER)], "returns": Closed(_RETURNS)}

SHAPES: dict[str, Shape] = {
    "model": _MODEL,
    "seed": _NODE,
    "snapshot": {**_NODE, "relation": SCALAR},
    "analysis": {**_WITH_ACCESS, "columns": [_PLAIN_COLUMN]},
    "macro": {**_WITHOUT_COLUMNS, "config": {"docs": _DOCS, "meta": Maybe(MAPPING)}, "arguments": [_ARGUMENT]},
    "function": {
        **{**_WITHOUT_COLUMNS, "access": TEXT, **_SIGNATURE},
        "overloads": [
            Closed({"defined_in": TEXT, "description": _MAYBE_TEXT, **_SIGNATURE, "returns": Maybe(Closed(_RETURNS))})
        ],
    },
    "exposure": Closed(
        {
            **dict.fromkeys(("name", "description"), TEXT),
            **dict.fromkeys(("label", "url"), _MAYBE_TEXT),
            "type": ("dashboard", "notebook", "analysis", "ml", "application"),
            "maturity": Maybe(("low", "medium", "high")),
            **dict.fromkeys(("config", "meta"), MAPPING),
            "tags": [TEXT],
            "depends_on": [TEXT],
            "owner": _OWNER,
        },
        needs=("type", "owner"),
    ),
    "group": Closed(
        {"name": TEXT, "description": _MAYBE_TEXT, "owner": _OWNER, "config": {"meta": MAPPING}}, needs=("owner",)
    ),
    "unit_test": {
        **dict.fromkeys(("name", "description", "model"), TEXT),
        "config": MAPPING,
        "given": _loose([_ROWS]),
        "expect": _loose(_ROWS),
        "overrides": _loose({"macros": MAPPING, "vars": MAPPING, "env_vars": MAPPING}),
    },
    "singular_test": _WITHOUT_COLUMNS,
    "source": Closed(_SOURCE),
    "semantic_model": SEMANTIC_MODEL,
    "saved_query": SAVED_QUERY,
}
"""By kind of entry, as dbt has them."""

_OVERRIDE = _loose(Closed({**_SOURCE, "overrides": TEXT}))


def faults(kind: str, content: Any) -> Iterator[Fault]:
    """Where an entry of a property file is of another shape than it must be."""
    yield from misshapen(content, _shape(kind, content))
    if kind in _OWNED and all(content["owner"].get(each) is None for each in _OWNER):
        what = f"{kind.capitalize()} owner must have at least one of 'name' or 'email'."
        yield Fault(content, "owner", what, "say who it is: {name: …}")


_OWNED = ("exposure", "group")


def _shape(kind: str, content: Any) -> Shape:
    if kind == "metric":
        return OLDER_METRIC if "type_params" in content else METRIC
    return _OVERRIDE if kind == "source" and "overrides" in content else SHAPES[kind]
