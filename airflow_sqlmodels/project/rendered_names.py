"""Names in property files may be templates: `name: "{{ var('source_schema', target.schema) }}"`; so may what else of an
entry nobody renders later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.rendering import YamlRenderer, is_template
from airflow_sqlmodels.project.shapes import faults
from airflow_sqlmodels.project.yaml_text import YamlList, YamlMap

_TEXT: Final = "a name"
_ANY: Final = "a value, with all in it"
_CHECKED: Final = "the same, whose templates must know their names: dbt looks at what they give"
_DEEP: Final = "all in it, each in its place"
_LATER: Final = ("config", "description", "filter", "where")
"""What stays as it is in such a value: configs and descriptions are rendered apart, conditions by those who ask for
metrics."""

_NAMES: Final = [{"name": _TEXT}]
_DOCS: Final = {"node_color": _CHECKED}
_COLUMNS: Final = [{"name": _TEXT, "quote": _ANY, "docs": _DOCS}]
_ROWS: Final = {"format": _TEXT, "fixture": _TEXT}

_ALONE: Final = {"name": _TEXT}
_USUAL: Final = {"name": _TEXT, "docs": _DOCS, "columns": _COLUMNS}
_NODE: Final = {**_USUAL, "quote_columns": _ANY}
_QUOTING: Final = dict.fromkeys(("database", "schema", "identifier", "column"), _ANY)
_VERSION: Final = {
    **{"v": _ANY, "defined_in": _TEXT, "constraints": _ANY},
    "columns": [{**_COLUMNS[0], "include": _ANY, "exclude": _ANY}],
}
_SEMANTIC: Final = dict.fromkeys(
    ("semantic_model", "agg_time_dimension", "primary_entity", "derived_semantics", "metrics", "time_spine"), _DEEP
)
_FUNCTION: Final = {"name": _TEXT, "access": _CHECKED, "docs": _DOCS}
_ARGUMENT: Final = {"name": _CHECKED, "data_type": _CHECKED, "default_value": _ANY}
_OVERLOAD: Final = {
    **{"defined_in": _TEXT, "description": _CHECKED, "returns": _CHECKED},
    "arguments": [_ARGUMENT],  # their descriptions stay as they are written, as in dbt
}
_WHERE: Mapping[str, Mapping[str, Any]] = {
    "source": {"name": _TEXT, "loader": _TEXT, "quoting": _QUOTING, "tables": [{**_USUAL, "quoting": _QUOTING}]},
    "exposure": {"name": _TEXT, "depends_on": [_TEXT]},
    "unit_test": {"name": _TEXT, "model": _TEXT, "given": [{"input": _TEXT, **_ROWS}], "expect": _ROWS},
    "macro": {"name": _TEXT, "docs": _DOCS, "arguments": _NAMES},
    "model": {**_NODE, **_SEMANTIC, "constraints": _ANY, "latest_version": _ANY, "versions": [_VERSION]},
    "group": {"name": _TEXT, "owner": _CHECKED},
    **dict.fromkeys(("seed", "snapshot"), _NODE),
    "analysis": _USUAL,
    "function": {
        **_FUNCTION,
        "arguments": [{**_ARGUMENT, "description": _CHECKED}],
        "returns": {"data_type": _CHECKED},
        "overloads": [_OVERLOAD],
    },
    "metric": {"name": _TEXT, "type": _TEXT},
    **dict.fromkeys(("semantic_model", "saved_query", "singular_test"), _ALONE),
}
"""By kind of entry: where its names stand, and the like. What else is a template is rendered by whoever reads it."""


def with_rendered_names(entries: Iterable[Entry], renderer: Callable[[str], YamlRenderer]) -> Iterator[Entry]:
    """The entries under the names that their templates give. `renderer` is asked by package."""
    templates: dict[str, bool] = {}  # whether there are any, by file: most have none, and may have many entries
    for entry in entries:
        where, path = _WHERE.get(entry.kind, {}), entry.file.full
        if path not in templates:
            templates[path] = is_template(entry.text)
        if templates[path] and _holds_template(entry.content, where):
            content = _Names(entry, renderer(entry.file.package)).in_map(entry.content, where)
            rendered = replace(entry, name=str(content["name"]), content=content)
            _refuse_shape(rendered)
            yield rendered
        else:
            yield entry


def _refuse_shape(entry: Entry) -> None:
    """What is of another shape than it must be was found when the file was read, but for what templates give."""
    for fault in faults(entry.kind, entry.content):
        raise ProjectError(fault.what, entry.place(fault.container, fault.key), _HINT)


_HINT: Final = "its template gives that: end it with '| as_bool', '| as_number' or '| as_text' to change the type"


def _holds_template(value: Any, where: Any) -> bool:
    if where is _TEXT:
        return isinstance(value, str) and is_template(value)
    if where is _DEEP and isinstance(value, dict):
        return any(_holds_template(value[key], _DEEP) for key in value if key not in _LATER)
    if where is _ANY or where is _CHECKED or where is _DEEP:
        within = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        return _holds_template(value, _TEXT) or any(_holds_template(each, where) for each in within)
    if isinstance(where, list):
        return isinstance(value, list) and any(_holds_template(each, where[0]) for each in value)
    return isinstance(value, dict) and any(_holds_template(value[key], where[key]) for key in where.keys() & value)


class _Names:
    """The names of one entry, rendered into copies: what is in the file is left as it is read."""

    def __init__(self, entry: Entry, renderer: YamlRenderer) -> None:
        self._entry = entry
        self._renderer = renderer
        self._known = entry.kind in ("function", "group", "source")

    def in_map(self, mapping: YamlMap, where: Mapping[str, Any]) -> YamlMap:
        """A copy of a mapping."""
        copy = YamlMap()
        copy.update(mapping)
        copy.places = mapping.places
        for key in where.keys() & mapping.keys():
            copy[key] = self._value(mapping, key, where[key])
        return copy

    def _in_list(self, listed: YamlList, where: Any) -> YamlList:
        copy = YamlList()
        copy.places = listed.places
        copy += (self._value(listed, index, where) for index in range(len(listed)))
        return copy

    def _value(self, holder: Any, key: Any, where: Any) -> Any:
        value = holder[key]
        if not _holds_template(value, where):
            return value
        if where is _TEXT:
            return str(self._renderer.value(value, self._entry.place(holder, key), known=self._known))
        if where is _DEEP and isinstance(value, YamlMap):
            return self.in_map(value, {inner: _DEEP for inner in value if inner not in _LATER})
        if where is _DEEP and isinstance(value, YamlList):
            return self._in_list(value, _DEEP)
        if where is _ANY or where is _CHECKED or where is _DEEP:
            return self._renderer.value(value, self._entry.place(holder, key), known=where is _CHECKED)
        return self._in_list(value, where[0]) if isinstance(where, list) else self.in_map(value, where)
