"""Which nodes wait for which tests in a build: bad rows stop where they are found.

A node waits for a test of what it reads, directly or not, if all that the test reads lies above the node too.
A test of one node is an edge to that node's readers. A test of several is an edge to the first nodes that have all of
them above: what lies below these waits through them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import reduce
from operator import and_

from airflow_sqlmodels.graph.order import Graph, kind_of
from airflow_sqlmodels.manifest.nodes import NodeId

_WAITING = ("model.", "seed.", "snapshot.", "analysis.")
"""What the ids of nodes that wait for tests begin with: exposures don't."""
_PASSING = "function."
"""Functions don't either, as in dbt; what reads them does."""


def edges_of_tests(graph: Graph, chosen: Collection[NodeId]) -> dict[NodeId, list[NodeId]]:
    """By node the chosen tests it waits for."""
    tests = [node_id for node_id in chosen if kind_of(node_id) == "test"]
    waits: dict[NodeId, list[NodeId]] = defaultdict(list)
    for test in sorted(tests):
        tested = set(graph.parents[test])
        if len(tested) == 1:
            for child in _readers(graph, tested.pop()):
                waits[child].append(test)
    for test, node_id in _edges_of_wide_tests(graph, tests):
        waits[node_id].append(test)
    return waits


def _readers(graph: Graph, node_id: NodeId) -> list[NodeId]:
    """The waiting nodes that read a node, themselves or through functions, each once."""
    found: dict[NodeId, None] = {}
    waiting = [node_id]
    while waiting:
        for child in graph.children[waiting.pop()]:
            if child.startswith(_WAITING):
                found[child] = None
            elif child.startswith(_PASSING):
                waiting.append(child)
    return list(found)


def _edges_of_wide_tests(graph: Graph, tests: Iterable[NodeId]) -> Iterator[tuple[NodeId, NodeId]]:
    """(test, node) for tests that read several nodes."""
    wide = [test for test in sorted(tests) if len(graph.parents[test]) > 1]
    if not wide:
        return
    order, below = _descendants(graph)
    for test in wide:
        common = reduce(and_, (below[parent] for parent in graph.parents[test]))
        while common:
            first = order[(common & -common).bit_length() - 1]
            yield test, first
            common &= ~(below[first] | (common & -common))


def _descendants(graph: Graph) -> tuple[list[NodeId], dict[NodeId, int]]:
    """Nodes in order, and by node the set of waiting nodes below it, as bits at their places in that order."""
    order = [node_id for node_id in graph.order if kind_of(node_id) != "test"]
    place = {node_id: i for i, node_id in enumerate(order)}
    below: dict[NodeId, int] = dict.fromkeys(graph.order, 0)
    for node_id in reversed(order):
        bits = 0
        for child in graph.children[node_id]:
            if child.startswith(_WAITING):
                bits |= below[child] | 1 << place[child]
            elif child.startswith(_PASSING):
                bits |= below[child]
        below[node_id] = bits
    return order, below
