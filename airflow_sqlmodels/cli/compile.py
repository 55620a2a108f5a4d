"""`sqlmodels compile`: renders the SQL of the selected nodes into target/compiled; nodes that were named are shown."""

from __future__ import annotations

import datetime
import json
import re
import time
from typing import Any

import click

from airflow_sqlmodels.artifacts.compiled import write_inlined
from airflow_sqlmodels.artifacts.run_results import write_results_of_no_node
from airflow_sqlmodels.cli.choosing import chosen_plan
from airflow_sqlmodels.cli.execution import ended_with_nothing, prepared
from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.inline import answer_data, compiled_inline, inline_id, refuse_both
from airflow_sqlmodels.cli.opening import Opened, write_manifest
from airflow_sqlmodels.cli.opening_lines import begin, tell_concurrency
from airflow_sqlmodels.cli.options import (
    ManyValues,
    empty_option,
    global_options,
    introspect_option,
    option,
    output_option,
    refresh_option,
    selection_options,
)
from airflow_sqlmodels.cli.summary import ended_by_failures, failed
from airflow_sqlmodels.cli.target_files import keep_sql, write_results, write_sql
from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, Model, NodeId
from airflow_sqlmodels.run.plan import Plan, Step
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.run.runner import RunRules, run_plan
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.warehouse.session import Session

_NEIGHBOURS = re.compile(r"\A@?(\d*\+)?|(\+\d*)?\Z")
"""What a selector says about what lies above and below the node it names."""


@click.command("compile", cls=ManyValues)
@global_options
@introspect_option
@selection_options
@refresh_option
@empty_option
@output_option
@option("--inline", help="A template to compile instead of nodes.")
@option(
    "--inject-ephemeral-ctes/--no-inject-ephemeral-ctes",
    default=True,
    help="Whether ephemeral models stand in front of what reads them. Default: yes.",
)
@click.pass_context
def compile_(context: click.Context, /, output: str, inline: str | None, **_values: Any) -> int:
    """Render the SQL of the selected nodes."""
    flags = flags_of(context)
    refuse_both(context, inline, flags)
    opened = begin(flags, shown=False)
    if inline:
        return _show_inline(flags, opened, inline, output)
    return run_compile(flags, opened, chosen_plan(flags, opened.manifest, "compile"), output)


def run_compile(flags: Flags, opened: Opened, plan: Plan, output: str = "text") -> int:
    """Compile the nodes of a plan and show those that were named. The exit code.

    Raises SqlModelsError if one cannot be compiled.
    """
    if not plan.steps:
        write_manifest(flags, opened.manifest)
        return ended_with_nothing(flags, opened)
    tell_concurrency(flags, opened, len(plan), shown=False)
    results = compiled(flags, opened, plan, prepared(flags, opened, plan).means)
    named = {_NEIGHBOURS.sub("", word) for text in flags.select for word in text.split()}
    for result in results:
        name = opened.manifest[result.node].name
        if result.status == "success" and name in named:
            _show(flags, result.node, name, result.compiled_sql, output)
    if failed(results):
        raise ended_by_failures(opened.manifest, results)
    return 0


def compile_step(flags: Flags, means: Answerer, node: AnyNode, session: Session) -> Result:
    """The compiled SQL of a node as a result. Whatever the template asked the warehouse is rolled back."""
    asks = session if _introspects(flags, means.manifest) else None
    began, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    try:
        sql = compile_node(means, node, asks, inject=bool(flags.said.get("inject_ephemeral_ctes", True))).sql
    finally:
        session.rollback()
    seconds = time.perf_counter() - clock
    ended = began + datetime.timedelta(seconds=seconds)
    return Result(
        node=node.id, status="success", compiled_sql=sql, seconds=seconds, started_at=began, finished_at=ended
    )


def compiled(flags: Flags, opened: Opened, plan: Plan, means: Answerer) -> tuple[Result, ...]:
    """Compile the steps of a plan, write the SQL, manifest.json and, unless one failed, run_results.json.

    As in dbt: what a build left there can still be retried when a compile behind it fails.
    """
    manifest, clock = opened.manifest, time.perf_counter()

    def run_one(step: Step, session: Session) -> Result:
        result = compile_step(flags, means, manifest[step.node], session)
        write_sql(flags, manifest, result)
        return result

    rules = RunRules(threads=flags.threads or opened.profile.target.threads)
    results = run_plan(plan, run_one, opened.open_session, rules).results if plan.steps else ()
    write_inlined(flags.target_folder(manifest), manifest, means.compiled)
    if flags.switch("write_json", manifest, default=True):
        seconds = time.perf_counter() - clock
        keep_sql(flags, manifest, means)
        if not failed(results):
            # as in dbt, ephemeral models have a result only if they were asked for
            told = [each for each in results if flags.select or not _is_ephemeral(manifest[each.node])]
            write_results(flags, manifest, told, means.invocation, seconds)
    return results


def _is_ephemeral(node: AnyNode) -> bool:
    """Whether a node is part of others' queries only."""
    return isinstance(node, Model) and node.materialized == "ephemeral"


def _introspects(flags: Flags, manifest: Manifest) -> bool:
    """Whether templates may ask the warehouse: not under --no-introspect."""
    return bool(flags.said.get("introspect", manifest.settings.flags.get("introspect", True)))


def _show_inline(flags: Flags, opened: Opened, text: str, output: str) -> int:
    manifest, clock, began = opened.manifest, time.perf_counter(), datetime.datetime.now(datetime.UTC)
    write_manifest(flags, manifest)
    tell_concurrency(flags, opened, 1, shown=False)
    means = prepared(flags, opened, Plan(command="compile", steps=())).means
    session = opened.open_session()
    try:
        sql = compiled_inline(means, text, session if _introspects(flags, manifest) else None)
    finally:
        session.close()
    if flags.switch("write_json", manifest, default=True):
        outcome = Result(
            node=inline_id(manifest),
            status="success",
            compiled_sql=sql,
            seconds=time.perf_counter() - clock,
            started_at=began,
            finished_at=datetime.datetime.now(datetime.UTC),
        )
        path = flags.target_folder(manifest) / "run_results.json"
        write_results_of_no_node(path, manifest, outcome, means.invocation)
    _show(flags, inline_id(manifest), None, sql, output)
    return 0


def _show(flags: Flags, node_id: NodeId, name: str | None, sql: str, output: str) -> None:
    """The SQL of a node, or of a template from the command line, which has no name."""
    if output == "json":
        head = {} if name is None else {"node": name}
        text = json.dumps({**head, "compiled": sql}, indent=2)
    elif flags.quiet:
        text = sql
    else:
        text = f"Compiled {'inline node' if name is None else f'node {name!r}'} is:\n{sql}"
    data = {**answer_data(flags, node_id, name, output), "compiled": sql}
    flags.log.answer("CompiledNode", "Q042", text, data)
