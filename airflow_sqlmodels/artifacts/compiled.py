"""target/compiled: the SQL of each node, in a file at dbt's place."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, Model, NodeId
from airflow_sqlmodels.templating.code import CompiledCode
from airflow_sqlmodels.templating.entries.places import compiled_path


def write_run(target: Path, node: AnyNode, sql: str) -> str:
    """Write what was sent of a node below `target`, unless it stands there already; where."""
    return _kept(f"{target}/run/{compiled_path(node).partition('/')[2]}", sql)


def write_compiled(target: Path, node: AnyNode, sql: str) -> str:
    """Write the SQL of a node below `target`, unless it stands there already; where.

    Most files are the same as the last time, and writing one takes ten times as long as reading it.
    """
    return _kept(f"{target}/{compiled_path(node)}", sql)


def write_inlined(target: Path, manifest: Manifest, codes: Mapping[NodeId, CompiledCode]) -> None:
    """Write the SQL of the ephemeral models among these: nodes that were compiled have it in theirs."""
    for node_id, code in codes.items():
        node = manifest.nodes.get(node_id)
        if isinstance(node, Model) and node.materialized == "ephemeral" and code.sql:
            write_compiled(target, node, code.sql)


def write_batch(target: Path, node: AnyNode, label: str, compiled: str, sent: str) -> None:
    """Write the SQL of one batch, as it was compiled or as it was sent: `daily/daily_2026-11-16.sql`."""
    folder, _, name = compiled_path(node).partition("/")[2].rpartition("/")
    stem = name.removesuffix(".sql")
    for kind, sql in (("compiled", compiled), ("run", sent)):
        if sql:
            _kept(f"{target}/{kind}/{folder}/{stem}/{stem}_{label}.sql", sql)


def _kept(path: str, sql: str) -> str:
    text = sql.encode()
    if not _holds(path, text):
        try:
            _write(path, text)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            _write(path, text)
    return path


def _holds(path: str, text: bytes) -> bool:
    """Whether the file holds that. Python's own way to read it takes twice as many calls of the system."""
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        return os.read(file, len(text) + 1) == text
    except OSError:
        return False
    finally:
        os.close(file)


def _write(path: str, text: bytes) -> None:
    with open(path, "wb") as file:
        file.write(text)
