"""How a test makes DAGs, reads DAG files, and looks at what came of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from airflow_sqlmodels import SqlModelsDag
from airflow_sqlmodels.provider.compat import dag_bag, serialized_hash
from tests.projects import write_project

ROOT = Path(__file__).resolve().parents[2]


def read(folder: Path) -> Any:
    """The DAGs of a folder, as Airflow's DAG processor reads them."""
    return dag_bag(folder)


def read_file(folder: Path, text: str) -> Any:
    """The DAGs of one file with this text, in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dags.py").write_text(dedent(text), encoding="utf-8")
    return read(folder)


def hashes(bag: Any) -> dict[str, str]:
    """By DAG the hash in which Airflow sees whether a DAG is new."""
    return {name: serialized_hash(dag) for name, dag in bag.dags.items()}


def dag_of(root: Path, files: Mapping[str, str], **options: Any) -> SqlModelsDag:
    """A DAG over a project of these files.

    Each test's is its own: Airflow 3.1 keeps what it read of an id for half a minute, whatever is synced meanwhile.
    """
    return SqlModelsDag(f"shop_{root.name}", project=str(write_project(root, files)), conn_id="warehouse", **options)


def edges(dag: Any) -> dict[str, set[str]]:
    """By task what it waits for."""
    return {task.task_id: set(task.upstream_task_ids) for task in dag.tasks}
