"""manifest.json: the whole project for other tools. Schema version 12 of dbt."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from airflow_sqlmodels.artifacts.compiled import compiled_path
from airflow_sqlmodels.artifacts.json_text import time_text, write_json
from airflow_sqlmodels.artifacts.manifest_macros import macro_entries
from airflow_sqlmodels.artifacts.metadata import metadata
from airflow_sqlmodels.artifacts.primary_key import TestsOf, primary_key, tests_of
from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.graph.order import Edges, Graph
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import (
    Analysis,
    AnyNode,
    DataTest,
    Doc,
    Exposure,
    Function,
    Metric,
    Model,
    NodeId,
    Operation,
    SavedQuery,
    SemanticModel,
    Snapshot,
    Source,
    UnitTest,
)
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.node_view import node_view

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
    compiled: Mapping[NodeId, str] = MappingProxyType({}),
) -> None:
    """Write the file, whole or not at all. `compiled` is the SQL of the nodes that were compiled."""
    content = manifest_json(manifest, graph, invocation)
    for node_id, sql in compiled.items():
        path_in_target = f"{manifest.settings.target_path}/{compiled_path(manifest[node_id])}"
        entry = content[_PARTS.get(type(manifest[node_id]), "nodes")][node_id]
        entry |= {"compiled": True, "compiled_code": sql, "compiled_path": path_in_target}
        entry |= {"extra_ctes": [], "extra_ctes_injected": True}
    write_json(path, content)


def manifest_json(manifest: Manifest, graph: Graph, invocation: Invocation) -> dict[str, Any]:
    """The content of the file."""
    made = invocation.started_at.timestamp()
    tests = tests_of(manifest)
    parts: dict[str, dict[str, Any]] = {"nodes": {}, **{part: {} for part in _PARTS.values()}}
    for node_id, node in manifest.nodes.items():
        parts[_PARTS.get(type(node), "nodes")][node_id] = node_json(node, manifest, made, tests)
    return {
        "metadata": {**metadata(SCHEMA, invocation, manifest), **_project(manifest, invocation)},
        **parts,
        "macros": macro_entries(manifest, made),
        "docs": {doc.id: _doc(doc) for doc in manifest.docs.values()},
        "groups": _groups(manifest),
        "group_map": _group_map(manifest),
        "selectors": dict(manifest.selectors),
        "disabled": {node_id: [node_json(node, manifest, made, tests)] for node_id, node in manifest.disabled.items()},
        "parent_map": _map(graph.parents),
        "child_map": _map(graph.children),
    }


def _project(manifest: Manifest, invocation: Invocation) -> dict[str, Any]:
    """What the head of this file says beyond that of the others."""
    name = manifest.settings.name.encode()
    return {
        "run_started_at": time_text(invocation.started_at),
        "sqlmodels_mark": manifest.mark,
        "project_id": hashlib.md5(name, usedforsecurity=False).hexdigest(),
        "quoting": {key: manifest.settings.quoting.get(key) for key in ("database", "schema", "identifier", "column")},
        "send_anonymous_usage_stats": False,
        "user_id": None,
    }


def node_json(node: AnyNode, manifest: Manifest, made: float, tests: TestsOf = MappingProxyType({})) -> dict[str, Any]:
    """The node as templates see it, and what only this file says."""
    dialect = dialect_named(manifest.settings.target.type)
    view = {**_BLANK.get(type(node), {}), **node_view(node, dialect), "created_at": made, "doc_blocks": []}
    view.setdefault("depends_on", {"macros": [], "nodes": list(node.depends_on)})
    match node:
        case Model() | Analysis() | Function() | DataTest(generic=None):
            view["checksum"] = _checksum(node.raw_code)  # of the file alone
            if isinstance(node, Model):
                view["primary_key"] = primary_key(node, tests.get(node.id, ()))
        case DataTest():
            view["checksum"] = {"name": "none", "checksum": ""}
        case Snapshot() | Operation():
            view["checksum"] = _checksum(_file_text(node, manifest))
        case Source():
            view["path"] = node.path
            said = ("schema", "database")
            view |= {f"unrendered_{key}": node.written.get(key) for key in said}
        case UnitTest() | SemanticModel() | Metric() | SavedQuery():
            del view["doc_blocks"]
        case _:
            pass
    return {**view, **_place(node, manifest), **_contract(node, view)}


def _place(node: AnyNode, manifest: Manifest) -> dict[str, Any]:
    """Where dbt would put what is never built."""
    if not isinstance(node, (Analysis, Operation)):
        return {}
    target = manifest.settings.target
    return {"database": target.database, "schema": target.schema, "alias": node.name, "relation_name": None}


def _contract(node: AnyNode, view: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(node, (Analysis, DataTest, Function, Model, Operation, Snapshot)):
        return {}
    return {"contract": {"enforced": False, "alias_types": True, "checksum": None, **view.get("contract", {})}}


def _checksum(text: str) -> dict[str, str]:
    """As dbt has it: white space of any kind and length counts as one space."""
    return {"name": "sha256", "checksum": hashlib.sha256(" ".join(text.split()).encode()).hexdigest()}


def _file_text(node: AnyNode, manifest: Manifest) -> str:
    """The whole file that a node stands in, with others; "" if it is gone."""
    root = manifest.settings.packages.get(node.package, manifest.settings.root)
    try:
        return (Path(root) / node.path).read_text(encoding="utf-8-sig")
    except OSError:
        return ""


_TEMPLATED: dict[str, Any] = {"build_path": None, "compiled_path": None}
_BLANK: dict[type, dict[str, Any]] = {
    Model: {**_TEMPLATED, "constraints": []},
    Operation: _TEMPLATED,
    Snapshot: _TEMPLATED,
    Analysis: _TEMPLATED,
    Function: _TEMPLATED,
    DataTest: {**_TEMPLATED, "file_key_name": None},
    Source: {"external": None},
}
"""Fields that readers expect, and that say nothing here."""


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


def _groups(manifest: Manifest) -> dict[str, Any]:
    package = manifest.settings.name
    return {
        f"group.{package}.{name}": {
            "name": name,
            "resource_type": "group",
            "package_name": package,
            "path": str(group.get("path", "")).partition("/")[2],
            "original_file_path": group.get("path", ""),
            "unique_id": f"group.{package}.{name}",
            "owner": {"email": None, "name": None, **(group.get("owner") or {})},
            "description": group.get("description"),
            "config": {"meta": (group.get("config") or {}).get("meta") or {}},
        }
        for name, group in manifest.groups.items()
    }


def _group_map(manifest: Manifest) -> dict[str, list[NodeId]]:
    found: dict[str, list[NodeId]] = defaultdict(list)
    for node_id, node in manifest.nodes.items():
        if node.config.get("group"):
            found[str(node.config["group"])].append(node_id)
    return dict(found)


def _map(edges: Edges) -> Mapping[str, list[NodeId]]:
    return {node_id: sorted(others) for node_id, others in edges.items()}
