"""What events say of the node that they are about, under `node_info`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.artifacts.json_text import time_text
from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, Operation, resource_type
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.entries.view import path_below


def node_info(
    manifest: Manifest,
    node: AnyNode,
    status: str,
    result: Result | None = None,
    *,
    began: datetime.datetime | None = None,
) -> dict[str, Any]:
    """The node, how far it is, and when it ran: as its result has it, or when it began."""
    relation = getattr(node, "relation", None)
    started = began if result is None else result.started_at
    finished = None if result is None else result.finished_at
    return {
        "node_path": path_below(node),
        "node_name": node.name,
        "unique_id": node.id,
        "resource_type": resource_type(node),
        "materialized": str(node.config.get("materialized") or ""),
        "node_status": status,
        "node_started_at": _moment(started),
        "node_finished_at": _moment(finished),
        "meta": node.meta,
        "node_checksum": node.checksum,
        "node_relation": _place_of_hook(manifest, node) if isinstance(node, Operation) else _place(manifest, relation),
    }


def _moment(moment: datetime.datetime | None) -> str:
    """As dbt writes it here: in UTC, and without saying so."""
    return (time_text(moment) or "").removesuffix("Z")


def _place_of_hook(manifest: Manifest, hook: Operation) -> Mapping[str, str]:
    """Where a model of its name would be. As in dbt, it has no relation."""
    place = _place(manifest, Relation("", hook.schema, hook.name))
    return {**place, "relation_name": ""}


def _place(manifest: Manifest, relation: Relation | None) -> Mapping[str, str]:
    if relation is None:
        return {}
    target = manifest.settings.target
    database = relation.database or target.database
    name = dialect_named(target.type).render(relation)
    return {"database": database, "schema": relation.schema, "alias": relation.identifier, "relation_name": name}
