"""What manifest.json says of nodes that were compiled in a run, beyond what it says of all."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from airflow_sqlmodels.artifacts.json_text import json_bytes
from airflow_sqlmodels.compile.foreign_keys import foreign_key_targets
from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Function, Model, NodeId
from airflow_sqlmodels.manifest.overload import Overload
from airflow_sqlmodels.templating.answering import Answerer, Rendering
from airflow_sqlmodels.templating.code import CompiledCode
from airflow_sqlmodels.templating.entries.live import code_part
from airflow_sqlmodels.templating.entries.node import Entry, kept_rows


class Compilation(Struct, frozen=True):
    """What a run brought up about nodes."""

    codes: Mapping[NodeId, CompiledCode]
    target_path: str
    """As seen from the project."""
    built: Collection[NodeId] = ()
    """Those of which there is a file in target/run."""
    targets: Mapping[NodeId, Mapping[str, str]] = field(default_factory=dict)
    """What the foreign keys of models point to, by how that is written."""
    bodies: Mapping[NodeId, Sequence[str | None]] = field(default_factory=dict)
    """The bodies of the overloads of functions; None for one that cannot be rendered."""
    kept: Mapping[NodeId, str | None] = field(default_factory=dict)
    """The relations that keep what tests find, because the run was asked to."""

    def __contains__(self, node_id: object) -> bool:
        return node_id in self.codes or node_id in self.built

    def __bool__(self) -> bool:
        return bool(self.codes or self.built)

    def digest(self) -> str:
        """The same for the same, in whatever order it came up."""
        by_node = (sorted(each.items()) for each in (self.codes, self.targets, self.bodies, self.kept))
        known = (*by_node, sorted(self.built), self.target_path)
        return hashlib.blake2b(json_bytes(known), digest_size=16).hexdigest()

    def said(self, node: Model | DataTest, before: Mapping[str, Any]) -> Entry | None:
        """What it changes in the entry of a node that depends on `before`; None if that reaches into its parts."""
        if node.id in self.kept or self.targets.get(node.id):
            return None
        code = self.codes.get(node.id, CompiledCode(None))
        found = code_part(node, code, {"depends_on": before}, self.target_path, built=node.id in self.built)
        return found if found.pop("depends_on") == before else None

    def noted(self, node: AnyNode, entry: Entry) -> Entry:
        """The entry with it."""
        code = self.codes.get(node.id, CompiledCode(None))
        found = {**entry, **code_part(node, code, entry, self.target_path, built=node.id in self.built)}
        targets = self.targets.get(node.id)
        if targets:
            found["constraints"] = _pointed(entry["constraints"], targets)
            columns = entry["columns"].items()
            found["columns"] = {
                name: {**each, "constraints": _pointed(each["constraints"], targets)} for name, each in columns
            }
        if node.id in self.bodies:
            overloads = zip(entry["overloads"], self.bodies[node.id], strict=True)
            found["overloads"] = [{**each, "compiled_body": body} for each, body in overloads]
        if node.id in self.kept:
            found["relation_name"] = self.kept[node.id]
        return found


def compilation_of(means: Answerer, target_path: str, built: Collection[NodeId] = ()) -> Compilation:
    """All that was compiled so far with these means."""
    codes = {node_id: code for node_id, code in means.compiled.items() if node_id in means.manifest.nodes}
    targets = {node_id: foreign_key_targets(means, means.manifest[node_id]) for node_id in codes}
    functions = [node for node in map(means.manifest.nodes.__getitem__, codes) if isinstance(node, Function)]
    bodies = {node.id: [_body(means, node, each) for each in node.overloads] for node in functions if node.overloads}
    asked = (means.manifest.nodes[each] for each in codes if means.invocation.store_failures)
    kept = {node.id: kept_rows(node, means.manifest, asked=True) for node in asked if isinstance(node, DataTest)}
    return Compilation(codes, target_path, built, targets, bodies, kept)


def _body(means: Answerer, node: Function, overload: Overload) -> str | None:
    try:
        return Rendering(means, node, None).text(overload.raw_body, overload.at)
    except SqlModelsError:  # it was told when the function was made
        return None


def _pointed(constraints: Collection[Mapping[str, Any]], targets: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{**each, "to": targets.get(str(each.get("to")), each.get("to"))} for each in constraints]
