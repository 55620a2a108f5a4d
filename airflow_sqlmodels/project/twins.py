"""Entries of property files that describe the same thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from airflow_sqlmodels.project.elsewhere import twice
from airflow_sqlmodels.project.files import SourceFile
from airflow_sqlmodels.project.properties import NAMELESS, SINGULAR, TWICE, UNKNOWN, Entry
from airflow_sqlmodels.project.yaml_text import YamlMap


def without_idle_twins(entries: Iterable[Entry], files: Iterable[SourceFile]) -> Iterator[Entry]:
    """The entries, but for the later ones of a file that is not there: as in dbt they are warned of, not refused."""
    there = {(file.kind, file.stem) for file in files}
    seen: set[tuple[str, str, str]] = set()
    for entry in entries:
        key = (entry.kind, entry.file.package, entry.name)
        idle = entry.kind in _OF_FILES and entry.version is None and (entry.kind, entry.name) not in there
        if not (idle and key in seen):
            yield entry
        seen.add(key)


_OF_FILES = ("model", "seed", "analysis")
"""The kinds of which an entry tells what a file of that name holds."""


def each_once(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries; raises ProjectError if two describe the same thing."""
    seen: dict[tuple[str, str, str], Entry] = {}
    for entry in entries:
        key = (entry.kind, entry.file.package, entry.name)
        twin = seen.setdefault(key, entry)
        if twin is not entry and entry.kind not in ("source", "unit_test", SINGULAR, UNKNOWN, TWICE, NAMELESS):
            raise twice(entry, twin)
        seen[key] = _with_config_of(twin, entry) if entry.kind == SINGULAR else twin
        yield seen[key] if entry.kind == SINGULAR else entry


def _with_config_of(earlier: Entry, entry: Entry) -> Entry:
    """What holds of a test in a file that is described twice: as in dbt the later entry, if it says some config."""
    config = earlier.content.get("config")
    if entry.content.get("config") or not config:
        return entry
    content = YamlMap()
    content.update(entry.content, config=config)
    content.places.update(entry.content.places)
    return replace(entry, content=content)
