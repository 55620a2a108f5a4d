"""What on-run-end hooks see of the run: dbt's `results`, `schemas` and `database_schemas`."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

from airflow_sqlmodels.artifacts.run_results import result_json
from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Function, Model, NodeId, Seed, Snapshot
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.node_view import ConfigView, node_view


class Said(dict[str, Any]):
    """Plain data that macros may also ask for as data."""

    def to_dict(self, omit_none: bool = False) -> dict[str, Any]:
        """The data."""
        return {key: value for key, value in self.items() if value is not None or not omit_none}


class SaidConfig(Said, ConfigView):
    """The config of a node that has run: in dbt it answers None to a key that its kind of node does not know."""

    def __missing__(self, key: str) -> Any:
        try:
            return super().__missing__(key)
        except KeyError:
            return None


class Phase:
    """One phase of a node's run: moments as attributes, naive and in UTC, and their text as data."""

    def __init__(self, told: dict[str, Any]) -> None:
        self._told = told
        self.name: str = told["name"]
        self.started_at = _naive(told["started_at"])
        self.completed_at = _naive(told["completed_at"])

    def to_dict(self, omit_none: bool = False) -> dict[str, Any]:
        """The entry of run_results.json."""
        return Said(self._told).to_dict(omit_none)


def _naive(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=None)


class ResultView:
    """One node's outcome, with dbt's attributes."""

    def __init__(self, manifest: Manifest, result: Result) -> None:
        self._told = result_json(manifest, result)
        node = node_view(manifest[result.node], dialect_named(manifest.settings.target.type))
        compiled = {key: self._told[key] for key in ("compiled", "compiled_code")}
        self.node = Said({**node, "config": SaidConfig(node["config"]), **compiled})
        self.status: str = self._told["status"]
        self.execution_time: float = self._told["execution_time"]
        self.message: str | None = self._told["message"]
        self.failures: int | None = self._told["failures"]
        self.thread_id: str = self._told["thread_id"]
        self.timing = [Phase(each) for each in self._told["timing"]]
        self.adapter_response: dict[str, Any] = self._told["adapter_response"]

    def to_dict(self, omit_none: bool = False) -> dict[str, Any]:
        """The entry of run_results.json, with the node."""
        told = {**self._told, "node": self.node}
        return {key: value for key, value in told.items() if value is not None} if omit_none else told


def end_names(manifest: Manifest, results: Sequence[Result]) -> dict[str, Any]:
    """The names for on-run-end hooks after these results."""
    wrote = [result.node for result in results if result.status == "success"]
    return {
        "results": [ResultView(manifest, result) for result in results],
        **schema_names(written_schemas(manifest, wrote)),
    }


def written_schemas(manifest: Manifest, nodes: Iterable[NodeId]) -> list[tuple[str, str]]:
    """Database and schema of what these nodes write, each pair once, in their order."""
    written = (manifest[node_id] for node_id in nodes)
    return list(
        dict.fromkeys(
            (node.relation.database or manifest.settings.target.database, node.relation.schema)
            for node in written
            if isinstance(node, (Seed, Snapshot, Function))
            or (isinstance(node, Model) and node.materialized != "ephemeral")
        )
    )


def schema_names(pairs: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """`schemas` and `database_schemas` for these pairs of database and schema."""
    return {"schemas": list(dict.fromkeys(schema for _, schema in pairs)), "database_schemas": list(pairs)}
