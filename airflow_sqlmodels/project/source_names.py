"""Names of sources and of their tables may be templates: `name: "{{ var('source_schema', target.schema) }}"`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from airflow_sqlmodels.errors import Location
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.rendering import YamlRenderer, is_template
from airflow_sqlmodels.project.yaml_text import YamlList, YamlMap


def with_rendered_names(entries: Iterable[Entry], renderer: Callable[[str], YamlRenderer]) -> Iterator[Entry]:
    """The entries; those of sources under the names that their templates give. `renderer` is asked by package."""
    for entry in entries:
        if entry.kind == "source" and any(is_template(name) for name in (entry.name, *_tables_of(entry))):
            yield _named(entry, renderer(entry.file.package))
        else:
            yield entry


def _tables_of(entry: Entry) -> Iterator[str]:
    for table in entry.content.get("tables") or ():
        if isinstance(table, YamlMap):
            yield str(table.get("name"))


def _named(entry: Entry, renderer: YamlRenderer) -> Entry:
    name = str(renderer.value(entry.name, entry.at))
    content = _with(entry.content, "name", name)
    tables = content.get("tables")
    if isinstance(tables, YamlList):
        content["tables"] = renamed = YamlList()
        renamed.places = tables.places
        renamed += (_renamed(table, renderer, entry.place(tables, at)) for at, table in enumerate(tables))
    return replace(entry, name=name, content=content)


def _renamed(table: Any, renderer: YamlRenderer, at: Location) -> Any:
    if not isinstance(table, YamlMap) or not is_template(str(table.get("name"))):
        return table
    return _with(table, "name", str(renderer.value(table["name"], at)))


def _with(mapping: YamlMap, key: str, value: Any) -> YamlMap:
    """A copy with another value; the one in the file is left as it is read."""
    copy = YamlMap()
    copy.update(mapping, **{key: value})
    copy.places = mapping.places
    return copy
