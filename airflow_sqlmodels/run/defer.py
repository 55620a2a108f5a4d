"""Which refs of a run go to the relations of an earlier state: dbt's `--defer`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain

from airflow_sqlmodels.manifest.nodes import (
    AnyNode,
    Function,
    Model,
    NodeId,
    Relational,
    Seed,
    Snapshot,
    Templated,
    UnitTest,
)
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.run.plan import Plan
from airflow_sqlmodels.run.sources import folded, relations_read
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.warehouse import catalog
from airflow_sqlmodels.warehouse.session import Session

Written = Model | Seed | Snapshot

_BUILDING = ("build", "run", "seed", "snapshot")
"""The commands after which what is selected is there."""


def deferred_nodes(
    means: Answerer, plan: Plan, earlier: Mapping[NodeId, Relation], session: Session, *, favor_state: bool
) -> frozenset[NodeId]:
    """The nodes that are read from the earlier state: what this run does not build, and the warehouse does not have.

    With `favor_state` it is all that is not selected. Asks the catalog once.
    """
    selected = {step.node for step in plan}
    built = selected if plan.command in _BUILDING else frozenset[NodeId]()
    readers = (_read_by(means, means.manifest[each]) for each in selected)
    # a query from the command line may read anything
    anything = chain.from_iterable(readers) if selected else means.manifest.values()
    functions = _functions_read(means, selected) & earlier.keys()
    read = {node.id: node for node in anything if isinstance(node, Written) and node.id in earlier}
    favored = {node_id for node_id in read if favor_state and node_id not in selected}
    unsure = {node_id: node.relation for node_id, node in read.items() if node_id not in built | favored}
    schemas = sorted({folded(relation)[0] for relation in unsure.values()})
    there = catalog.schema_catalog(session, means.dialect, schemas)
    session.rollback()
    absent = {node_id for node_id, relation in unsure.items() if folded(relation) not in there}
    called = _deferred_functions(means, functions, selected if favor_state else built, session, favor_state)
    return frozenset(favored | absent | called)


def _deferred_functions(
    means: Answerer, functions: set[NodeId], own: Collection[NodeId], session: Session, favor_state: bool
) -> set[NodeId]:
    """Those of the functions that are called where the earlier state has them; `own` are not."""
    others = functions.difference(own)
    if favor_state or not others:
        return others
    names = {node_id: folded(_relation_of(means, node_id)) for node_id in others}
    there = catalog.functions(session, means.dialect, sorted({schema for schema, _ in names.values()}))
    session.rollback()
    return {node_id for node_id, name in names.items() if name not in there}


def _relation_of(means: Answerer, node_id: NodeId) -> Relation:
    node = means.manifest[node_id]
    assert isinstance(node, Function), node_id
    return node.relation


def _read_by(means: Answerer, node: AnyNode) -> Iterator[Relational]:
    """What a node reads; a unit test looks up the columns of its inputs."""
    if not isinstance(node, UnitTest):
        yield from relations_read(means.manifest, node)
        return
    for each in node.given:
        given = means.manifest[each.node] if each.node else None
        if isinstance(given, Relational):
            yield given


def _functions_read(means: Answerer, selected: Iterable[NodeId]) -> set[NodeId]:
    nodes = [means.manifest[node_id] for node_id in selected]
    nodes += [means.manifest[node.model] for node in nodes if isinstance(node, UnitTest)]
    return {function for node in nodes if isinstance(node, Templated) for function in node.function_ids}
