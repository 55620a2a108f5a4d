"""Sources of packages that the project describes anew: `overrides: a_package` of a source."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any

from airflow_sqlmodels.errors import NamingError, ProjectError, SqlModelsError, closest
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.yaml_text import YamlList, YamlMap

_OWN = ("name", "overrides", "tables")
"""What an override says of itself, not of the source."""


def with_overrides(entries: Iterable[Entry], packages: Collection[str]) -> tuple[list[Entry], list[Warned]]:
    """The entries, those of sources with what overrides say over them, and a warning for each override.

    Raises ProjectError for tables that are none, NamingError if two override the same source.
    """
    listed = list(entries)
    overrides = _overrides(listed)
    if not overrides:
        return listed, []
    merged, used = [], set()
    for entry in listed:
        if entry.kind == "source" and "overrides" in entry.content:
            continue
        over = overrides.get((entry.file.package, entry.name)) if entry.kind == "source" else None
        if over is None:
            merged.append(entry)
        else:
            used.add((entry.file.package, entry.name))
            merged.append(replace(entry, content=_merged(entry, over), overridden=entry.content))
    unused = [_without_use(over, packages) for key, over in overrides.items() if key not in used]
    return merged, [*map(_deprecated, overrides.values()), *unused]


def _overrides(entries: Iterable[Entry]) -> dict[tuple[str, str], Entry]:
    found: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        package = entry.content.get("overrides") if entry.kind == "source" else None
        if package is None:
            continue
        twin = found.setdefault((str(package), entry.name), entry)
        if twin is not entry:
            what = f"two entries override the source {entry.name!r} of {package!r}: the other is at {twin.at}"
            raise NamingError(what, entry.at, "remove it from one of these files")
    return found


def _merged(entry: Entry, over: Entry) -> YamlMap:
    """What a source's entry says, with what its override says over it, table by table."""
    content = _over(entry.content, over.content)
    tables = {table.get("name"): table for table in _tables(over)}
    content["tables"] = listed = YamlList()
    for index, table in enumerate(_tables(entry)):
        said = tables.get(table.get("name"))
        listed.append(table if said is None else _over(table, said))
        listed.places.append(entry.content["tables"].places[index])
    return content


def _tables(entry: Entry) -> list[YamlMap]:
    tables = entry.content.get("tables") or []
    if not isinstance(tables, list) or not all(isinstance(each, YamlMap) for each in tables):
        raise ProjectError("tables must be a list of mappings", entry.place(entry.content, "tables"))
    return tables


def _over(base: YamlMap, more: Mapping[str, Any]) -> YamlMap:
    result = YamlMap()
    result.update(base)
    result.places.update(base.places)
    for key, value in more.items():
        if key not in _OWN:
            result[key] = _elsewhere(value)
            result.places.pop(key, None)
    return result


def _elsewhere(value: Any) -> Any:
    """The value without places: they are those of another file."""
    if isinstance(value, dict):
        result = YamlMap()
        result.update((key, _elsewhere(each)) for key, each in value.items())
        return result
    if isinstance(value, list):
        items = YamlList()
        items.extend(_elsewhere(each) for each in value)
        return items
    return value


def _without_use(over: Entry, packages: Collection[str]) -> Warned:
    package = over.content["overrides"]
    hint = "" if package in packages else closest(str(package), packages)
    what = f"there is no source {over.name!r} in the package {package!r} to override"
    return Warned(str(SqlModelsError(what, over.at, hint)), "UnusedTables")


def _deprecated(over: Entry) -> Warned:
    text = str(SqlModelsError(f"'overrides' of the source {over.name!r} is deprecated", over.at))
    data = {"source_name": over.name, "file": over.file.shown}
    return Warned(text, "SourceOverrideDeprecation", data)
