"""manifest.json: the whole project for other tools. Schema version 12 of dbt."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from airflow_sqlmodels.artifacts.compilation import Compilation
from airflow_sqlmodels.artifacts.json_text import time_text, write_json
from airflow_sqlmodels.artifacts.manifest_macros import macro_entries
from airflow_sqlmodels.artifacts.mark import COMPILED_KEY, NOTHING
from airflow_sqlmodels.artifacts.metadata import metadata
from airflow_sqlmodels.artifacts.selector_entries import selector_entry
from airflow_sqlmodels.graph.order import Edges, Graph
from airflow_sqlmodels.manifest.lost import tests_of_nothing
from airflow_sqlmodels.manifest.macro import Doc
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import (
    DataTest,
    Exposure,
    Function,
    Metric,
    NodeId,
    SavedQuery,
    SemanticModel,
    Source,
    UnitTest,
)
from airflow_sqlmodels.templating.entries.groups import group_entries, group_of
from airflow_sqlmodels.templating.entries.node import node_json
from airflow_sqlmodels.templating.entries.primary_key import tests_of
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.variables import metadata_envs

SCHEMA = "https://schemas.getdbt.com/dbt/manifest/v12.json"

_PARTS: dict[type, str] = {
    Source: "sources",
    Exposure: "exposures",
    UnitTest: "unit_tests",
    SemanticModel: "semantic_models",
    Metric: "metrics",
    SavedQuery: "saved_queries",
    Function: "functions",
}
"""Where a kind of node stands; all others are `nodes`."""


def write_manifest(
    path: Path,
    manifest: Manifest,
    graph: Graph,
    invocation: Invocation,
    compilation: Compilation | None = None,
) -> None:
    """Write the file, whole or not at all, with what was compiled."""
    content = manifest_json(manifest, graph, invocation)
    if compilation:
        for node_id in dict.fromkeys((*compilation.codes, *compilation.built)):
            part = content[_PARTS.get(type(manifest[node_id]), "nodes")]
            part[node_id] = compilation.noted(manifest[node_id], part[node_id])
        if manifest.mark:
            content["metadata"]["env"][COMPILED_KEY] = compilation.digest()
    write_json(path, content)


def manifest_json(manifest: Manifest, graph: Graph, invocation: Invocation) -> dict[str, Any]:
    """The content of the file."""
    made = invocation.started_at.timestamp()
    tests = tests_of(manifest)
    lost = tests_of_nothing(manifest)
    parts: dict[str, dict[str, Any]] = {"nodes": {}, **{part: {} for part in _PARTS.values()}}
    for test in lost:
        entry = node_json(test, manifest, made, tests)
        parts["nodes"][test.id] = {**entry, "config": {**entry["config"], "enabled": False}}
    for node_id, node in manifest.nodes.items():
        parts[_PARTS.get(type(node), "nodes")][node_id] = node_json(node, manifest, made, tests)
    return {
        "metadata": {**metadata(SCHEMA, invocation), **_project(manifest, invocation)},
        **parts,
        "macros": macro_entries(manifest, made),
        "docs": {doc.id: _doc(doc) for doc in (_OVERVIEW, *manifest.docs.values())},
        "groups": group_entries(manifest),
        "group_map": _group_map(manifest),
        "selectors": {name: selector_entry(said) for name, said in manifest.selectors.items()},
        "disabled": {
            node_id: [node_json(node, manifest, made, tests) for node in nodes]
            for node_id, nodes in manifest.disabled.items()
            if nodes[0] not in lost
        },
        **_maps(graph, lost),
    }


def _maps(graph: Graph, lost: Iterable[DataTest]) -> dict[str, Any]:
    parents, children = _map(graph.parents), _map(graph.children)
    for test in lost:
        parents[test.id], children[test.id] = sorted(test.depends_on), []
        for node_id in parents[test.id]:
            children[node_id] = sorted((*children[node_id], test.id))
    return {"parent_map": parents, "child_map": children}


def _project(manifest: Manifest, invocation: Invocation) -> dict[str, Any]:
    """What the head of this file says beyond that of the others."""
    name = manifest.settings.name.encode()
    return {
        "run_started_at": time_text(invocation.started_at),
        "env": metadata_envs({}) | ({"sqlmodels_mark": manifest.mark, COMPILED_KEY: NOTHING} if manifest.mark else {}),
        "project_name": manifest.settings.name,
        "adapter_type": manifest.settings.target.type,
        "project_id": hashlib.md5(name, usedforsecurity=False).hexdigest(),
        "quoting": {**_QUOTED, **manifest.settings.quoting},
        "send_anonymous_usage_stats": False,
        "user_id": None,
    }


_QUOTED = {"database": True, "schema": True, "identifier": True, "column": None}
"""What is quoted if a project says nothing of it."""

_OVERVIEW = Doc(
    id="doc.dbt.__overview__",
    name="__overview__",
    package="dbt",
    path="docs/overview.md",
    text="The models, sources and tests of this project. A docs block named `__overview__` takes this text's place.",
    base="docs",
)
"""What stands on the first page of dbt's own site if a project has none: readers of the file count on its id."""


def _doc(doc: Doc) -> dict[str, Any]:
    return {
        "unique_id": doc.id,
        "name": doc.name,
        "resource_type": "doc",
        "package_name": doc.package,
        "path": doc.path.removeprefix(doc.base + "/"),
        "original_file_path": doc.path,
        "block_contents": doc.text,
    }


def _group_map(manifest: Manifest) -> dict[str, list[NodeId]]:
    found: dict[str, list[NodeId]] = {name: [] for name in manifest.groups}
    for node_id, node in manifest.nodes.items():
        group = group_of(node, manifest)
        if group:
            found.setdefault(group, []).append(node_id)
    return found


def _map(edges: Edges) -> dict[NodeId, list[NodeId]]:
    return {node_id: sorted(others) for node_id, others in edges.items()}
