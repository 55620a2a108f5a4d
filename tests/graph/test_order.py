"""The order of nodes, and who stands above and below whom."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.manifest.nodes import NodeId
from tests.manifests import manifest_of, model

A = model("a")
B = model("b", A)
C = model("c", B)
D = model("d", A, C)


def test_a_node_comes_behind_all_it_reads() -> None:
    graph = graph_of(manifest_of(D, C, B, A))

    assert graph.order == (A.id, B.id, C.id, D.id)


@pytest.mark.parametrize(
    ("depth", "above"),
    [(None, {"a", "b", "c"}), (1, {"a", "c"}), (2, {"a", "b", "c"}), (0, set())],
)
def test_ancestors_go_up_as_far_as_asked(depth: int | None, above: set[str]) -> None:
    graph = graph_of(manifest_of(A, B, C, D))

    assert {name_of(each) for each in graph.ancestors([D.id], depth)} == above


def test_a_node_is_no_descendant_of_itself() -> None:
    graph = graph_of(manifest_of(A, B, C))

    assert graph.descendants([A.id]) == {B.id, C.id}


def test_a_node_that_is_not_there_is_no_parent() -> None:
    graph = graph_of(manifest_of(B))

    assert graph.parents[B.id] == ()


def test_a_ring_is_refused_with_its_way_spelled_out() -> None:
    a = replace(A, ref_ids=(C.id,))
    last = model("last", C)

    with pytest.raises(ProjectError) as caught:
        graph_of(manifest_of(last, C, B, a))

    assert str(caught.value) == ("models/marts/a.sql:1: Found a cycle: a reads c reads b reads a")


def test_a_model_that_reads_itself_is_a_ring_of_one() -> None:
    a = replace(A, ref_ids=(A.id,))

    with pytest.raises(ProjectError, match="Found a cycle: a reads a"):
        graph_of(manifest_of(a))


def name_of(node_id: NodeId) -> str:
    return node_id.rpartition(".")[2]
