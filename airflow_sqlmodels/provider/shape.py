"""A project and a selection -> tasks with their edges, as plain data: all that is decided before Airflow is asked.

What waits for what is what dbt's `build` does: a node waits for its parents, and for a test once it stands behind
all that the test reads. Here several tests of one model are one task, so the edges of the plan are drawn between tasks.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, field

from airflow_sqlmodels.artifacts.end_names import written_schemas
from airflow_sqlmodels.compile.compiler import refuse_problems
from airflow_sqlmodels.errors import ProjectError, SelectorError
from airflow_sqlmodels.graph.order import kind_of
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import (
    AnyNode,
    DataTest,
    Function,
    Model,
    NodeId,
    Operation,
    Seed,
    Snapshot,
    Source,
    UnitTest,
)
from airflow_sqlmodels.provider.options import Options
from airflow_sqlmodels.provider.specs import ALL_TESTS, END, FAILED, FAILED_KIND, START, TaskSpec
from airflow_sqlmodels.provider.translate import Translator
from airflow_sqlmodels.run.freshness import is_checked
from airflow_sqlmodels.run.plan import COMMANDS, Plan, make_plan, nearest


def task_specs(manifest: Manifest, options: Options, translator: Translator) -> dict[str, TaskSpec]:
    """All tasks, by id, in the order of the plan. Raises SelectorError if nothing is selected, unless that is fine."""
    plan = plan_of(manifest, options)
    task_of = _tasks_of_nodes(manifest, plan, options, translator)
    specs: dict[str, TaskSpec] = {}
    for step in plan.steps:
        task_id = task_of.get(step.node)
        if task_id is None:
            continue
        spec = specs.get(task_id.id)
        if spec is None:
            spec = specs[task_id.id] = task_id
        spec.nodes.append(step.node)
        spec.upstream.update(task_of[above].id for above in step.after if above in task_of)
    for spec in specs.values():
        spec.upstream.discard(spec.id)
    _after_all(specs)
    _tolerate(specs, {step.node for step in plan.steps if step.tolerated})
    return specs if options.hooks == "none" or not specs else _with_hooks(manifest, plan, specs)


def plan_of(manifest: Manifest, options: Options) -> Plan:
    """What is chosen, in order. Raises SelectorError if that is nothing, unless it is fine."""
    only = options.tests == "only"
    plan = make_plan(
        manifest,
        command="test" if only else "build",
        select=options.select,
        exclude=options.exclude,
        selector=options.selector,
        indirect=options.indirect_selection,
        resource_types=() if only else (*COMMANDS["build"], "source"),
    )
    for step in plan.steps:
        if not step.node.startswith("test."):  # as in dbt, a test of a package that is not installed fails by itself
            refuse_problems(manifest[step.node])
    if not plan.steps and not options.allow_empty:
        said = " ".join(options.select) or options.selector or "the project"
        raise SelectorError(f"nothing is selected by {said!r}", None, nearest(manifest, options.select))
    return plan


def _tasks_of_nodes(manifest: Manifest, plan: Plan, options: Options, translator: Translator) -> dict[NodeId, TaskSpec]:
    """The task each step becomes part of; steps that become none are left out."""
    shape = _Shape(manifest, options, translator, frozenset(step.node for step in plan.steps))
    wide = {step.node for step in plan.steps if shape.is_wide(step.node)}
    for step in plan.steps:
        if step.node not in wide:
            shape.add(step.node)
    for node_id in sorted(wide):  # last, so that no task of a model gives way to one of theirs
        shape.add_wide(node_id)
    return shape.found


class _Shape(Struct, frozen=True):
    """Finds the tasks of nodes, one node after the other."""

    manifest: Manifest
    options: Options
    translator: Translator
    chosen: frozenset[NodeId]
    found: dict[NodeId, TaskSpec] = field(default_factory=dict)
    _by_id: dict[str, tuple[TaskSpec, NodeId]] = field(default_factory=dict)
    """A task, and the node it belongs to."""

    def is_wide(self, node_id: NodeId) -> bool:
        """Whether this is a test that is a task of its own."""
        if kind_of(node_id) != "test" or self.options.tests in ("none", "after_all"):
            return False
        node = self.manifest[node_id]
        return isinstance(node, DataTest) and only_parent(self.manifest, node) is None

    def add(self, node_id: NodeId) -> None:
        """Find the task of a node. Raises ProjectError if another node has a task of that id."""
        spec, owner = self._task_of(self.manifest[node_id])
        if spec is None:
            return
        known, other = self._by_id.setdefault(spec.id, (spec, owner.id))
        if other != owner.id and spec.id != ALL_TESTS:
            raise ProjectError(
                f"{spec.id!r} is the id of two tasks, those of {other} and {owner.id}",
                owner.at,
                "rename one of them, or let Translator.name tell them apart",
            )
        self.found[node_id] = known

    def add_wide(self, node_id: NodeId) -> None:
        """Make the task of a wide test. If its id is taken, a hash tells them apart: dbt allows tests any name."""
        node = self.manifest[node_id]
        task_id = self.translator.task_id(node, "test")
        if task_id in self._by_id:
            task_id += "_" + hashlib.sha256(node_id.encode()).hexdigest()[:8]
        self.found[node_id] = TaskSpec(task_id, "test", [], self.translator.folders(node), None)
        self._by_id[task_id] = (self.found[node_id], node_id)

    def _task_of(self, node: AnyNode) -> tuple[TaskSpec | None, AnyNode]:
        """The task of a node, and the node whose task that is."""
        match node:
            case Source():
                wanted = self.options.sources == "freshness" and is_checked(node) and self.options.tests != "only"
                return self._spec(node, "freshness") if wanted else None, node
            case DataTest():
                return self._test_task(node)
            case UnitTest():
                return self._unit_test_task(node)
            case Model() | Seed() | Snapshot() | Function():
                return self._spec(node, "run"), node
            case _:
                return None, node

    def _test_task(self, node: DataTest) -> tuple[TaskSpec | None, AnyNode]:
        if self.options.tests == "none":
            return None, node
        tested = only_parent(self.manifest, node)
        if tested is None or self.options.tests == "after_all":
            return TaskSpec(ALL_TESTS, "test", [], (), None), node
        inside = self.options.tests == "with_model" and tested.id in self.chosen and not isinstance(tested, Source)
        return self._spec(tested, "run" if inside else "test"), tested

    def _unit_test_task(self, node: UnitTest) -> tuple[TaskSpec | None, AnyNode]:
        """The task that builds the model, of which it is the beginning; its tests' task if none builds it."""
        if self.options.tests == "none":
            return None, node
        tested = self.manifest[node.model]
        assert isinstance(tested, Model)
        built = self.options.tests != "only" and tested.materialized != "ephemeral"
        return self._spec(tested, "run" if built else "test"), tested

    def _spec(self, node: AnyNode, kind: str) -> TaskSpec:
        at = self.translator
        return TaskSpec(at.task_id(node, kind), kind, [], at.folders(node), at.name(node))


def only_parent(manifest: Manifest, node: DataTest) -> AnyNode | None:
    """The one node a test reads; None if it reads several, or none, or one that has no task."""
    parents = node.depends_on
    if len(parents) != 1:
        return None
    parent = manifest[parents[0]]
    return None if isinstance(parent, Model) and parent.materialized == "ephemeral" else parent


def _after_all(specs: dict[str, TaskSpec]) -> None:
    """If all tests are one task, it waits for everything, and nothing waits for it."""
    last = specs.get(ALL_TESTS)
    if last is None or last.model is not None:
        return
    for spec in specs.values():
        spec.upstream.discard(ALL_TESTS)
    last.upstream = {spec.id for spec in specs.values() if spec is not last}


def _tolerate(specs: dict[str, TaskSpec], tolerated: set[NodeId]) -> None:
    """Note what may fail above a task. A task with data tests in it may not: these are no matter of `on_error`."""
    free = {spec.id for spec in specs.values() if spec.kind == "run" and tolerated.intersection(spec.nodes)}
    free -= {spec.id for spec in specs.values() if any(kind_of(each) == "test" for each in spec.nodes)}
    for spec in specs.values():
        spec.tolerated = spec.upstream & free
    if free:
        nodes = [node for task_id in sorted(free) for node in specs[task_id].nodes if node in tolerated]
        specs[FAILED] = TaskSpec(FAILED, FAILED_KIND, nodes, (), None, free)


def _with_hooks(manifest: Manifest, plan: Plan, specs: dict[str, TaskSpec]) -> dict[str, TaskSpec]:
    """The specs between a task with the on-run-start hooks and one with the on-run-end hooks."""
    start, end = _hook_task(START, plan.on_start), _hook_task(END, plan.on_end)
    schemas = tuple(written_schemas(manifest, (step.node for step in plan.steps)))
    if start is not None:
        start.schemas = schemas
        for spec in specs.values():
            if not spec.upstream:
                spec.upstream = {start.id}
        specs = {start.id: start, **specs}
    if end is not None:
        end.upstream = set(_leaves(specs.values()))
        end.schemas = schemas
        if any(_sees_results(manifest[each]) for each in plan.on_end):
            _leave_results(specs, end, start is not None and any(_calls(manifest[each]) for each in plan.on_start))
        specs = {**specs, end.id: end}
    return specs


def _sees_results(hook: AnyNode) -> bool:
    """Whether a hook may look at `results`: it names them, or calls a macro, of which nobody knows what it looks at."""
    return _calls(hook) or (isinstance(hook, Operation) and "results" in hook.raw_code)


def _calls(hook: AnyNode) -> bool:
    return isinstance(hook, Operation) and bool(hook.macros)


def _leave_results(specs: Mapping[str, TaskSpec], end: TaskSpec, at_start: bool) -> None:
    """Let tasks leave their results; and what hooks at the start have put into `graph`, if they call macros."""
    for spec in specs.values():
        if spec.kind in ("run", "test"):
            spec.leaves_results = True
            end.results_of[spec.id] = spec.nodes
    if at_start:
        specs[START].leaves_results = True
        for spec in (*specs.values(), end):
            spec.graph_from = "" if spec.id == START else START


def _hook_task(task_id: str, hooks: Sequence[NodeId]) -> TaskSpec | None:
    return TaskSpec(task_id, "hooks", list(hooks), (), None) if hooks else None


def _leaves(specs: Iterable[TaskSpec]) -> list[str]:
    listed = list(specs)
    waited_for = {above for spec in listed for above in spec.upstream}
    return [spec.id for spec in listed if spec.id not in waited_for]


def downstream_of(specs: Mapping[str, TaskSpec]) -> dict[str, set[str]]:
    """For each task the ids of those that wait for it."""
    found: dict[str, set[str]] = {task_id: set() for task_id in specs}
    for spec in specs.values():
        for above in spec.upstream:
            found[above].add(spec.id)
    return found


def priorities(specs: Mapping[str, TaskSpec]) -> dict[str, int]:
    """How urgent each task is: the length of the longest way from it to an end. One walk, whatever the graph's size."""
    below = downstream_of(specs)
    found: dict[str, int] = {}
    waits = {task_id: len(children) for task_id, children in below.items()}
    ready = [task_id for task_id, count in waits.items() if not count]
    for task_id in ready:  # grows while it is read
        found[task_id] = 1 + max((found[child] for child in below[task_id]), default=0)
        for above in specs[task_id].upstream:
            waits[above] -= 1
            if not waits[above]:
                ready.append(above)
    return found
