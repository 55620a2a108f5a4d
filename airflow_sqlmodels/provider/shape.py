"""A project and a selection -> tasks with their edges, as plain data: all that is decided before Airflow is asked.

What waits for what is what dbt's `build` does: a node waits for its parents, and for a test once it stands behind
all that the test reads. Here several tests of one model are one task, so the edges of the plan are drawn between tasks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from airflow_sqlmodels.compile.compiler import refuse_problems
from airflow_sqlmodels.errors import SelectorError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Model, NodeId, Operation, Seed, Snapshot, Source
from airflow_sqlmodels.provider.options import Options
from airflow_sqlmodels.provider.specs import ALL_TESTS, END, START, TaskSpec
from airflow_sqlmodels.provider.translate import Translator
from airflow_sqlmodels.run.freshness import is_checked
from airflow_sqlmodels.run.plan import COMMANDS, Plan, make_plan, nearest


def task_specs(manifest: Manifest, options: Options, translator: Translator) -> dict[str, TaskSpec]:
    """All tasks, by id, in the order of the plan. Raises SelectorError if nothing is selected, unless that is fine."""
    plan = _plan(manifest, options)
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
    return specs if options.hooks == "none" or not specs else _with_hooks(plan, specs)


def _plan(manifest: Manifest, options: Options) -> Plan:
    kinds = COMMANDS["test"] if options.tests == "only" else (*COMMANDS["build"], "source")
    plan = make_plan(
        manifest,
        select=options.select,
        exclude=options.exclude,
        selector=options.selector,
        indirect=options.indirect_selection,
        resource_types=kinds,
    )
    for step in plan.steps:
        refuse_problems(manifest[step.node])
    if not plan.steps and not options.allow_empty:
        said = " ".join(options.select) or options.selector or "the project"
        raise SelectorError(f"nothing is selected by {said!r}", None, nearest(manifest, options.select))
    return plan


def _tasks_of_nodes(manifest: Manifest, plan: Plan, options: Options, translator: Translator) -> dict[NodeId, TaskSpec]:
    """The task each step becomes part of; steps that become none are left out."""
    by_id: dict[str, TaskSpec] = {}
    found: dict[NodeId, TaskSpec] = {}
    for step in plan.steps:
        spec = _task_of(manifest, step.node, options, translator)
        if spec is not None:
            found[step.node] = by_id.setdefault(spec.id, spec)
    return found


def _task_of(manifest: Manifest, node_id: NodeId, options: Options, translator: Translator) -> TaskSpec | None:
    node = manifest[node_id]
    match node:
        case Operation():
            return None
        case Source():
            wanted = options.sources == "freshness" and is_checked(node) and options.tests != "only"
            return _spec(node, "freshness", translator) if wanted else None
        case DataTest():
            return _test_task(manifest, node, options, translator)
        case Model() | Seed() | Snapshot():
            return _spec(node, "run", translator)
        case _:
            return None


def _test_task(manifest: Manifest, node: DataTest, options: Options, translator: Translator) -> TaskSpec | None:
    if options.tests == "none":
        return None
    if options.tests == "after_all":
        return TaskSpec(ALL_TESTS, "test", [], (), None)
    tested = _only_parent(manifest, node)
    if tested is None:
        return TaskSpec(translator.task_id(node, "test"), "test", [], translator.folders(node), None)
    inside = options.tests == "with_model" and not isinstance(tested, Source)
    return _spec(tested, "run" if inside else "test", translator)


def _only_parent(manifest: Manifest, node: DataTest) -> AnyNode | None:
    """The one node a test reads; None if it reads several, or none, or one that has no task."""
    parents = node.depends_on
    if len(parents) != 1:
        return None
    parent = manifest[parents[0]]
    return None if isinstance(parent, Model) and parent.materialized == "ephemeral" else parent


def _spec(node: AnyNode, kind: str, translator: Translator) -> TaskSpec:
    return TaskSpec(translator.task_id(node, kind), kind, [], translator.folders(node), translator.name(node))


def _after_all(specs: dict[str, TaskSpec]) -> None:
    """If all tests are one task, it waits for everything, and nothing waits for it."""
    last = specs.get(ALL_TESTS)
    if last is None or last.model is not None:
        return
    for spec in specs.values():
        spec.upstream.discard(ALL_TESTS)
    last.upstream = {spec.id for spec in specs.values() if spec is not last}


def _with_hooks(plan: Plan, specs: dict[str, TaskSpec]) -> dict[str, TaskSpec]:
    """The specs between a task with the on-run-start hooks and one with the on-run-end hooks."""
    start, end = _hook_task(START, plan.on_start), _hook_task(END, plan.on_end)
    if start is not None:
        for spec in specs.values():
            if not spec.upstream:
                spec.upstream = {start.id}
        specs = {start.id: start, **specs}
    if end is not None:
        end.upstream = set(_leaves(specs.values()))
        specs = {**specs, end.id: end}
    return specs


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
