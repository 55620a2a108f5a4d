"""One cloned node: a view that shows what the earlier state's relation holds. Nothing is copied."""

from __future__ import annotations

import datetime
import time

from msgspec import structs

from airflow_sqlmodels.compile.compiler import Compiled
from airflow_sqlmodels.errors import SqlModelsError, WarehouseError
from airflow_sqlmodels.manifest.nodes import AnyNode, Model, NodeId, Seed, Snapshot
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.materializations.registry import materialization_for
from airflow_sqlmodels.materializations.schemas import create_schemas
from airflow_sqlmodels.run.hooks import hooks_of
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.run.step import StepRules
from airflow_sqlmodels.templating.answering import Answerer, Rendering
from airflow_sqlmodels.warehouse import catalog
from airflow_sqlmodels.warehouse.session import Session


def clone_step(means: Answerer, node_id: NodeId, session: Session, rules: StepRules) -> Result:
    """Clone one node and say what came of it. What is there already stays, unless it is a full refresh.

    `means.earlier` says where the earlier state has its nodes. No transaction is left open.
    """
    node = means.manifest[node_id]
    started, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    try:
        result = _cloned(means, node, session, rules)
    except SqlModelsError as error:
        result = Result(node=node_id, status="error", message=str(error), error=error)
    session.rollback()
    finished = datetime.datetime.now(datetime.UTC)
    return structs.replace(result, seconds=time.perf_counter() - clock, started_at=started, finished_at=finished)


def _cloned(means: Answerer, node: AnyNode, session: Session, rules: StepRules) -> Result:
    assert isinstance(node, (Model, Seed, Snapshot)), node.id
    nothing = Result(node=node.id, status="success", message="No-op", details={"response": ""})
    other, relation = means.earlier.get(node.id), means.relation(node.relation)
    if other is None:
        rules.log(f"the state has no relation for {node.id}")
        return nothing
    there = catalog.find(session, means.dialect, relation) is not None
    if means.relation(other).key == relation.key:
        if not there:
            raise WarehouseError(f"relation {relation} does not exist", node.at, "the state never built it")
        rules.log(f"{relation} is the relation of the state itself")
        return nothing
    if there and not means.invocation.full_refresh:
        rules.log(f"{relation} is there already")
        return nothing
    build = _view_of(means, node, f"select * from {means.dialect.render(means.relation(other))}", session, rules)
    built = materialization_for(build, "view")(build)
    name = means.dialect.render(relation)
    return Result(node=node.id, status="success", message=built.status, relation_name=name)


def _view_of(means: Answerer, node: Model | Seed | Snapshot, select: str, session: Session, rules: StepRules) -> Build:
    compiled = Compiled(select, Rendering(means, node, session))
    relation = means.relation(node.relation)
    create_schemas(compiled.rendering, session, [relation.schema])
    return Build(
        node=node,
        relation=relation,
        select=select,
        compiled=compiled.text(f"clone of {node.path}"),
        config=compiled.rendering.config,
        dialect=means.dialect,
        session=session,
        full_refresh=bool(means.invocation.full_refresh),
        pre_hooks=hooks_of(means, compiled, node, "pre_hook"),
        post_hooks=hooks_of(means, compiled, node, "post_hook"),
        rules=rules.publish,
        log=rules.log,
        rendering=compiled.rendering,
    )
