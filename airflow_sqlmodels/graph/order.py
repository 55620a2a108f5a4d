"""Who reads whom: parents, children, ancestors, descendants and an order in which to build.

It knows ids only. Which nodes are chosen is `selection`'s business, what happens to them is `run`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain

from msgspec import Struct

from airflow_sqlmodels.errors import CycleError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId

Edges = Mapping[NodeId, tuple[NodeId, ...]]


def kind_of(node_id: NodeId) -> str:
    """The resource type, which is what an id begins with. No node has to be looked at for it."""
    return node_id.partition(".")[0]


class Graph(Struct, frozen=True):
    """The edges of a project, both ways, without rings."""

    order: tuple[NodeId, ...]
    """All nodes, each behind everything it reads."""
    parents: Edges
    """What each node reads itself."""
    children: Edges
    """Who reads each node itself."""

    def ancestors(self, nodes: Iterable[NodeId], depth: int | None = None) -> set[NodeId]:
        """Everything that `nodes` read, up to `depth` steps away; None is all the way."""
        return _reach(self.parents, nodes, depth)

    def descendants(self, nodes: Iterable[NodeId], depth: int | None = None) -> set[NodeId]:
        """Everything that reads `nodes`, up to `depth` steps away; None is all the way."""
        return _reach(self.children, nodes, depth)


def graph_of(manifest: Manifest) -> Graph:
    """The graph of all nodes. Raises CycleError, with the ring spelled out, if nodes read each other in a ring."""
    parents = {
        node_id: tuple(parent for parent in node.depends_on if parent in manifest.nodes)
        for node_id, node in manifest.nodes.items()
    }
    children = reversed_edges(parents)
    order = in_order(parents, children)
    if len(order) < len(parents):
        raise _ring_error(manifest, parents, set(parents).difference(order))
    return Graph(tuple(order), parents, children)


def reversed_edges(parents: Edges) -> dict[NodeId, tuple[NodeId, ...]]:
    """The same edges, seen from the other end."""
    children: dict[NodeId, list[NodeId]] = {node_id: [] for node_id in parents}
    for node_id, above in parents.items():
        for parent in above:
            children[parent].append(node_id)
    return {node_id: tuple(below) for node_id, below in children.items()}


def in_order(parents: Edges, children: Edges) -> list[NodeId]:
    """The nodes, each behind its parents, those with the fewest steps above them first. Nodes in rings are missing."""
    waits = {node_id: len(above) for node_id, above in parents.items()}
    order = [node_id for node_id, count in waits.items() if not count]
    for node_id in order:  # grows while it is read
        for child in children[node_id]:
            waits[child] -= 1
            if not waits[child]:
                order.append(child)
    return order


def depths(order: Iterable[NodeId], parents: Edges) -> dict[NodeId, int]:
    """For each node of `order` how many steps the longest way down to it has."""
    found: dict[NodeId, int] = {}
    for node_id in order:
        found[node_id] = max((found[parent] + 1 for parent in parents[node_id]), default=0)
    return found


def _reach(edges: Edges, start: Iterable[NodeId], depth: int | None) -> set[NodeId]:
    found: set[NodeId] = set()
    layer = set(start)
    while layer and (depth is None or depth > 0):
        layer = set(chain.from_iterable(edges[node_id] for node_id in layer)) - found
        found |= layer
        depth = None if depth is None else depth - 1
    return found


def _ring_error(manifest: Manifest, parents: Edges, stuck: set[NodeId]) -> CycleError:
    ring = _ring(parents, stuck)
    names = [manifest[node_id].name for node_id in (*ring, ring[0])]
    return CycleError(f"Found a cycle: {' reads '.join(names)}", manifest[ring[0]].at)


def _ring(parents: Edges, stuck: set[NodeId]) -> list[NodeId]:
    """One ring among nodes that never became ready, from its first node in the order of ids on."""
    seen: dict[NodeId, None] = {}
    node_id = min(stuck)
    while node_id not in seen:
        seen[node_id] = None
        node_id = next(parent for parent in parents[node_id] if parent in stuck)
    way = list(seen)
    ring = way[way.index(node_id) :]
    first = ring.index(min(ring))
    return ring[first:] + ring[:first]
