"""A selection -> the steps to run, in order. Built before anything runs; what a step does is `step`'s business."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from msgspec import Struct, structs

from airflow_sqlmodels.errors import SelectorError, closest
from airflow_sqlmodels.graph.order import Edges, Graph, depths, graph_of, in_order, kind_of, reversed_edges
from airflow_sqlmodels.graph.selection import Selection, select_nodes
from airflow_sqlmodels.graph.selection import nearest as nearest  # beside the plan that turned out empty
from airflow_sqlmodels.graph.state import State
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Model, NodeId, Operation, Source, UnitTest
from airflow_sqlmodels.run.test_edges import edges_of_tests

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "build": ("model", "seed", "snapshot", "function", "test", "unit_test", "exposure", "saved_query"),
    "run": ("model",),
    "test": ("test", "unit_test"),
    "seed": ("seed",),
    "snapshot": ("snapshot",),
    "compile": ("model", "seed", "snapshot", "function", "test", "analysis", "operation"),
    "generate": ("model", "seed", "snapshot", "function", "test", "analysis", "operation"),
    "show": ("model", "seed", "snapshot", "test", "analysis"),
    "clone": ("model", "seed", "snapshot"),
    "freshness": ("source",),
}
"""The kinds of node that a command is about. `generate` is that of the documentation."""


class Step(Struct, frozen=True):
    """One node of a plan."""

    node: NodeId
    after: tuple[NodeId, ...] = ()
    """The steps that must have succeeded before: if one of them did not, this one is skipped."""
    depth: int = 0
    """How many steps the longest way down to it has. Among ready steps the least deep goes first, as in dbt."""
    tolerated: bool = False
    """Whether what comes after may go on when it fails: `on_error: continue`."""


class Plan(Struct, frozen=True, kw_only=True):
    """The steps of one run, each behind those it waits for."""

    command: str
    steps: tuple[Step, ...]
    on_start: tuple[NodeId, ...] = ()
    """Hooks to run one by one before the steps."""
    on_end: tuple[NodeId, ...] = ()
    """Hooks to run one by one at the end, whatever came of the steps."""
    selected: tuple[NodeId, ...] = ()
    """What was chosen: the steps, but for the unit tests of a build, and what is no step because others contain it."""
    unmatched: tuple[str, ...] = ()
    """Selection expressions that named nothing."""

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __len__(self) -> int:
        return len(self.steps)


def make_plan(  # noqa: PLR0913  # dbt's selection flags, each of its own
    manifest: Manifest,
    *,
    command: str = "build",
    select: Sequence[str] = (),
    exclude: Sequence[str] = (),
    selector: str | None = None,
    indirect: str = "eager",
    resource_types: Sequence[str] = (),
    exclude_resource_types: Sequence[str] = (),
    state: State | None = None,
) -> Plan:
    """The steps of `command` over the chosen nodes. Raises SelectorError if the choice is malformed.

    `resource_types` replaces the kinds of node that the command is about (`COMMANDS`).
    """
    if command not in COMMANDS:
        raise SelectorError(f"no plan for a command {command!r}", None, closest(command, COMMANDS))
    graph = graph_of(manifest)
    selection = Selection(
        select=select,
        exclude=exclude,
        selector=selector,
        indirect=indirect,
        resource_types=resource_types or COMMANDS[command],
        exclude_resource_types=exclude_resource_types,
        state=state,
    )
    found = select_nodes(manifest, graph, selection)
    ids = tuple(_with_their_models(manifest, found.ids) if command == "build" else found.ids)
    return structs.replace(plan_of(manifest, graph, command, ids), unmatched=found.unmatched)


def plan_of(manifest: Manifest, graph: Graph, command: str, ids: Sequence[NodeId]) -> Plan:
    """The plan of a command over just these nodes."""
    chosen = frozenset(node_id for node_id in ids if _is_step(manifest, node_id, command))
    return Plan(
        command=command,
        steps=steps_of(manifest, graph, chosen, tests_first=command == "build"),
        on_start=_hooks(manifest, "on-run-start"),
        on_end=_hooks(manifest, "on-run-end"),
        selected=_selected(manifest, ids, chosen, command),
    )


def _selected(
    manifest: Manifest, ids: Iterable[NodeId], chosen: Collection[NodeId], command: str
) -> tuple[NodeId, ...]:
    """The ids as templates see them. As in dbt a build does not count its unit tests."""
    wanted = (i for i in ids if not (command == "build" and kind_of(i) == "unit_test"))
    return tuple(i for i in wanted if i in chosen or _is_inline(manifest, i))


def _is_inline(manifest: Manifest, node_id: NodeId) -> bool:
    node = manifest[node_id] if kind_of(node_id) == "model" else None
    return isinstance(node, Model) and node.materialized == "ephemeral"


def steps_of(
    manifest: Manifest, graph: Graph, chosen: Collection[NodeId], *, tests_first: bool = True
) -> tuple[Step, ...]:
    """The chosen nodes as steps in order. Nodes that are not chosen let their edges through.

    With `tests_first` a node waits for the tests of what it reads.
    """
    above = _unit_tests_first(manifest, _with_test_edges(graph, chosen), chosen) if tests_first else graph.parents
    after = _nearest(above, chosen)
    order = list(after)
    depth = depths(order, after)
    order.sort(key=lambda node_id: (depth[node_id], node_id))
    return tuple(Step(i, after[i], depth[i], _is_tolerated(manifest, i)) for i in order)


def _with_their_models(manifest: Manifest, ids: Collection[NodeId]) -> Iterator[NodeId]:
    """The nodes, without the unit tests whose models are not among them: as in dbt, a build runs none alone."""
    every = frozenset(ids)
    for node_id in ids:
        node = manifest[node_id] if kind_of(node_id) == "unit_test" else None
        if not isinstance(node, UnitTest) or node.model in every:
            yield node_id


def _is_tolerated(manifest: Manifest, node_id: NodeId) -> bool:
    return kind_of(node_id) == "model" and manifest[node_id].config.get("on_error") == "continue"


def _is_step(manifest: Manifest, node_id: NodeId, command: str) -> bool:
    """Ephemeral models and empty files are none, except for the docs; nor is a source without a freshness rule."""
    if kind_of(node_id) not in ("model", "source"):
        return True
    match manifest[node_id]:
        case Model(materialized="ephemeral"):
            return command in ("compile", "generate", "show")
        case Model(raw_code=code):
            return command == "generate" or bool(code.strip())
        case Source(freshness=rule):
            return rule is not None
        case _:
            return True


def _with_test_edges(graph: Graph, chosen: Collection[NodeId]) -> dict[NodeId, tuple[NodeId, ...]]:
    """What each node waits for, nodes that are not chosen included."""
    above = dict(graph.parents)
    for node_id, tests in edges_of_tests(graph, chosen).items():
        above[node_id] = (*above[node_id], *tests)
    return above


def _nearest(above: Edges, chosen: Collection[NodeId]) -> dict[NodeId, tuple[NodeId, ...]]:
    """For each chosen node the nearest chosen nodes above it. The keys are in order."""
    order = in_order(above, reversed_edges(above))
    front: dict[NodeId, tuple[NodeId, ...]] = {}
    for node_id in order:
        parents = above[node_id]
        if any(parent not in chosen for parent in parents):
            near = ((parent,) if parent in chosen else front[parent] for parent in parents)
            parents = tuple(dict.fromkeys(chain.from_iterable(near)))
        front[node_id] = parents
    return {node_id: front[node_id] for node_id in order if node_id in chosen}


def _unit_tests_first(manifest: Manifest, above: Edges, chosen: Collection[NodeId]) -> Edges:
    """A model waits for its unit tests. They read its inputs, so they wait for what the model waits for.

    As in dbt they run one behind the other, and behind one that fails the rest is skipped. dbt takes them in the order
    of a set, which is another each time; here it is that of their names.
    """
    listed = (manifest[node_id] for node_id in sorted(chosen) if kind_of(node_id) == "unit_test")
    tests = [node for node in listed if isinstance(node, UnitTest)]
    if not tests:
        return above
    turned, before = dict(above), dict[NodeId, NodeId]()
    for test in tests:
        earlier = (before[test.model],) if test.model in before else ()
        turned[test.id] = (*above[test.model], *earlier)
        turned[test.model] = (*turned[test.model], test.id)
        before[test.model] = test.id
    return turned


def _hooks(manifest: Manifest, when: str) -> tuple[NodeId, ...]:
    """The hooks: the project's own first, as in dbt, each package's in the order in which they are written."""
    listed = (manifest[node_id] for node_id in manifest.nodes if kind_of(node_id) == "operation")
    hooks = [node for node in listed if isinstance(node, Operation) and node.when == when]
    hooks.sort(key=lambda node: (node.package != manifest.settings.name, node.package, node.index))
    return tuple(node.id for node in hooks)
