"""Specs -> Airflow's groups, operators and edges. In a worker just the one task that is wanted."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow.sdk import Asset, TaskGroup

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, resource_type
from airflow_sqlmodels.provider.compat import group_arguments
from airflow_sqlmodels.provider.loaded import projects
from airflow_sqlmodels.provider.operators import SqlModelsOperator
from airflow_sqlmodels.provider.options import Options
from airflow_sqlmodels.provider.saved_tasks import SavedTasks, saved_tasks
from airflow_sqlmodels.provider.shape import END, TaskSpec, downstream_of, priorities, task_specs
from airflow_sqlmodels.provider.translate import Translator


@dataclass(frozen=True, slots=True)
class Place:
    """Where tasks are put: a DAG, a group in it, and what their ids begin with."""

    dag: Any
    group: TaskGroup
    prefix: str


@dataclass(frozen=True, slots=True)
class NodeTasks:
    """The tasks of one node: hang your own tasks on them."""

    run: Any = None
    """The task that builds it; None for a source that is only tested."""
    test: Any = None
    """The task with its tests; None if it has none."""

    @property
    def last(self) -> Any:
        """The task after which the node is ready: its tests, else its build."""
        return self.run if self.test is None else self.test


class Models(Mapping[str, NodeTasks]):
    """The tasks by the name of their node. `make` gives those that were not made yet."""

    def __init__(self, made: dict[str, NodeTasks], make: Callable[[str], NodeTasks | None] | None = None) -> None:
        self._made = made
        self._make = make

    def __getitem__(self, name: str) -> NodeTasks:
        if name not in self._made:
            found = None if self._make is None else self._make(name)
            if found is None:
                raise KeyError(name)
            self._made[name] = found
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def build_all(place: Place, options: Options, translator: type[Translator]) -> Models:
    """Every task, with groups and edges."""
    manifest = projects.whole(options)
    maker = OperatorMaker(manifest, options, translator(manifest.settings.name))
    specs = task_specs(manifest, options, maker.translator)
    saved_tasks(options, place.dag.dag_id, place.prefix, translator).save(specs)
    ranks, below = priorities(specs), downstream_of(specs)
    groups = _Groups(place, options.group_by == "folder")
    tasks = {}
    for spec in specs.values():
        group, label = groups.of(spec)
        task = maker.operator(spec, place.dag, group, label, ranks[spec.id])
        # Airflow's own way to set an edge hashes the DAG's whole task list each time.
        task.upstream_task_ids = {place.prefix + each for each in spec.upstream}
        task.downstream_task_ids = {place.prefix + each for each in below[spec.id]}
        tasks[spec.id] = task
    return Models(_by_name(specs, tasks))


def build_wanted(place: Place, options: Options, translator: type[Translator], wanted: str) -> Models | None:
    """Just the task `wanted`, from what an earlier build saved; None if nothing was, or the node's files changed.

    A worker needs neither the groups nor the edges. Tasks that the DAG file asks for by `.models[…]` are made then.
    """
    saved = saved_tasks(options, place.dag.dag_id, place.prefix, translator)

    def make(spec: TaskSpec) -> Any:
        manifest = projects.saved(options, spec.nodes)
        if manifest is None:
            return None
        maker = OperatorMaker(manifest, options, translator(manifest.settings.name))
        return maker.operator(spec, place.dag, place.dag.task_group, place.prefix + spec.id, 1)

    return _wanted(saved, wanted.removeprefix(place.prefix), make)


def _wanted(saved: SavedTasks, task_id: str, make: Callable[[TaskSpec], Any]) -> Models | None:
    spec = saved.get(task_id)
    if spec is None:
        return None
    made = {spec.id: make(spec)}
    if made[spec.id] is None:
        return None

    def tasks_of(name: str) -> NodeTasks | None:
        found = {}
        for kind in ("run", "freshness", "test"):
            other = saved.get(f"{name}.{kind}")
            if other is not None:
                found[kind] = made.get(other.id) or make(other)
                made[other.id] = found[kind]
        return NodeTasks(found.get("run") or found.get("freshness"), found.get("test")) if found else None

    return Models({}, tasks_of)


@dataclass(slots=True)
class OperatorMaker:
    """Makes operators for the nodes of one project."""

    manifest: Manifest
    options: Options
    translator: Translator
    _common: dict[str, dict[str, Any]] = field(default_factory=dict)

    def operator(self, spec: TaskSpec, dag: Any, group: TaskGroup, label: str, rank: int) -> SqlModelsOperator:
        """The operator of a spec, in its group, under its label there."""
        node = self.manifest[spec.nodes[0]]
        arguments = {"priority_weight": rank, **self._arguments(spec, node)}
        if spec.model is not None and label != spec.kind:
            arguments.setdefault("task_display_name", spec.kind)
        task = SqlModelsOperator(
            task_id=label,
            dag=dag,
            task_group=group,
            options=self.options,
            conn_id=self.translator.conn_id(node, self.options.conn_id),
            nodes=spec.nodes,
            relation=_relation(node),
            checksum=self._checksum(spec),
            weight_rule="absolute",
            **arguments,
        )
        if spec.id == END:
            task.as_teardown()  # it runs after failures too, and the run still counts as failed
        return task

    def _arguments(self, spec: TaskSpec, node: AnyNode) -> dict[str, Any]:
        kind = _argument_kind(spec, node)
        said = self.options.task_args
        arguments = {**(said.get("all") or {}), **(said.get(kind) or {})}
        if spec.kind == "run":
            arguments = {"max_active_tis_per_dag": 1, **arguments}  # one writer per relation
        if spec.model is not None:
            arguments |= self.translator.task_args(node, spec.kind)
        if spec.kind == "run":
            arguments.setdefault("doc_md", self.translator.doc(node))
            uri = self.translator.asset_uri(node, self.options.conn_id) if self.options.assets else None
            if uri is not None:
                arguments["outlets"] = [*arguments.get("outlets", ()), Asset(_relation(node), uri)]
        return arguments

    def _checksum(self, spec: TaskSpec) -> str:
        """Changes whenever anything the task runs does; Airflow cuts long fields before it compares DAGs."""
        if len(spec.nodes) == 1:
            return self.manifest[spec.nodes[0]].fingerprint
        marks = "".join(self.manifest[each].fingerprint for each in spec.nodes)
        return hashlib.sha256(marks.encode()).hexdigest()


class _Groups:
    """The groups of one build: folders nested as on disk, and in them a group for each node."""

    def __init__(self, place: Place, by_folder: bool) -> None:
        self._place = place
        self._by_folder = by_folder
        self._folders: dict[tuple[str, ...], TaskGroup] = {(): place.group}
        self._nodes: dict[str, TaskGroup] = {}

    def of(self, spec: TaskSpec) -> tuple[TaskGroup, str]:
        """The group of a task, and its label there. Ids come out the same whatever the folders."""
        folder = self._folder(spec.group if self._by_folder else ())
        if spec.model is None:
            return folder, spec.id if self._prefixes(folder) else self._place.prefix + spec.id
        group = self._nodes.get(spec.model)
        if group is None:
            # a group's id holds no dots, so in a group of groups the ids of tasks must be spelled out
            plain = "." not in spec.model and not self._place.prefix
            group = self._nodes[spec.model] = self._make(folder, spec.model, spec.model, prefix=plain)
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
        return TaskGroup(_NOT_IN_GROUP_ID.sub("__", whole), **group_arguments(said))

    def _prefixes(self, parent: TaskGroup) -> bool:
        """Whether Airflow itself puts the prefix before the ids of this group's children."""
        return parent is self._place.group and bool(self._place.prefix)


_NOT_IN_GROUP_ID = re.compile(r"[^A-Za-z0-9_-]")  # airflow/sdk/definitions/_internal/node.py


def _by_name(specs: Mapping[str, TaskSpec], tasks: Mapping[str, Any]) -> dict[str, NodeTasks]:
    found: dict[str, dict[str, Any]] = {}
    for spec in specs.values():
        if spec.model is not None:
            found.setdefault(spec.model, {})[spec.kind] = tasks[spec.id]
    return {name: NodeTasks(each.get("run") or each.get("freshness"), each.get("test")) for name, each in found.items()}


def _argument_kind(spec: TaskSpec, node: AnyNode) -> str:
    if spec.kind == "test":
        return "test"
    kind = resource_type(node)
    return kind if kind in ("seed", "snapshot", "source") else "run"


def _relation(node: AnyNode) -> str:
    relation = getattr(node, "relation", None)
    return "" if relation is None else str(relation)
