"""What property files look like: where a list, a mapping or a text belongs, so that nothing else has to ask."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from airflow_sqlmodels.errors import closest
from airflow_sqlmodels.project.rendering import is_template

TEXT: Final = "a text"
SCALAR: Final = "a text or a number"
"""A date, true and false will do as well: they are read as they are written."""
TEXTS: Final = "a text or a list of texts"
BOOLEAN: Final = "true or false"
MAPPING: Final = "a mapping"
ELEMENT: Final = "a text or a mapping"
LIST: Final = "a list"
ANY: Final = "anything"


@dataclass(frozen=True, slots=True)
class Maybe:
    """What may be nothing, too: `schema:` with nothing behind it."""

    shape: Plain


@dataclass(frozen=True, slots=True)
class Closed:
    """A mapping that has no other keys than these."""

    keys: dict[str, Any]
    needs: tuple[str, ...] = ()


Plain = str | tuple[str, ...] | dict[str, Any] | list[Any] | Closed
Shape = Plain | Maybe
"""One of the words above, the words that are allowed, a mapping of known keys to shapes (others are anything), or a
list with the shape of all."""


class Fault(NamedTuple):
    """Something that is of another shape."""

    container: Any
    key: Any
    """Where it stands: the key or index in the container."""
    what: str
    hint: str


_MAYBE_TEXT = Maybe(TEXT)
_MAYBE_SCALAR = Maybe(SCALAR)
_CONFIG: dict[str, Any] = {"tags": Maybe(TEXTS), "meta": Maybe(MAPPING)}
_DOCS = Closed({"show": BOOLEAN, "node_color": _MAYBE_TEXT})
_TESTS: dict[str, Any] = dict.fromkeys(("tests", "data_tests"), (_LIST_OF_TESTS := [ELEMENT]))
_PERIOD = Maybe(Closed({"count": _MAYBE_SCALAR, "period": _MAYBE_SCALAR}))
_FRESHNESS = Maybe(Closed({"warn_after": _PERIOD, "error_after": _PERIOD, "filter": _MAYBE_SCALAR}))
_PLAIN_COLUMN: dict[str, Any] = {
    **dict.fromkeys(("name", "description"), TEXT),
    "data_type": _MAYBE_TEXT,
    "tags": [TEXT],
    "meta": MAPPING,
    "docs": _DOCS,
    "config": _CONFIG,
    "constraints": [MAPPING],
    "include": TEXTS,
    "exclude": TEXTS,
}
_COLUMN: dict[str, Any] = {
    **_PLAIN_COLUMN,
    **_TESTS,
    "granularity": _MAYBE_TEXT,
    **dict.fromkeys(("dimension", "entity"), Maybe(ELEMENT)),
    "quote": Maybe(BOOLEAN),
}
_ENTRY: dict[str, Any] = {
    **dict.fromkeys(("name", "description"), TEXT),
    "access": _MAYBE_TEXT,
    **dict.fromkeys(("label", "group"), _MAYBE_SCALAR),
    **dict.fromkeys(("config", "meta"), MAPPING),
    "docs": _DOCS,
    "tags": Maybe(TEXTS),
    "constraints": [MAPPING],
}
_NODE: dict[str, Any] = {**_ENTRY, **_TESTS, "columns": [_COLUMN], "quote_columns": Maybe(BOOLEAN)}
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
    "config": {**_CONFIG, "freshness": Maybe({"warn_after": Maybe(MAPPING), "error_after": Maybe(MAPPING)})},
}
_TABLE: dict[str, Any] = {
    **_OF_SOURCES,
    **_TESTS,
    "identifier": _MAYBE_TEXT,
    "external": Maybe(MAPPING),
    "docs": _DOCS,
    "columns": [_COLUMN],
    "constraints": [MAPPING],
}
_SOURCE: dict[str, Any] = {
    **_OF_SOURCES,
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


_METRIC: dict[str, Any] = {
    **dict.fromkeys(("name", "description", "label", "type", "agg", "expr", "entity", "calculation", "window"), TEXT),
    **dict.fromkeys(("grain_to_date", "period_agg"), TEXT),
    "config": MAPPING,
    "type_params": {
        "metrics": LIST,
        "conversion_type_params": MAPPING,
        "cumulative_type_params": MAPPING,
    },
    "input_metrics": LIST,
    "non_additive_dimension": MAPPING,
}
_VERSIONED: dict[str, Any] = {
    "description": TEXT,
    "access": _MAYBE_TEXT,
    "config": MAPPING,
    "docs": _DOCS,
    "constraints": [MAPPING],
    "columns": [_COLUMN],
    "deprecation_date": _MAYBE_SCALAR,
}
_VERSION = Closed(
    {**_VERSIONED, **dict.fromkeys(_TESTS, Maybe(_LIST_OF_TESTS)), "v": SCALAR, "defined_in": _MAYBE_SCALAR},
    needs=("v",),
)
_MODEL: dict[str, Any] = {
    **_NODE,
    **_VERSIONED,
    "latest_version": _MAYBE_SCALAR,
    "time_spine": _loose({"standard_granularity_column": TEXT, "custom_granularities": [MAPPING]}),
    **dict.fromkeys(("agg_time_dimension", "primary_entity"), _MAYBE_TEXT),
    "metrics": _loose([_METRIC]),
    "derived_semantics": _loose({"entities": [MAPPING], "dimensions": [MAPPING]}),
    "versions": [_VERSION],
}
_ROWS = {"input": TEXT, "format": TEXT, "fixture": TEXT}
_OWNER = {"name": _MAYBE_TEXT, "email": Maybe(TEXTS)}
_MEASURE = {"name": TEXT, "agg": TEXT, "expr": TEXT, "label": TEXT, "description": TEXT, "agg_params": MAPPING}
_DIMENSION = {"name": TEXT, "type": TEXT, "expr": TEXT, "type_params": MAPPING}
_RETURNS = {"data_type": TEXT, "description": _MAYBE_TEXT}
_PARAMETER = {"name": TEXT, **_RETURNS, "default_value": ANY}
_SIGNATURE = {"arguments": [Closed(_PARAMETER)], "returns": Closed(_RETURNS)}

SHAPES: dict[str, Shape] = {
    "model": _MODEL,
    "seed": _NODE,
    "snapshot": {**_NODE, "relation": _MAYBE_SCALAR},
    "analysis": {**_ENTRY, "columns": [_PLAIN_COLUMN]},
    "macro": {**_ENTRY, "arguments": [_ARGUMENT]},
    "function": {
        **{**_ENTRY, **_SIGNATURE},
        "overloads": [{"defined_in": TEXT, "description": _MAYBE_TEXT, **_SIGNATURE}],
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
    "group": Closed({"name": TEXT, "description": _MAYBE_TEXT, "owner": _OWNER, "config": _CONFIG}, needs=("owner",)),
    "unit_test": {
        **dict.fromkeys(("name", "description", "model"), TEXT),
        "config": MAPPING,
        "given": _loose([_ROWS]),
        "expect": _loose(_ROWS),
        "overrides": _loose({"macros": MAPPING, "vars": MAPPING, "env_vars": MAPPING}),
    },
    "singular_test": _ENTRY,
    "source": Closed(_SOURCE),
    "semantic_model": _loose(
        Closed(
            {
                **dict.fromkeys(("name", "description", "label", "model", "primary_entity"), TEXT),
                **dict.fromkeys(("config", "defaults"), MAPPING),
                "entities": [{"name": TEXT, "type": TEXT, "expr": TEXT}],
                "dimensions": [_DIMENSION],
                "measures": [_MEASURE],
            }
        )
    ),
    "metric": _loose(_METRIC),
    "saved_query": _loose(
        Closed(
            {
                **dict.fromkeys(("name", "description", "label"), TEXT),
                "config": MAPPING,
                "tags": TEXTS,
                "query_params": {
                    "metrics": [TEXT], "group_by": TEXTS, "where": TEXTS, "order_by": TEXTS, "limit": TEXT,
                },
                "exports": [{"name": TEXT, "config": MAPPING}],
            }
        )
    ),
}  # fmt: skip
"""By kind of entry, as dbt has them."""

_OVERRIDE = _loose(Closed({**_SOURCE, "overrides": TEXT}))


def faults(kind: str, content: Any) -> Iterator[Fault]:
    """Where an entry of a property file is of another shape than it must be."""
    shape = _OVERRIDE if kind == "source" and "overrides" in content else SHAPES[kind]
    yield from _misshapen(content, shape, None, None)
    if kind in _OWNED and all(content["owner"].get(each) is None for each in _OWNER):
        what = f"{kind.capitalize()} owner must have at least one of 'name' or 'email'."
        yield Fault(content, "owner", what, "say who it is: {name: …}")


_OWNED = ("exposure", "group")


def _misshapen(value: Any, said: Shape, container: Any, key: Any) -> Iterator[Fault]:
    shape = said.shape if isinstance(said, Maybe) else said
    if _tells_nothing(value, said):
        return
    if isinstance(shape, (str, tuple)):
        if not _is(shape, value):
            yield _must(container, key, shape)
    elif isinstance(shape, list) and isinstance(value, list):
        for index, each in enumerate(value):
            yield from _misshapen(each, shape[0], value, index)
    elif isinstance(shape, (dict, Closed)) and isinstance(value, dict):
        yield from _in_mapping(value, shape, container, key)
    else:
        yield _must(container, key, LIST if isinstance(shape, list) else MAPPING)


def _tells_nothing(value: Any, shape: Shape) -> bool:
    """Whether it may be nothing and is, or is a template: what that gives is seen when it is rendered."""
    return isinstance(shape, Maybe) if value is None else isinstance(value, str) and is_template(value)


def _in_mapping(value: dict[str, Any], shape: dict[str, Any] | Closed, container: Any, key: Any) -> Iterator[Fault]:
    keys = shape.keys if isinstance(shape, Closed) else shape
    for inner, each in value.items():
        if inner in keys:
            yield from _misshapen(each, keys[inner], value, inner)
    if not isinstance(shape, Closed):
        return
    for inner in shape.needs:
        if inner not in value:
            hint = f"add '{inner}: …'"
            place = (value, "name") if container is None else (container, key)
            yield Fault(place[0], place[1], f"{inner!r} is a required property", hint)
    for inner in (each for each in value if each not in keys):
        what = f"Additional properties are not allowed ({inner!r} was unexpected)"
        inside = "put it below 'config:'" if "config" in keys and inner in _OFTEN_BESIDE else ""
        yield Fault(value, inner, what, inside or closest(str(inner), keys) or f"there are {', '.join(keys)}")


_OFTEN_BESIDE = ("enabled", "tags", "meta", "group", "event_time")


def _must(container: Any, key: Any, wanted: str | tuple[str, ...]) -> Fault:
    said = wanted if isinstance(wanted, str) else f"one of {', '.join(map(repr, wanted))}"
    what = f"{key!r} must be {said}" if isinstance(key, str) else f"this must be {said}"
    value = container[key]
    hint = _HINTS[wanted] if isinstance(wanted, str) else closest(str(value), wanted)
    if value is None and isinstance(key, str):
        hint = f"leave {key!r} away, or write something behind it"
    return Fault(container, key, f"{what}, not {_shown(value)}", hint)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list) else "nothing" if value is None else repr(value)


_HINTS = {
    LIST: "begin each entry with a dash",
    MAPPING: "write each as 'key: value'",
    ELEMENT: "write its type, or a mapping that has one: {type: time}",
    TEXT: "put quotes around it",
    SCALAR: "quote it if it holds a colon, brackets or braces",
    TEXTS: "write one text, or a list of texts: [a, b]",
    BOOLEAN: "write it without quotes",
}


def _is(shape: str | tuple[str, ...], value: Any) -> bool:
    if isinstance(shape, tuple):
        return value in shape
    if shape == SCALAR:
        return value is not None and not isinstance(value, (list, dict))
    if shape == TEXTS and isinstance(value, list):
        return not any(isinstance(each, (list, dict)) for each in value)
    return isinstance(value, _TYPES[shape])


_TYPES: dict[str, Any] = {
    TEXT: str,
    TEXTS: (str, int, float),
    BOOLEAN: bool,
    MAPPING: dict,
    ELEMENT: (str, dict),
    LIST: list,
    ANY: object,
}
