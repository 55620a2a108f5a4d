"""A node as templates see it while a command runs: its entry in manifest.json, and what came of it so far."""

from __future__ import annotations

import ast
from typing import Any

from msgspec import structs

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import (
    AnyNode,
    DataTest,
    Function,
    Model,
    Operation,
    Seed,
    Snapshot,
    Source,
    Templated,
    UnitTest,
)
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.templating.code import CompiledCode
from airflow_sqlmodels.templating.entries.node import WITH_TEMPLATE, Entry, captured_texts, node_json
from airflow_sqlmodels.templating.entries.places import compiled_path
from airflow_sqlmodels.templating.entries.primary_key import TestsOf
from airflow_sqlmodels.templating.entries.shape import shaped
from airflow_sqlmodels.templating.inline_config import inline_config


def live_entry(
    node: AnyNode, manifest: Manifest, made: float, tests: TestsOf, code: CompiledCode | None = None
) -> Entry:
    """What templates see of a node. `made` is when it was read, in seconds since 1970; `code` is there later."""
    entry = _whole(_placed(node, manifest), manifest, made, tests)
    if code is not None:
        built = isinstance(node, _BUILT) and not (isinstance(node, Model) and node.materialized == "ephemeral")
        entry |= code_part(node, code, entry, manifest.settings.target_path, built=built)
    return shaped(entry)


def _placed(node: AnyNode, manifest: Manifest) -> AnyNode:
    """The node with the database in its relation's name."""
    relation: Relation | None = getattr(node, "relation", None)
    if relation is None or relation.database:
        return node
    placed: AnyNode = structs.replace(node, relation=relation.within(manifest.settings.target.database))
    return placed


def _whole(node: AnyNode, manifest: Manifest, made: float, tests: TestsOf) -> Entry:
    entry = node_json(node, manifest, made, tests)
    if isinstance(node, (Source, UnitTest)):
        return {**entry, "_event_status": {}}
    if isinstance(node, WITH_TEMPLATE):
        entry |= {"config_call_dict": _config_call(node), "unrendered_config_call_dict": captured_texts(node, manifest)}
    elif isinstance(node, Seed):
        entry |= {"config_call_dict": {}, "unrendered_config_call_dict": {}}
    if isinstance(node, (Model, Seed, Snapshot)):
        entry["defer_relation"] = None
    if isinstance(node, Model):
        entry["batch"] = None
    if isinstance(node, Operation):
        entry["index"] = node.index + 1
    return entry


def code_part(node: AnyNode, code: CompiledCode, entry: Entry, target_path: str, *, built: bool) -> Entry:
    """What the entry of a node that was compiled says beyond that of others; `built`: there is a file in target/run."""
    depends_on = entry["depends_on"]
    called = dict.fromkeys((*depends_on["macros"], *code.macros))
    depends_on = {**depends_on, "macros": list(called)}
    place = compiled_path(node)
    path = {"build_path": f"{target_path}/run/{place.partition('/')[2]}" if built else None}
    said: Entry = path if built or not (code.sql is None or isinstance(node, Seed)) else {}
    if code.sql is None:
        return {**said, "depends_on": depends_on}
    if not isinstance(node, Seed):
        ctes = [{"id": node_id, "sql": sql} for node_id, sql in code.ctes]
        file = f"{target_path}/{place}" if code.sql else None  # nothing is written of an empty template
        said |= {"compiled_path": file, "compiled": True, "compiled_code": code.sql}
        said |= {"extra_ctes_injected": True, "extra_ctes": ctes}
    return said | {"depends_on": depends_on}


_BUILT = (Model, Seed, Snapshot, DataTest, Function)
"""The kinds of which there is a file in target/run."""


def _config_call(node: Templated) -> dict[str, Any]:
    """What the node's own file says of its config, as values."""
    return {key: _value(text, node.own_config.get(key)) for key, text in inline_config(node.raw_code).items()}


def _value(text: str, merged: Any) -> Any:
    """Of a text that is no literal the value is known only as it became part of the node's config."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return merged
