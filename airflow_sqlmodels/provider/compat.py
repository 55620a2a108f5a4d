"""What differs between the releases of Airflow that are supported (3.1 and later). Nothing else asks for a version."""

from __future__ import annotations

import inspect
from typing import Any

from airflow.sdk import DAG, TaskGroup

_DAG_ARGUMENTS = frozenset(inspect.signature(DAG.__init__).parameters)
_GROUP_ARGUMENTS = frozenset(inspect.signature(TaskGroup.__init__).parameters)

HAS_RERUN_LATEST = "rerun_with_latest_version" in _DAG_ARGUMENTS
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
