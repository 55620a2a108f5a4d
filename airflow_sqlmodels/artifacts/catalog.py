"""catalog.json: what lies in the warehouse, relation by relation. Schema version 1 of dbt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from airflow_sqlmodels.artifacts.json_text import write_json
from airflow_sqlmodels.artifacts.metadata import metadata
from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Model, Relational, Seed, Snapshot, Source
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.warehouse.catalog import Described, describe
from airflow_sqlmodels.warehouse.session import Session

SCHEMA = "https://schemas.getdbt.com/dbt/catalog/v1.json"

_TYPES = {
    "table": "BASE TABLE",
    "foreign_table": "BASE TABLE",  # as dbt has it
    "view": "VIEW",
    "materialized_view": "MATERIALIZED VIEW",
}
_NO_STATS = {
    "has_stats": {
        "id": "has_stats",
        "label": "Has Stats?",
        "value": False,
        "include": False,
        "description": "Whether numbers about this relation are known",
    }
}
_HEAD = ("dbt_schema_version", "dbt_version", "generated_at", "invocation_id", "invocation_started_at", "env")


def write_catalog(path: Path, content: dict[str, Any]) -> None:
    """Write the file, whole or not at all."""
    write_json(path, content)


def relational(nodes: Iterable[AnyNode]) -> list[Relational]:
    """The nodes that have a relation in the warehouse."""
    return [
        node
        for node in nodes
        if isinstance(node, (Model, Seed, Snapshot, Source))
        and not (isinstance(node, Model) and node.materialized == "ephemeral")
    ]


def keepers(nodes: Iterable[AnyNode]) -> list[DataTest]:
    """The data tests whose config keeps the rows at fault: dbt describes these tables too, once they are there."""
    return [
        node
        for node in nodes
        if isinstance(node, DataTest) and node.config.get("store_failures_as") not in (None, "ephemeral")
    ]


def catalog(
    manifest: Manifest,
    nodes: Sequence[Relational | DataTest],
    session: Session,
    invocation: Invocation,
    told: Sequence[Described] | None = None,
) -> dict[str, Any]:
    """The content of the file, for these nodes. What they name and is not there is left out.

    `told` is what lies in the warehouse, if somebody else knows.
    """
    here = manifest.settings.target.database
    placed = [(node, node.relation) for node in nodes if node.relation is not None]
    reachable = [(node, relation) for node, relation in placed if relation.database in ("", here)]
    dialect = dialect_named(manifest.settings.target.type)
    found = describe(session, dialect, [relation for _, relation in reachable]) if told is None else told
    exact = {(each.schema, each.name): each for each in found}
    nearly = {(each.schema.lower(), each.name.lower()): each for each in found}
    described: dict[str, dict[str, Any]] = {"nodes": {}, "sources": {}}
    for node, place in reachable:
        schema, name = place.key
        relation = exact.get((schema, name)) or nearly.get((schema.lower(), name.lower()))
        if relation is not None:
            part = "sources" if isinstance(node, Source) else "nodes"
            described[part][node.id] = {**_described(relation, here), "unique_id": node.id}
    elsewhere = [
        f"{node.id} lies in the database {place.database!r}, and this is {here!r}"
        for node, place in placed
        if place.database not in ("", here)
    ]
    return {**_head(invocation), **described, "errors": elsewhere or None}


def empty_catalog(invocation: Invocation) -> dict[str, Any]:
    """The content of the file when nobody asked the warehouse."""
    return {**_head(invocation), "nodes": {}, "sources": {}, "errors": None}


def _head(invocation: Invocation) -> dict[str, Any]:
    every = metadata(SCHEMA, invocation)
    return {"metadata": {key: every[key] for key in _HEAD}}


def _described(relation: Described, database: str) -> dict[str, Any]:
    return {
        "metadata": {
            "type": _TYPES.get(relation.kind, relation.kind),
            "schema": relation.schema,
            "name": relation.name,
            "database": database,
            "comment": relation.comment,
            "owner": relation.owner,
        },
        "columns": {
            column.name: {
                "type": column.data_type,
                "index": column.position,
                "name": column.name,
                "comment": column.comment,
            }
            for column in relation.columns
        },
        "stats": _NO_STATS,
    }
