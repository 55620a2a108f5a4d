"""The folder that `--state` names -> the earlier state: manifest.json, with run_results.json and sources.json."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

from airflow_sqlmodels.artifacts.facts import facts_of
from airflow_sqlmodels.artifacts.json_text import read_json
from airflow_sqlmodels.errors import Location, SqlModelsError
from airflow_sqlmodels.graph.state import Facts, State
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, NodeId, Seed, Templated
from airflow_sqlmodels.manifest.relation import Quoting, Relation
from airflow_sqlmodels.templating.call_graph import call_graph_of
from airflow_sqlmodels.templating.entries.node import node_json
from airflow_sqlmodels.templating.macro_table import BUILT_IN_NAMES

MANIFEST, RESULTS, SOURCES = "manifest.json", "run_results.json", "sources.json"

_VERSIONS = range(4, 13)
"""Versions of dbt's manifest schema that have all that is compared: dbt 1.0 to 1.12."""

_PARTS = (
    *("nodes", "sources", "exposures", "unit_tests", "functions"),
    *("semantic_models", "metrics", "saved_queries"),
)


@dataclass(frozen=True)
class Earlier:
    """A manifest.json of an earlier state."""

    folder: Path
    content: Mapping[str, Any] = field(repr=False)

    @functools.cached_property
    def entries(self) -> dict[str, Mapping[str, Any]]:
        """Everything in the graph, by id."""
        return {node_id: entry for part in _PARTS for node_id, entry in (self.content.get(part) or {}).items()}

    @functools.cached_property
    def relations(self) -> dict[NodeId, Relation]:
        """Where its models, seeds, snapshots and functions are; ephemeral models are nowhere."""
        every = chain((self.content.get("nodes") or {}).items(), (self.content.get("functions") or {}).items())
        return {
            NodeId(node_id): Relation(
                str(entry.get("database") or ""), str(entry["schema"]), str(entry["alias"]), _quoting(entry)
            )
            for node_id, entry in every
            if entry["resource_type"] in ("model", "seed", "snapshot", "function") and entry.get("relation_name")
        }


def read_earlier(folder: Path) -> Earlier:
    """The manifest in a folder. Raises SqlModelsError if there is none, or it is of a schema that we don't know."""
    found = _manifest_in(folder)
    if found is None:
        hint = "name a folder that holds the 'target' of an earlier run"
        raise SqlModelsError(f"there is no {MANIFEST} in the state folder {str(folder)!r}", None, hint)
    return found


def _manifest_in(folder: Path) -> Earlier | None:
    path = folder / MANIFEST
    content = read_json(path)
    if content is None:
        return None
    said = str((content.get("metadata") or {}).get("dbt_schema_version"))
    version = said.rpartition("/v")[2].removesuffix(".json")
    if "/manifest/" not in said or not version.isdecimal() or int(version) not in _VERSIONS:
        known = f"versions {_VERSIONS[0]} to {_VERSIONS[-1]} can be read: dbt 1.0 and later, and sqlmodels"
        raise SqlModelsError(f"its schema is {said!r}", Location(str(path)), known)
    return Earlier(folder, content)


def state_in(folder: Path, manifest: Manifest, target_folder: Path) -> State:
    """The earlier state that a folder has, ready to be asked about the nodes of `manifest`.

    `target_folder` is where today's sources.json is, to which the earlier one is compared. Files that are not there
    are missed by the selectors that ask for them. Raises SqlModelsError for a manifest.json that we don't know.
    """
    found = _manifest_in(folder)
    earlier = Earlier(folder, {}) if found is None else found
    statuses = _results(earlier.folder / RESULTS)
    then, now = _results(earlier.folder / SOURCES), _results(target_folder / SOURCES)
    return State(
        known=found is not None,
        before=_Before(earlier.entries, manifest.settings.compares_as_written),
        now=_facts_now(manifest),
        macros_changed=_macros_changed(earlier, manifest),
        folder=str(earlier.folder),
        statuses=None if statuses is None else {each["unique_id"]: str(each["status"]) for each in statuses},
        fresher=None if then is None or now is None else _fresher(then, now),
    )


class _Before(Mapping[str, Facts]):
    """The facts of the nodes of a manifest.json; each is worked out when it is asked for."""

    def __init__(self, entries: Mapping[str, Mapping[str, Any]], as_written: bool) -> None:
        self._entries, self._as_written = entries, as_written

    def __getitem__(self, node_id: str) -> Facts:
        return facts_of(self._entries[node_id], as_written=self._as_written)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


def _facts_now(manifest: Manifest) -> Callable[[AnyNode], Facts]:
    as_written = manifest.settings.compares_as_written
    return lambda node: facts_of(node_json(node, manifest, 0.0), as_written=as_written)


def _macros_changed(earlier: Earlier, manifest: Manifest) -> Callable[[AnyNode], bool]:
    """Built-in macros don't count: dbt's are not ours, and both change with the release alone."""
    told = (earlier.content.get("macros") or {}).items()
    before = {name: str(macro.get("macro_sql")).strip() for name, macro in told if not _is_built_in(name)}
    now = {macro.id: macro.as_written.strip() for macro in manifest.macros.values() if not _is_built_in(macro.id)}
    changed = {name for name in before.keys() | now.keys() if before.get(name) != now.get(MacroId(name))}
    graph = call_graph_of(manifest)

    def macros_changed(node: AnyNode) -> bool:
        if not changed or not isinstance(node, (Templated, Seed)):
            return False
        called = node_json(node, manifest, 0.0)["depends_on"]["macros"]  # as in dbt, without what no call reached
        return not changed.isdisjoint(graph.reached(called))

    return macros_changed


def _quoting(entry: Mapping[str, Any]) -> Quoting:
    said = (entry.get("config") or {}).get("quoting") or {}
    return Quoting(*(said.get(part) is not False for part in ("database", "schema", "identifier")))


def _is_built_in(name: str) -> bool:
    return name.split(".")[1] in BUILT_IN_NAMES


def _results(path: Path) -> list[Mapping[str, Any]] | None:
    content = read_json(path)
    return None if content is None else list(content.get("results") or ())


def _fresher(then: list[Mapping[str, Any]], now: list[Mapping[str, Any]]) -> frozenset[str]:
    """The sources whose newest row is newer than it was, or that were not looked at then."""
    newest = {each["unique_id"]: each["max_loaded_at"] for each in then if each.get("max_loaded_at")}
    return frozenset(
        str(each["unique_id"])
        for each in now
        if each.get("max_loaded_at") and each["max_loaded_at"] > newest.get(each["unique_id"], "")
    )
