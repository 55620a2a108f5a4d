"""A whole DAG: every task of a project, with groups and edges."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from airflow.sdk import TaskGroup

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.provider.compat import group_arguments
from airflow_sqlmodels.provider.loaded import projects
from airflow_sqlmodels.provider.options import Options
from airflow_sqlmodels.provider.saved_tasks import saved_tasks
from airflow_sqlmodels.provider.shape import downstream_of, priorities, task_specs
from airflow_sqlmodels.provider.specs import TaskSpec
from airflow_sqlmodels.provider.tasks import Models, NodeTasks, OperatorMaker, Place
from airflow_sqlmodels.provider.translate import Translator


def build_all(place: Place, options: Options, translator: type[Translator]) -> Models:
    """Every task, with groups and edges."""
    manifest = projects.whole(options, place.reading)
    saved = projects.saved_path(options)
    maker = OperatorMaker(manifest, options, translator(manifest.settings.name), str(saved or ""), place.prefix)
    specs = task_specs(manifest, options, maker.translator)
    saved_tasks(options, place.dag.dag_id, place.prefix, translator).save(specs, saved)
    ranks, below = priorities(specs), downstream_of(specs)
    groups = _Groups(place, specs, options.group_by == "folder")
    tasks = {}
    for spec in specs.values():
        group, label = groups.of(spec)
        task = maker.operator(spec, place.dag, group, label, ranks[spec.id])
        # Airflow's own way to set an edge hashes the DAG's whole task list each time.
        task.upstream_task_ids = {place.prefix + each for each in spec.upstream}
        task.downstream_task_ids = {place.prefix + each for each in below[spec.id]}
        tasks[spec.id] = task
    _tell_dag(place, manifest, specs)
    return Models(_by_name(specs, tasks))


def _tell_dag(place: Place, manifest: Manifest, specs: Mapping[str, TaskSpec]) -> None:
    """Put the models' tags on the DAG, for the UI's filter; and the project's overview, if it has no page yet."""
    nodes = (manifest[each] for spec in specs.values() if spec.kind == "run" for each in spec.nodes)
    place.dag.tags.update({tag[:_LONGEST_TAG] for node in nodes for tag in node.tags})
    overview = manifest.docs.get(f"doc.{manifest.settings.name}.__overview__")
    if overview is not None and place.group is place.dag.task_group and place.dag.doc_md is None:
        place.dag.doc_md = overview.text


class _Groups:
    """The groups of one build: folders nested as on disk, and in them a group for each node."""

    def __init__(self, place: Place, specs: Mapping[str, TaskSpec], by_folder: bool) -> None:
        self._place = place
        self._by_folder = by_folder
        self._folders: dict[tuple[str, ...], TaskGroup] = {(): place.group}
        self._nodes: dict[str, TaskGroup] = {}
        self._odd = {spec.model for spec in specs.values() if _is_odd(spec, specs)}

    def of(self, spec: TaskSpec) -> tuple[TaskGroup, str]:
        """The group of a task, and its label there. Ids come out the same whatever the folders."""
        folder = self._folder(spec.group if self._by_folder else ())
        if spec.model is None:
            return folder, spec.id if self._prefixes(folder) else self._place.prefix + spec.id
        group = self._nodes.get(spec.model)
        if group is None:
            odd = spec.model in self._odd
            group_id = f"node.{spec.model}" if odd else spec.model
            # a group's id holds no dots, so in a group of groups the ids of tasks must be spelled out
            plain = not odd and not self._place.prefix
            group = self._nodes[spec.model] = self._make(folder, group_id, spec.model, prefix=plain)
        return group, spec.kind if group.prefix_group_id else self._place.prefix + spec.id

    def _folder(self, path: tuple[str, ...]) -> TaskGroup:
        if path not in self._folders:
            parent = self._folder(path[:-1])
            # "folder" keeps folders and nodes of one name apart
            self._folders[path] = self._make(parent, ".".join(("folder", *path)), path[-1], prefix=False)
        return self._folders[path]

    def _make(self, parent: TaskGroup, group_id: str, name: str, *, prefix: bool) -> TaskGroup:
        said = {"group_display_name": name, "prefix_group_id": prefix, "parent_group": parent, "dag": self._place.dag}
        whole = group_id if self._prefixes(parent) else self._place.prefix + group_id
        return TaskGroup(_NOT_IN_GROUP_ID.sub("-", whole), **group_arguments(said))

    def _prefixes(self, parent: TaskGroup) -> bool:
        """Whether Airflow itself puts the prefix before the ids of this group's children."""
        return parent is self._place.group and bool(self._place.prefix)


def _is_odd(spec: TaskSpec, specs: Mapping[str, TaskSpec]) -> bool:
    """Whether a task's id is not that of its group, a dot, and its kind; or the group's id is taken by a task."""
    name = spec.model
    return name is not None and ("." in name or name in specs or spec.id != f"{name}.{spec.kind}")


_LONGEST_TAG = 100  # airflow/models/dag.py: the column of tags
_NOT_IN_GROUP_ID = re.compile(r"[^\w-]")  # airflow/sdk/definitions/_internal/node.py


def _by_name(specs: Mapping[str, TaskSpec], tasks: Mapping[str, Any]) -> dict[str, NodeTasks]:
    found: dict[str, dict[str, Any]] = {}
    for spec in specs.values():
        if spec.model is not None:
            found.setdefault(spec.model, {})[spec.kind] = tasks[spec.id]
    return {name: NodeTasks(each.get("run") or each.get("freshness"), each.get("test")) for name, each in found.items()}
