"""Specs -> operators. A worker comes here for its one task, so this imports little: see `whole` for whole DAGs."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from airflow.sdk import Asset, BaseOperator, TaskGroup
from msgspec import Struct

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, NodeId, UnitTest, resource_type
from airflow_sqlmodels.project.saved import load_saved_nodes
from airflow_sqlmodels.provider.operators import FailedModelsOperator, SqlModelsOperator
from airflow_sqlmodels.provider.options import Options
from airflow_sqlmodels.provider.saved_tasks import SavedTasks, saved_tasks
from airflow_sqlmodels.provider.specs import ALL_TESTS, END, FAILED_KIND, TaskSpec
from airflow_sqlmodels.provider.translate import Translator, operator_arguments


class Place(Struct, frozen=True):
    """Where tasks are put: a DAG, a group in it, and what their ids begin with."""

    dag: Any
    group: TaskGroup
    prefix: str
    reading: object = None
    """This execution of the DAG file's code; None if the code of another module, or of a function, is at work."""


class NodeTasks(Struct, frozen=True):
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


def build_wanted(place: Place, options: Options, translator: type[Translator], wanted: str) -> Models | None:
    """Just the task `wanted`, from what an earlier build saved; None if nothing was, or the node's files changed.

    A worker needs neither the groups nor the edges. Tasks that the DAG file asks for by `.models[…]` are made then.
    """
    saved = saved_tasks(options, place.dag.dag_id, place.prefix, translator)

    def make(spec: TaskSpec) -> Any:
        path = saved.manifest_path()
        manifest = load_saved_nodes(path, Path(options.project), options.env, spec.nodes)
        if manifest is None:
            return None
        maker = OperatorMaker(manifest, options, translator(manifest.settings.name), str(path), place.prefix)
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
            other = saved.of_node(name, kind)
            if other is not None:
                found[kind] = made.get(other.id) or make(other)
                made[other.id] = found[kind]
        return NodeTasks(found.get("run") or found.get("freshness"), found.get("test")) if found else None

    return Models({}, tasks_of)


class OperatorMaker(Struct, frozen=True):
    """Makes operators for the nodes of one project."""

    manifest: Manifest
    options: Options
    translator: Translator
    saved: str = ""
    """The file in which the project is saved, for the task itself to read."""
    prefix: str = ""
    """What the ids of all tasks begin with."""

    def operator(self, spec: TaskSpec, dag: Any, group: TaskGroup, label: str, rank: int) -> BaseOperator:
        """The operator of a spec, in its group, under its label there."""
        if spec.kind == FAILED_KIND:
            rule = "one_failed"
            failed = FailedModelsOperator(task_id=label, dag=dag, task_group=group, trigger_rule=rule, retries=0)
            # it decides about the DAG run, but what is hung on a group does not wait for it: in general it is skipped
            failed.is_teardown = failed.on_failure_fail_dagrun = True
            return failed
        node = self.manifest[main_node(spec.nodes)]
        arguments = {"priority_weight": rank, **self._waiting(spec), **self._arguments(spec, node)}
        if spec.model is not None and label != spec.kind:
            arguments.setdefault("task_display_name", spec.kind)
        task = SqlModelsOperator(
            task_id=label,
            dag=dag,
            task_group=group,
            options=self.options,
            saved=self.saved,
            conn_id=self._conn_id(node),
            nodes=spec.nodes,
            relation=_relation(node),
            checksum=self._checksum(spec),
            schemas=spec.schemas,
            leaves_results=spec.leaves_results,
            graph_from=spec.graph_from and self.prefix + spec.graph_from,
            results_of={self.prefix + task_id: nodes for task_id, nodes in spec.results_of.items()},
            weight_rule="absolute",
            **arguments,
        )
        if spec.id == END:
            task.as_teardown()  # it runs after failures too, and the run still counts as failed
        return task

    def _waiting(self, spec: TaskSpec) -> dict[str, Any]:
        """What a task is told of those above it, if one of them may fail."""
        if not spec.tolerated:
            return {}
        return {
            "trigger_rule": "all_done",
            "needed": [self.prefix + each for each in sorted(spec.upstream - spec.tolerated)],
            "tolerated": [self.prefix + each for each in sorted(spec.tolerated)],
        }

    def _arguments(self, spec: TaskSpec, node: AnyNode) -> dict[str, Any]:
        kind = _argument_kind(spec, node)
        said = self.options.task_args
        of_project = operator_arguments(self.manifest.settings.airflow)
        arguments = {**of_project, **(said.get("all") or {}), **(said.get(kind) or {})}
        if spec.kind == "run":
            arguments = {"max_active_tis_per_dag": 1, **arguments}  # one writer per relation
        if spec.kind != "hooks" and spec.id != ALL_TESTS:
            arguments |= self._node_arguments(spec, node)
        if spec.kind == "run":
            arguments.setdefault("doc_md", self.translator.doc(node))
            uri = self.translator.asset_uri(node, self.options.conn_id) if self.options.assets else None
            if uri is not None:
                arguments["outlets"] = [*arguments.get("outlets", ()), Asset(_relation(node), uri)]
        return arguments

    def _node_arguments(self, spec: TaskSpec, node: AnyNode) -> dict[str, Any]:
        """What the node's config sets. A test takes what the tested node says, unless it says otherwise itself."""
        arguments = self.translator.task_args(self._subject(node), spec.kind)
        if isinstance(node, DataTest):
            for test in reversed(spec.nodes):
                arguments |= operator_arguments(self.translator.airflow_config(self.manifest[test]))
        return arguments

    def _conn_id(self, node: AnyNode) -> str:
        default = self.translator.conn_id(self._subject(node), self.options.conn_id)
        return str(self.translator.airflow_config(node).get("conn_id") or default)

    def _subject(self, node: AnyNode) -> AnyNode:
        """The node itself; for a test the node that it was written for, if that is one."""
        if isinstance(node, UnitTest):
            return self.manifest.nodes.get(node.model, node)
        if not isinstance(node, DataTest):
            return node
        read = node.depends_on
        subject = node.attached_node or (read[0] if len(read) == 1 else None)
        return node if subject is None else self.manifest.nodes.get(subject, node)

    def _checksum(self, spec: TaskSpec) -> str:
        """Changes whenever anything the task runs does; Airflow cuts long fields before it compares DAGs."""
        if len(spec.nodes) == 1:
            return self.manifest[spec.nodes[0]].fingerprint
        marks = "".join(self.manifest[each].fingerprint for each in spec.nodes)
        return hashlib.sha256(marks.encode()).hexdigest()


def main_node(nodes: Sequence[NodeId]) -> NodeId:
    """The node that a task is about: unit tests at its beginning are not."""
    return next((each for each in nodes if not each.startswith("unit_test.")), nodes[0])


def _argument_kind(spec: TaskSpec, node: AnyNode) -> str:
    if spec.kind == "test":
        return "test"
    kind = resource_type(node)
    return kind if kind in ("seed", "snapshot", "source") else "run"


def _relation(node: AnyNode) -> str:
    """What its task writes."""
    relation = None if isinstance(node, DataTest) else getattr(node, "relation", None)
    return "" if relation is None else str(relation)
