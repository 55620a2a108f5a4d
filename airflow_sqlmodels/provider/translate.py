"""How a node becomes a task: the one object that users override."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.manifest.file_paths import plain_path
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Function, Model, Operation, Source

_NOT_ALLOWED = re.compile(r"[^\w.-]")  # airflow/sdk/definitions/_internal/node.py: what a task id may hold
_LONGEST_ID = 250

_OPERATOR_KEYS = (
    "pool",
    "retries",
    "retry_delay",
    "queue",
    "priority_weight",
    "execution_timeout",
    "owner",
    "executor_config",
)
"""What `airflow:` in a node's config may say; `conn_id` beside them is read elsewhere."""


class Translator:
    """The mapping from nodes to tasks. Subclass it and give `translator=` to change it in one place.

    The same node must always give the same answers: task ids carry the history in Airflow.
    """

    def __init__(self, root_package: str) -> None:
        self.root_package = root_package

    def name(self, node: AnyNode) -> str:
        """The group of a node's tasks, and the first part of their ids: free of folders, so that it never moves."""
        name = f"{node.source_name}.{node.name}" if isinstance(node, Source) else node.name
        if isinstance(node, Model) and node.version is not None:
            name = f"{node.name}.v{node.version}"
        if isinstance(node, DataTest):
            name = str(node.config.get("alias") or node.name)
        if node.package != self.root_package:
            name = f"{node.package}.{name}"
        return _NOT_ALLOWED.sub("_", name)[: _LONGEST_ID - 20]

    def task_id(self, node: AnyNode, kind: str) -> str:
        """`fct_orders.run`, `fct_orders.test`, `raw.orders.freshness`."""
        return f"{self.name(node)}.{kind}"

    def folders(self, node: AnyNode) -> tuple[str, ...]:
        """The nested groups a node stands in: its folders on disk."""
        if isinstance(node, Operation):
            return ()
        if isinstance(node, Source):
            return ("sources",)
        first, *below = plain_path(node.path).split("/")
        inside = tuple(below[:-1]) or (first,)
        return inside if node.package == self.root_package else (node.package, *inside)

    def owner(self, node: AnyNode) -> str | None:
        """The owner of a node's tasks: `airflow.owner`, else `meta.owner`, else the DAG's."""
        said = self.airflow_config(node).get("owner") or node.meta.get("owner")
        if isinstance(said, Mapping):
            said = said.get("name") or said.get("email")
        return None if said is None else str(said)

    def conn_id(self, node: AnyNode, default: str) -> str:
        """The Airflow connection of a node."""
        return str(self.airflow_config(node).get("conn_id") or default)

    def task_args(self, node: AnyNode, kind: str) -> dict[str, Any]:  # noqa: ARG002  # for overriding
        """The operator's arguments that the node's own `airflow:` config sets."""
        arguments = operator_arguments(self.airflow_config(node))
        owner = self.owner(node)
        return arguments if owner is None else {**arguments, "owner": owner}

    def doc(self, node: AnyNode) -> str | None:
        """What the task's page says: the description, and the columns."""
        columns = getattr(node, "columns", None) or {}
        described = [f"- `{each.name}`: {each.description}" for each in columns.values() if each.description]
        parts = [node.description, "\n".join(described)]
        return "\n\n".join(part for part in parts if part) or None

    def asset_uri(self, node: AnyNode, conn_id: str) -> str | None:
        """The asset that a node's task updates; None for none. The same in every DAG that names the relation."""
        relation = getattr(node, "relation", None)
        if relation is None or isinstance(node, (DataTest, Function)):
            return None
        return f"x-sqlmodels://{conn_id}/{relation.schema}/{relation.identifier}"

    def airflow_config(self, node: AnyNode) -> Mapping[str, Any]:
        """The node's `airflow:` config, or `meta.airflow`."""
        said = node.config.get("airflow") or node.meta.get("airflow") or {}
        return said if isinstance(said, Mapping) else {}


def operator_arguments(said: Mapping[str, Any]) -> dict[str, Any]:
    """The operator's arguments among an `airflow:` config. Numbers that are meant as times are seconds."""
    arguments = {key: said[key] for key in _OPERATOR_KEYS if said.get(key) is not None}
    for key in ("retry_delay", "execution_timeout"):
        if isinstance(arguments.get(key), (int, float)):
            arguments[key] = datetime.timedelta(seconds=arguments[key])
    return arguments
