"""target/compiled: the SQL of each node, in a file at dbt's place."""

from __future__ import annotations

from pathlib import Path

from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Operation, Snapshot, UnitTest


def write_compiled(target: Path, node: AnyNode, sql: str) -> Path:
    """Write the SQL of a node below `target`; where it went."""
    path = target / compiled_path(node)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(sql, encoding="utf-8")
    return path


def compiled_path(node: AnyNode) -> str:
    """Where the SQL of a node lies below the target folder. Where a file holds several nodes, it is a folder there."""
    if isinstance(node, DataTest) and node.generic is not None:
        return f"compiled/{node.package}/{node.path}/{node.config.get('alias') or node.name}.sql"
    if isinstance(node, UnitTest):
        folder = node.path.rpartition("/")[0]
        return f"compiled/{node.package}/{node.path}/{folder}/{node.versioned_name}.sql"
    if isinstance(node, Snapshot):
        return f"compiled/{node.package}/{node.path}/{node.name}.sql"
    if isinstance(node, Operation):
        return f"compiled/{node.package}/{node.path}/hooks/{node.name}.sql"
    return f"compiled/{node.package}/{node.path}"
