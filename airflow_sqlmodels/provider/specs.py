"""A task to be, as plain data: what is saved for workers, and what a DAG is built from."""

from __future__ import annotations

from msgspec import Struct, field

from airflow_sqlmodels.manifest.nodes import NodeId

START, END = "on_run_start", "on_run_end"
FAILED = "failed_models"
"""The task that fails if a model did that others go on without: else the DAG run would count as a success."""
FAILED_KIND = "failed"
ALL_TESTS = "tests"
"""The task that holds every test, if tests run after all."""


class TaskSpec(Struct):
    """One task to be."""

    id: str
    kind: str
    """run, test, freshness, hooks or failed."""
    nodes: list[NodeId]
    """What it runs, in order."""
    group: tuple[str, ...]
    """The folders it stands in."""
    model: str | None
    """The group of its node's own tasks; None for a task that belongs to no single node."""
    upstream: set[str] = field(default_factory=set)
    """The ids of the tasks it waits for."""
    tolerated: set[str] = field(default_factory=set)
    """Those of `upstream` that may fail: their models say `on_error: continue`."""
    schemas: tuple[tuple[str, str], ...] = ()
    """For the tasks of hooks: database and schema of all that the DAG writes."""
    leaves_results: bool = False
    """Whether it leaves what came of its nodes for the on-run-end hooks."""
    graph_from: str = ""
    """The task whose additions to `graph` its macros find there: that of the on-run-start hooks."""
    results_of: dict[str, list[NodeId]] = field(default_factory=dict)
    """For the task of the on-run-end hooks: the nodes of the tasks whose results these are told."""
