"""graph_summary.json: the edges of the project in few bytes, each node under a number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_sqlmodels.artifacts.json_text import write_json
from airflow_sqlmodels.graph.order import Graph, kind_of
from airflow_sqlmodels.templating.invocation import Invocation


def write_graph_summary(path: Path, graph: Graph, invocation: Invocation) -> None:
    """Write the file, whole or not at all."""
    numbers = {node_id: number for number, node_id in enumerate(graph.parents)}
    linked: dict[str, dict[str, Any]] = {}
    for node_id, number in numbers.items():
        below = [numbers[child] for child in graph.children[node_id]]
        linked[str(number)] = {"name": node_id, "type": kind_of(node_id), **({"succ": below} if below else {})}
    write_json(path, {"_invocation_id": invocation.id, "linked": linked})
