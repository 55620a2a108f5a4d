"""What differs between the releases of Airflow that are supported (3.1 and later). Nothing else asks for a version."""

from __future__ import annotations

import contextlib
import importlib
import inspect
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, TaskGroup

DAG_ARGUMENTS = frozenset(inspect.signature(DAG.__init__).parameters)
_GROUP_ARGUMENTS = frozenset(inspect.signature(TaskGroup.__init__).parameters)

HAS_RERUN_LATEST = "rerun_with_latest_version" in DAG_ARGUMENTS
"""Since 3.3 a DAG can say that cleared tasks take the newest code."""

HAS_GROUP_DOC = "doc_md" in _GROUP_ARGUMENTS
"""Since 3.3 a task group can have a page of text."""


def dag_arguments(said: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a DAG: one run at a time, and a cleared task runs the newest code where Airflow knows that."""
    newest = {"rerun_with_latest_version": True} if HAS_RERUN_LATEST else {}
    return {"max_active_runs": 1, **newest, **said}


def group_arguments(said: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a task group, without what this release does not know."""
    return {key: value for key, value in said.items() if key in _GROUP_ARGUMENTS}


def dag_bag(folder: Path) -> Any:
    """The DAG files of a folder as Airflow's DAG processor reads them. Airflow's own database is not needed."""
    bag_class = _one_of("airflow.dag_processing.dagbag.DagBag", "airflow.models.dagbag.DagBag")  # moved in 3.2
    known = inspect.signature(bag_class.__init__).parameters
    asked = {"bundle_path": folder, "bundle_name": "checks", "include_examples": False}
    return bag_class(folder, **{key: value for key, value in asked.items() if key in known})


def serialized_hash(dag: Any) -> str:
    """The hash in which Airflow sees whether a DAG is a new version. Raises what stops it from being stored."""
    serializer = _one_of(
        "airflow.serialization.serialized_objects.DagSerialization",  # since 3.2
        "airflow.serialization.serialized_objects.SerializedDAG",
    )
    model = _one_of("airflow.models.serialized_dag.SerializedDagModel")
    return str(model.hash(serializer.to_dict(dag)))


def _one_of(*names: str) -> Any:
    """The first of these that this release has. They are heavy, so nothing imports them unasked."""
    for name in names:
        module, _, attribute = name.rpartition(".")
        with contextlib.suppress(ImportError, AttributeError):
            return getattr(importlib.import_module(module), attribute)
    raise ImportError(f"this release of Airflow has none of {', '.join(names)}")
