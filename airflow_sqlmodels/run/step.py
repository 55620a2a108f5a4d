"""One node, start to result: what the command and the Airflow operator both end in."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from airflow_sqlmodels.compile.compiler import Compiled, compile_node
from airflow_sqlmodels.errors import SqlModelsError, WarehouseError
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Model, NodeId, Operation, Seed, Snapshot, Source
from airflow_sqlmodels.materializations.build import Build, Built, Hook
from airflow_sqlmodels.materializations.registry import materialization_named
from airflow_sqlmodels.publish.rules import PublishRules
from airflow_sqlmodels.run.data_test import run_data_test
from airflow_sqlmodels.run.freshness import run_freshness
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.warehouse import catalog
from airflow_sqlmodels.warehouse.session import Session


@dataclass(frozen=True, slots=True)
class StepRules:
    """What holds for every step of a run, beside its flags."""

    publish: PublishRules = field(default_factory=PublishRules)
    log: Callable[[str], None] = field(default=lambda _message: None)
    """Where a step tells what it does: waits, retries, rows at fault."""
    on_compiled: Callable[[str], None] = field(default=lambda _sql: None)
    """Told the SQL of a node before it is sent."""


def run_step(means: Answerer, node_id: NodeId, session: Session, rules: StepRules) -> Result:
    """Run one node and say what came of it. Errors on purpose become results with the status `error`.

    Whatever the outcome, no transaction is left open.
    """
    node = means.manifest[node_id]
    started, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    try:
        result = _run(means, node, session, rules)
    except SqlModelsError as error:
        session.rollback()
        result = Result(node=node_id, status="error", message=str(error), error=error)
    finished = datetime.datetime.now(datetime.UTC)
    return replace(result, seconds=time.perf_counter() - clock, started_at=started, finished_at=finished)


def _run(means: Answerer, node: AnyNode, session: Session, rules: StepRules) -> Result:
    match node:
        case Model(materialized="ephemeral"):
            return Result(node=node.id, status="no-op", message="it becomes part of the queries that read it")
        case Model() | Seed() | Snapshot():
            return _build(means, node, session, rules)
        case DataTest():
            return run_data_test(means, node, session, rules.log, rules.on_compiled)
        case Source():
            return run_freshness(means, node, session)
        case Operation():
            return _operation(means, node, session)
        case _:
            return Result(node=node.id, status="no-op", message="nothing to run")


def _build(means: Answerer, node: Model | Seed | Snapshot, session: Session, rules: StepRules) -> Result:
    compiled = compile_node(means, node, session)
    rules.on_compiled(compiled.sql)
    relation = means.relation(node.relation)
    found = catalog.find(session, means.dialect, relation)
    if found is None:
        catalog.create_schemas(session, means.dialect, [relation.schema])
    session.commit()
    build = Build(
        node=node,
        relation=relation,
        select=compiled.sql,
        config=compiled.rendering.config,
        dialect=means.dialect,
        session=session,
        existing=None if found is None else found.kind,
        full_refresh=_full_refresh(means, node),
        pre_hooks=_hooks(compiled, node, "pre_hook"),
        post_hooks=_hooks(compiled, node, "post_hook"),
        rules=rules.publish,
        log=rules.log,
    )
    built = _materialized(build, node)
    return Result(
        node=node.id,
        status="success",
        rows=built.rows,
        message=built.status,
        compiled_sql=compiled.sql,
        relation_name=means.dialect.render(relation),
    )


def _materialized(build: Build, node: Model | Seed | Snapshot) -> Built:
    """Build it; an error in the node's own SQL is told with the node's file."""
    name = node.materialized if isinstance(node, Model) else str(node.config["materialized"])
    try:
        return materialization_named(name)(build)
    except WarehouseError as error:
        if error.at is not None:
            raise
        raise type(error)(
            error.what, replace(node.at, column=0), error.hint, error.sqlstate, error.statement
        ) from error


def _operation(means: Answerer, node: Operation, session: Session) -> Result:
    compiled = compile_node(means, node, session)
    sql = compiled.sql.strip()
    if not sql:
        return Result(node=node.id, status="success", message="nothing to send")
    with session.autocommit():
        outcome = session.execute(sql)
    return Result(node=node.id, status="success", rows=outcome.rows, message=outcome.status, compiled_sql=sql)


def _full_refresh(means: Answerer, node: AnyNode) -> bool:
    configured = node.config.get("full_refresh")
    return bool(means.invocation.full_refresh) if configured is None else bool(configured)


def _hooks(compiled: Compiled, node: AnyNode, key: str) -> tuple[Hook, ...]:
    listed = node.config.get(key) or []
    return tuple(Hook(_rendering(compiled, each["sql"], node), each["transaction"]) for each in listed)


def _rendering(compiled: Compiled, sql: str, node: AnyNode) -> Callable[[], str]:
    return lambda: compiled.rendering.text(sql, node.at)
