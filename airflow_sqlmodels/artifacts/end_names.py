"""What on-run-end hooks see of the run: dbt's `results`, `schemas` and `database_schemas`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from airflow_sqlmodels.artifacts.result_view import result_view
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Function, Model, NodeId, Seed, Snapshot
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.answering import Answerer


def end_names(means: Answerer, results: Sequence[Result]) -> dict[str, Any]:
    """The names for on-run-end hooks after these results."""
    manifest = means.manifest
    wrote = [result.node for result in results if result.status in ("success", "pass", "warn")]
    return {
        "results": [result_view(manifest, means.entries, result) for result in results],
        **schema_names(written_schemas(manifest, wrote)),
    }


def written_schemas(manifest: Manifest, nodes: Iterable[NodeId]) -> list[tuple[str, str]]:
    """Database and schema of what these nodes write, each pair once, in their order."""
    relations = (written_relation(manifest[node_id]) for node_id in nodes)
    return list(
        dict.fromkeys(
            (relation.database or manifest.settings.target.database, relation.schema)
            for relation in relations
            if relation is not None
        )
    )


def written_relation(node: AnyNode) -> Relation | None:
    """The relation that running a node makes, if it does."""
    match node:
        case Model(materialized="ephemeral"):
            return None
        case Model() | Seed() | Snapshot() | Function():
            return node.relation
        case DataTest() if node.config.get("store_failures"):
            return node.relation
        case _:
            return None


def schema_names(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """`schemas` and `database_schemas` for these pairs of database and schema."""
    return {"schemas": list(dict.fromkeys(schema for _, schema in pairs)), "database_schemas": list(pairs)}
