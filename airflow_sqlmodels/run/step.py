"""One node, start to result: what the command and the Airflow operator both end in."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

from msgspec import Struct, field
from msgspec.structs import replace

from airflow_sqlmodels.compile.compiler import compile_node, refuse_problems
from airflow_sqlmodels.errors import Location, SqlModelsError, UnreachableError, WarehouseError
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
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.materializations.registry import materialization_for
from airflow_sqlmodels.materializations.schemas import create_schemas
from airflow_sqlmodels.publish.outgrown import Behind
from airflow_sqlmodels.publish.rules import PublishRules
from airflow_sqlmodels.run.data_test import run_data_test
from airflow_sqlmodels.run.freshness import run_freshness
from airflow_sqlmodels.run.hooks import hooks_of, placed_in_project
from airflow_sqlmodels.run.microbatch import BatchNews, Part, run_batches
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.answering import Answerer, Rendering
from airflow_sqlmodels.templating.batches import has_batches, in_batches
from airflow_sqlmodels.warehouse import catalog
from airflow_sqlmodels.warehouse.session import Session
from airflow_sqlmodels.warehouse.turns import computing


class StepRules(Struct, frozen=True):
    """What holds for every step of a run, beside its flags."""

    publish: PublishRules = field(default_factory=PublishRules)
    log: Callable[[str], None] = lambda _message: None
    """Where a step tells what it does: waits, retries, rows at fault."""
    on_compiled: Callable[[str], None] = lambda _sql: None
    """Told the SQL of a node before it is sent."""
    sent: list[str] = field(default_factory=list)
    """The statements with a node's own query in them are added here before they are sent."""
    on_batch: Callable[[AnyNode, str, str, str], None] = lambda *_told: None
    """Told of a batch of a microbatch model: its label, its SQL before it is sent, what was sent afterwards."""
    on_batch_news: Callable[[BatchNews], None] | None = None
    """Told what happens to each batch; without it, `log` is."""
    behind: Behind = tuple
    outgrown: list[int] = field(default_factory=list)
    """The numbers of old relations on which views were left are added here: to be dropped when these are built."""
    compiled_place: Callable[[AnyNode], str] = lambda node: f"compiled {node.path}"
    """Where people find the SQL of a node; what errors call it."""


def run_step(means: Answerer, node_id: NodeId, session: Session, rules: StepRules) -> Result:
    """Run one node and say what came of it. Errors on purpose become results with the status `error`.

    Whatever the outcome, no transaction is left open.
    """
    node = means.manifest[node_id]
    session.comment, session.comment_behind = means.comments(node)
    started, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    compiled: list[str] = []
    sent: list[str] = []

    def on_compiled(sql: str) -> None:
        compiled.append(sql)
        rules.on_compiled(sql)

    try:
        result = _run(means, node, session, replace(rules, on_compiled=on_compiled, sent=sent))
    except SqlModelsError as refusal:
        session.rollback()
        # it looks around for more to say, which is rarely needed
        from airflow_sqlmodels.run.explained import explained, with_makers  # noqa: PLC0415

        subject = means.manifest[node.model] if isinstance(node, UnitTest) else node
        error = explained(_placed(refusal, node), means, subject, session)
        error = with_makers(error, means, subject, rules.compiled_place(node))
        if isinstance(node, UnitTest) and isinstance(error, WarehouseError) and not isinstance(error, UnreachableError):
            # as in dbt: it is most likely the test that is wrong
            error = SqlModelsError(error.what, error.at, error.hint)
        if isinstance(node, DataTest) and isinstance(refusal, WarehouseError):
            sent.append(refusal.statement)
        sql, last = (each[-1] if each else "" for each in (compiled, sent))
        result = Result(node=node_id, status="error", message=str(error), error=error, compiled_sql=sql, sent_sql=last)
    finished = datetime.datetime.now(datetime.UTC)
    return replace(result, seconds=time.perf_counter() - clock, started_at=started, finished_at=finished)


def _run(means: Answerer, node: AnyNode, session: Session, rules: StepRules) -> Result:
    match node:
        case Model(materialized="ephemeral"):
            return Result(node=node.id, status="no-op", message="it becomes part of the queries that read it")
        case Model() if has_batches(node) and in_batches(means.manifest.settings.flags, means.manifest.macros):
            return _batches(means, node, session, rules)
        case Model() | Seed() | Snapshot() | Function():
            return _build(means, node, session, rules)
        case DataTest():
            label = rules.compiled_place(node)
            return run_data_test(means, node, session, log=rules.log, on_compiled=rules.on_compiled, label=label)
        case UnitTest():
            # few tasks have one, and each would wait for the import
            from airflow_sqlmodels.run.unit_test import run_unit_test  # noqa: PLC0415

            label = rules.compiled_place(node)
            return run_unit_test(means, node, session, on_compiled=rules.on_compiled, label=label)
        case Source():
            return run_freshness(means, node, session)
        case Operation():
            return _operation(means, node, session, rules)
        case _:
            return Result(node=node.id, status="no-op", message="NO-OP")


def _batches(means: Answerer, node: Model, session: Session, rules: StepRules) -> Result:
    found = catalog.find(session, means.dialect, means.relation(node.relation))
    session.commit()
    whole = found is None or found.kind != "table" or _full_refresh(Rendering(means, node, session))

    def build(batch_means: Answerer, part: Part) -> Result:
        def on_compiled(sql: str) -> None:
            rules.on_compiled(sql)
            rules.on_batch(node, part.batch.label, sql, "")

        own = replace(rules, on_compiled=on_compiled, sent=[])
        try:
            return _build(batch_means, node, session, own, part)
        except SqlModelsError:
            session.rollback()
            raise
        finally:
            if own.sent:
                rules.on_batch(node, part.batch.label, "", own.sent[-1])

    def tell(news: BatchNews) -> None:
        for line in news.lines:
            rules.log(line)

    return run_batches(means, node, build, whole=whole, tell=rules.on_batch_news or tell)


_LONGEST_NAME = 63
"""Bytes that Postgres keeps of a name: postgresql.org/docs/current/sql-syntax-lexical.html."""


def _refuse_long_name(name: str, node: AnyNode) -> None:
    """Raises SqlModelsError for a name that the server would cut off: two of them could be one relation then."""
    if len(name.encode()) > _LONGEST_NAME:
        what = f"Relation name {name!r} is longer than {_LONGEST_NAME} characters"
        raise SqlModelsError(what, node.at, "give it a shorter one: config(alias='…')")


def _build(
    means: Answerer,
    node: Model | Seed | Snapshot | Function,
    session: Session,
    rules: StepRules,
    part: Part | None = None,
) -> Result:
    with computing():
        compiled = compile_node(means, node, session)
    if not isinstance(node, Seed):
        for name in ("sql", "compiled_code"):  # for the hooks: an audit table keeps them
            compiled.rendering.give(name, compiled.sql)
    rules.on_compiled(compiled.sql)
    refuse_problems(node)
    relation = means.relation(node.relation)
    _refuse_long_name(relation.identifier, node)
    pre_hooks = hooks_of(means, compiled, node, "pre_hook") if part is None or part.first else ()
    post_hooks = hooks_of(means, compiled, node, "post_hook") if part is None or part.last else ()
    if not all(hook.transaction for hook in pre_hooks):  # these come before the rest, which makes the schema itself
        create_schemas(compiled.rendering, session, [relation.schema])
    if not compiled.wrote:  # as in dbt, what the template wrote stays if the node is built, and only then
        session.commit()
    build = Build(
        node=node,
        relation=relation,
        select=compiled.sql,
        compiled=compiled.text(rules.compiled_place(node)),
        config=compiled.rendering.config,
        dialect=means.dialect,
        session=session,
        full_refresh=_full_refresh(compiled.rendering) and (part is None or part.anew),
        pre_hooks=pre_hooks,
        post_hooks=post_hooks,
        rules=rules.publish,
        log=rules.log,
        behind=rules.behind,
        outgrown=rules.outgrown,
        sent=rules.sent,
        rendering=compiled.rendering,
        begun=compiled.wrote,
    )
    name = node.materialized if isinstance(node, Model) else str(node.config["materialized"])
    built = materialization_for(build, name)(build)
    if part is None:  # as in dbt, models in batches have none
        _point_to_latest(build)
    return Result(
        node=node.id,
        status="partial success" if built.partly else "success",
        rows=built.rows,
        message=built.status,
        compiled_sql=compiled.sql,
        sent_sql=build.sent[-1] if build.sent else "",
        relation_name=means.dialect.render(relation),
        details=built.details,
    )


def _point_to_latest(build: Build) -> None:
    if getattr(build.node, "version", None) is not None:
        # few models have versions, and each task would wait for the import
        from airflow_sqlmodels.materializations.latest_pointer import point_to_latest  # noqa: PLC0415

        point_to_latest(build)


def _placed(error: SqlModelsError, node: AnyNode) -> SqlModelsError:
    """What the warehouse said, with the node's file if no better place is known."""
    if error.at is not None or not isinstance(error, WarehouseError):
        return error
    at = Location(node.at.path, node.at.line, text=node.at.text)
    return type(error)(error.what, at, error.hint, error.sqlstate, error.statement, error.position)


def _operation(means: Answerer, node: Operation, session: Session, rules: StepRules) -> Result:
    """Run a hook of the project. As in dbt it has no transaction: what its macros send stays as well."""
    with session.autocommit():
        with computing():
            sql = compile_node(means, node, session).sql.strip()
        passed = f"{node.package}.{node.when}.{node.index} passed"
        if not sql:
            return Result(node=node.id, status="success", message=passed)
        rules.on_compiled(sql)
        try:
            outcome = session.execute(sql)
        except UnreachableError:
            raise
        except WarehouseError as error:
            raise placed_in_project(means, node, sql, error) from error
        return Result(node=node.id, status="success", rows=outcome.rows, message=passed, compiled_sql=sql)


def _full_refresh(rendering: Rendering) -> bool:
    """Whether the node is built anew: its config says so, else the command; a project's own macro may say otherwise."""
    own = rendering.means.macros.own("should_full_refresh")
    if own is not None:
        return bool(rendering.called(own))
    configured = rendering.node.config.get("full_refresh")
    return bool(rendering.means.invocation.full_refresh) if configured is None else bool(configured)
