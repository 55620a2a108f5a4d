"""Which tests come along with the nodes they test.

eager        a test comes with any node it reads
cautious     with all nodes it reads
buildable    with all nodes it reads, where what the selected nodes read themselves counts as selected
empty        none comes along
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from itertools import chain

from airflow_sqlmodels.graph.modes import Indirect
from airflow_sqlmodels.graph.order import Graph, kind_of
from airflow_sqlmodels.manifest.nodes import NodeId

Selected = tuple[AbstractSet[NodeId], AbstractSet[NodeId]]
"""What is selected for certain, and the tests that are if their other nodes turn up."""


def with_tests(graph: Graph, selected: AbstractSet[NodeId], mode: Indirect) -> Selected:
    """`selected` and the tests that come with it at once; then those that wait for the rest of their nodes."""
    if mode == "empty":
        return selected, frozenset()
    below = set(chain.from_iterable(graph.children[node_id] for node_id in selected)) - selected
    tests = {node_id for node_id in below if kind_of(node_id) in ("test", "unit_test")}
    if mode == "eager":
        return selected | tests, frozenset()
    there = selected
    if mode == "buildable":
        there = selected | graph.ancestors(selected) | {each for each in graph.order if kind_of(each) == "source"}
    ready = {node_id for node_id in tests if there >= set(graph.parents[node_id])}
    return selected | ready, tests - ready


def with_waiting(
    graph: Graph, selected: AbstractSet[NodeId], waiting: AbstractSet[NodeId], mode: Indirect
) -> AbstractSet[NodeId]:
    """`selected`, now that several choices are one, and the waiting tests whose nodes are all there."""
    if mode in ("eager", "empty") or selected == waiting:
        return selected
    there = selected | graph.ancestors(selected) if mode == "buildable" else selected
    return selected | {node_id for node_id in waiting if there >= set(graph.parents[node_id])}
