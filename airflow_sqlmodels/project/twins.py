"""Entries of property files that describe the same thing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from airflow_sqlmodels.manifest.macro import Macro
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.project.elsewhere import Key, twice
from airflow_sqlmodels.project.properties import NAMELESS, SINGULAR, TWICE, UNKNOWN, Entry
from airflow_sqlmodels.project.yaml_text import YamlMap

Twins = tuple[Entry, Entry]
"""Two entries for the same thing, the earlier one first."""


def without_twins(entries: Sequence[Entry], macros: Iterable[Macro]) -> tuple[list[Entry], list[Twins]]:
    """The entries without the earlier ones for the same thing that has a file; and those two by two.

    As in dbt they do no harm if the file is not there, or what it holds is disabled. Of macros it is known by now
    which ones are there; of the rest it is known when they are built, see `refuse_twins`.
    """
    there = {(macro.package, macro.name) for macro in macros}
    last: dict[Key, Entry] = {}
    twins: list[Twins] = []
    out = set()
    for entry in entries:
        key = (entry.kind, entry.file.package, entry.name)
        before = last.get(key)
        if before is not None and not (entry.kind == "macro" and key[1:] in there):
            out.add(id(before))
            twins.append((before, entry))
        if _has_file(entry):
            last[key] = entry
    return [each for each in entries if id(each) not in out], [each for each in twins if each[1].kind != "macro"]


def _has_file(entry: Entry) -> bool:
    if entry.kind == "snapshot":  # one with a relation is the snapshot itself
        return "relation" not in entry.content
    return entry.kind in ("model", "seed", "analysis", "macro") and entry.version is None


def names_of(twins: Iterable[Twins]) -> set[tuple[str, str]]:
    """The kinds and names of what they describe, which may be in another package."""
    return {(entry.kind, entry.name) for _, entry in twins}


def refuse_twins(twins: Iterable[Twins], built: Iterable[AnyNode]) -> None:
    """Raise ProjectError if one of those entries describes a node that an earlier one describes.

    Where `built` are the nodes as they are without their entries: what these say comes too late for dbt.
    """
    enabled = {(node.id.partition(".")[0], node.name) for node in built if node.config.get("enabled", True)}
    for before, entry in twins:
        if (entry.kind, entry.name) in enabled:
            raise twice(entry, before)


def each_once(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The entries; raises ProjectError if two describe the same thing."""
    seen: dict[Key, Entry] = {}
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
