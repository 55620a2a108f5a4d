"""What manifest.json says of the semantic layer that follows from other nodes: relations and measures."""

from __future__ import annotations

from typing import Any

from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Metric, Model, NodeId, SavedQuery, Seed, SemanticModel, Snapshot

Entry = dict[str, Any]


def completed(node: SemanticModel | Metric | SavedQuery, view: Entry, manifest: Manifest) -> Entry:
    """The entry of the node, with what others say."""
    match node:
        case SemanticModel():
            return {**view, "node_relation": _relation(node, manifest)}
        case Metric():
            return {**view, "type_params": {**view["type_params"], "input_measures": _measures(node, manifest)}}
        case _:
            return {**view, "exports": [_export(each, manifest) for each in view["exports"]]}


def _relation(node: SemanticModel, manifest: Manifest) -> Entry | None:
    model = manifest.nodes.get(node.ref_ids[0]) if node.ref_ids else None
    if not isinstance(model, (Model, Seed, Snapshot)):
        return None
    relation = model.relation.within(manifest.settings.target.database)
    return {
        "alias": relation.identifier,
        "schema_name": relation.schema,
        "database": relation.database,
        "relation_name": dialect_named(manifest.settings.target.type).render(relation),
    }


def _measures(metric: Metric, manifest: Manifest) -> list[Entry]:
    """The measures that a metric is made of, those of the metrics it is made of included."""
    from airflow_sqlmodels.templating.entries.semantic_view import own_measures  # noqa: PLC0415  # few projects have any

    found: list[Entry] = []
    waiting: list[NodeId] = [metric.id]
    seen: set[NodeId] = set()
    while waiting:
        node = manifest.nodes.get(waiting.pop(0))
        if not isinstance(node, Metric) or node.id in seen:
            continue
        seen.add(node.id)
        own = own_measures(node.definition)
        found += [each for each in own if each not in found]
        if not own:
            waiting = [*node.reads, *waiting]
    return found


def _export(said: Entry, manifest: Manifest) -> Entry:
    """An export goes where the project goes, unless it says otherwise."""
    target, config = manifest.settings.target, said["config"]
    place = {
        "schema_name": config["schema_name"] or target.schema,
        "database": config["database"] or target.database,
    }
    return {**said, "config": {**config, **place}}
