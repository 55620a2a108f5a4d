"""What decides how a node is built, as one hash, and the files all of that comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.nodes import AnyNode, Model, NodeId, Seed, Templated
from airflow_sqlmodels.templating.call_graph import CallGraph

T = TypeVar("T", bound=AnyNode)


class Fingerprints(Struct):
    """Hashes nodes. What macros add is remembered by the macros that are called: nodes share few sets of them."""

    graph: CallGraph
    _known: dict[tuple[MacroId, ...], tuple[tuple[str, ...], str]] = field(default_factory=dict)

    def of(self, node: T) -> T:
        """The node with its fingerprint, and the files of all macros it can reach among its own."""
        macros = node.macros if isinstance(node, (Templated, Seed)) else ()
        files, texts = self._macros(macros)
        own = f"{node.checksum}\n{node.own_config!r}\n{getattr(node, 'relation', None)}\n{texts}"
        mark = hashlib.sha256(own.encode()).hexdigest()
        return replace(node, files=tuple(dict.fromkeys((*node.files, *files))), fingerprint=mark)

    def _macros(self, macros: tuple[MacroId, ...]) -> tuple[tuple[str, ...], str]:
        if macros not in self._known:
            table = self.graph.table.macros
            reached = [table[each] for each in sorted(self.graph.reached(macros))]
            files = sorted({macro.at.path for macro in reached if not macro.at.path.startswith("<")})
            digest = hashlib.sha256("\n".join(macro.text for macro in reached).encode())
            self._known[macros] = tuple(files), digest.hexdigest()
        return self._known[macros]


def with_parents(nodes: dict[NodeId, AnyNode]) -> dict[NodeId, AnyNode]:
    """The nodes, whose files are also those in which the names of what they read are decided.

    Those that read ephemeral models depend on all that these depend on: they send their SQL.
    """
    named = {node_id: with_names(node, nodes) for node_id, node in nodes.items()}
    ephemeral = {
        node.id: node for node in named.values() if isinstance(node, Model) and node.materialized == "ephemeral"
    }
    if not ephemeral:
        return named
    return {node_id: _extended(node, ephemeral) for node_id, node in named.items()}


def with_names(node: T, nodes: Mapping[NodeId, AnyNode]) -> T:
    """The node, whose files are also those in which the names of what it reads are decided."""
    above = [nodes[each].at.path for each in node.depends_on] if isinstance(node, Templated) else []
    files = dict.fromkeys((*node.files, *above))
    return node if len(files) == len(node.files) else replace(node, files=tuple(files))


def _extended(node: AnyNode, ephemeral: dict[NodeId, Model]) -> AnyNode:
    inside = _inside(node, ephemeral)
    if not inside:
        return node
    files = dict.fromkeys((*node.files, *(path for each in inside for path in each.files)))
    marks = "".join(each.fingerprint for each in inside)
    mark = hashlib.sha256((node.fingerprint + marks).encode()).hexdigest()
    return replace(node, files=tuple(files), fingerprint=mark)


def _inside(node: AnyNode, ephemeral: dict[NodeId, Model]) -> list[Model]:
    """The ephemeral models that become part of a node, each once."""
    found: dict[NodeId, Model] = {}
    waiting = list(node.depends_on) if isinstance(node, Templated) else []
    while waiting:
        node_id = waiting.pop()
        if node_id in ephemeral and node_id not in found:
            found[node_id] = ephemeral[node_id]
            waiting += ephemeral[node_id].depends_on
    return [found[node_id] for node_id in sorted(found)]
