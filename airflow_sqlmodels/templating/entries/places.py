"""Where the SQL of a node lies below the target folder."""

from __future__ import annotations

from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Operation, Snapshot, UnitTest


def compiled_path(node: AnyNode) -> str:
    """Where the SQL of a node lies below the target folder. Where a file holds several nodes, it is a folder there."""
    if isinstance(node, DataTest) and node.generic is not None:
        return f"compiled/{node.package}/{node.path}/{generic_file(node)}"
    if isinstance(node, UnitTest):
        folder = node.path.rpartition("/")[0]
        return f"compiled/{node.package}/{node.path}/{folder}/{node.versioned_name}.sql"
    if isinstance(node, Snapshot):
        return f"compiled/{node.package}/{node.path}/{node.name}.sql"
    if isinstance(node, Operation):
        return f"compiled/{node.package}/{node.path}/hooks/{node.name}.sql"
    return f"compiled/{node.package}/{node.path}"


def generic_file(node: DataTest) -> str:
    """The file of a generic test: as in dbt the alias that its config names does not count."""
    return f"{node.short_name or node.name}.sql"
