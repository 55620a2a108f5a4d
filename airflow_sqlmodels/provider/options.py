"""What a user chooses for a DAG or a task group, checked and put in order."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct, field

from airflow_sqlmodels.errors import ProjectError, SelectorError, closest

Tests = Literal["after_each", "with_model", "after_all", "none", "only"]
Publish = Literal["at_once", "after_tests"]

_ALLOWED: dict[str, tuple[str, ...]] = {
    "tests": ("after_each", "with_model", "after_all", "none", "only"),
    "sources": ("freshness", "none"),
    "hooks": ("once", "none"),
    "group_by": ("folder", "none"),
    "indirect_selection": ("eager", "cautious", "buildable", "empty"),
    "publish": ("at_once", "after_tests"),
}
TASK_KINDS = ("all", "run", "test", "seed", "snapshot", "source")


class Options(Struct, frozen=True, kw_only=True):
    """Everything but Airflow's own arguments. Strings and plain values only: equal options mean equal DAGs."""

    project: str
    """The absolute folder of dbt_project.yml."""
    conn_id: str
    schema: str | None = None
    database: str | None = None
    target: str | None = None
    vars: Mapping[str, Any] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    select: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    selector: str | None = None
    indirect_selection: str = "eager"
    full_refresh: bool | None = None
    allow_empty: bool = False
    tests: str = "after_each"
    sources: str = "freshness"
    hooks: str = "once"
    group_by: str = "folder"
    publish: str | None = None
    assets: bool = False
    task_args: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


def make_options(dag_file: str, project: str | os.PathLike[str], conn_id: str, said: Mapping[str, Any]) -> Options:
    """The options of one DAG or group. Raises ProjectError or SelectorError for what cannot be meant."""
    for name, allowed in _ALLOWED.items():
        value = said.get(name)
        if value is not None and value not in allowed:
            hint = closest(str(value), allowed) or f"one of {', '.join(allowed)}"
            raise ProjectError(f"{name}={value!r} is not known", None, hint)
    if said.get("publish") == "after_tests":
        raise ProjectError("publish='after_tests' is not possible yet", None,
                           "leave it out: tables are published as soon as they are built")  # fmt: skip
    for kind in said.get("task_args") or {}:
        if kind not in TASK_KINDS:
            raise ProjectError(f"task_args: no kind of task {kind!r}", None, closest(kind, TASK_KINDS))
    known = {key: value for key, value in said.items() if value is not None}
    known["select"] = _words(said.get("select"), "select")
    known["exclude"] = _words(said.get("exclude"), "exclude")
    return Options(project=str(project_folder(dag_file, project)), conn_id=conn_id, **known)


def project_folder(dag_file: str, project: str | os.PathLike[str]) -> Path:
    """The project's folder: relative to the DAG file, or to a folder above it. Raises ProjectError if there is none."""
    said = Path(project).expanduser()
    starts = [Path(dag_file).resolve().parent, *Path(dag_file).resolve().parents[1:3]]
    candidates = [said] if said.is_absolute() else [start / said for start in starts]
    for candidate in candidates:
        if (candidate / "dbt_project.yml").is_file():
            return candidate.resolve()
    looked = ", ".join(str(each) for each in candidates)
    raise ProjectError(f"no dbt_project.yml for project={str(project)!r}", None, f"looked into {looked}")


def _words(said: str | Sequence[str] | None, name: str) -> tuple[str, ...]:
    if said is None:
        return ()
    listed = [said] if isinstance(said, str) else list(said)
    if not all(isinstance(each, str) for each in listed):
        raise SelectorError(f"{name} must be a text or a list of texts, not {said!r}")
    return tuple(listed)
