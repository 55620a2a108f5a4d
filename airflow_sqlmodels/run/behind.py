"""What a run makes anew behind a node."""

from __future__ import annotations

from collections.abc import Collection

from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.manifest.nodes import Model, NodeId
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.registry import own_version
from airflow_sqlmodels.templating.answering import Answerer

_MADE_ANEW = ("view", "table", "incremental", "materialized_view")
"""Of what a project's own materialization does nothing is known."""


def made_behind(means: Answerer, node_id: NodeId, planned: Collection[NodeId]) -> frozenset[tuple[str, str]]:
    """Schema and name of the relations that the run makes anew, whatever they are now, once it has built the node.

    `planned` are the nodes of the run. The view over the latest version of a model comes behind that version.
    """
    manifest = means.manifest
    below = graph_of(manifest).descendants([node_id]).intersection(planned)
    ours = {name for name in _MADE_ANEW if own_version(means, name, built_in=True) is None}
    models = [node for node in map(manifest.nodes.get, below) if isinstance(node, Model)]
    relations = [node.relation for node in models if node.materialized in ours]
    own = manifest[node_id]
    if isinstance(own, Model) and own.version is not None:
        relations.append(_pointer(own))
    return frozenset(means.relation(relation).key for relation in relations)


def _pointer(node: Model) -> Relation:
    said = (node.config.get("latest_version_pointer") or {}).get("alias")
    return node.relation.named(str(said or node.name))
