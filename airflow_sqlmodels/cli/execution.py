"""Runs a command's plan from the first hook to the last file: what build, run, test, seed and snapshot share."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

import click
from msgspec import Struct, field, structs

from airflow_sqlmodels.artifacts.compiled import write_batch, write_inlined
from airflow_sqlmodels.artifacts.end_names import end_names, written_schemas
from airflow_sqlmodels.cli.choosing import chosen_plan, tell_nothing
from airflow_sqlmodels.cli.deferring import with_deferral
from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.cli.json_progress import JsonProgress, counted, ended
from airflow_sqlmodels.cli.lines import level_of
from airflow_sqlmodels.cli.node_events import (
    executing,
    tell_begun,
    tell_blocked,
    tell_compiling,
    tell_finished,
    tell_over,
    tell_raised,
)
from airflow_sqlmodels.cli.node_info import node_info
from airflow_sqlmodels.cli.one_database import refuse_other_databases
from airflow_sqlmodels.cli.opening import Opened, write_manifest
from airflow_sqlmodels.cli.opening_lines import begin, tell_concurrency
from airflow_sqlmodels.cli.progress import Noted, Progress, progress_for
from airflow_sqlmodels.cli.summary import count_line, failed, failure, summary, verdict
from airflow_sqlmodels.cli.tables import table_lines
from airflow_sqlmodels.cli.target_files import keep_sql, write_results, write_sql
from airflow_sqlmodels.cli.telling import tell_warning
from airflow_sqlmodels.cli.warnings import TEST_RESULT
from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, NodeId, Operation, Seed, Source, UnitTest
from airflow_sqlmodels.materializations.schemas import create_schemas
from airflow_sqlmodels.run.behind import made_behind
from airflow_sqlmodels.run.plan import Plan, Step
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.run.runner import Ran, RunRules, blocking, run_plan
from airflow_sqlmodels.run.sources import absent_sources
from airflow_sqlmodels.run.step import StepRules, run_step
from airflow_sqlmodels.templating.answering import Answerer, Rendering, answerer
from airflow_sqlmodels.templating.entries.places import compiled_path
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.newer_versions import NewerVersion
from airflow_sqlmodels.warehouse.session import Session

_SHOWN = 10
"""Rows of a table that are shown."""


class Execution(Struct, frozen=True):
    """One command on its way: everything that its parts need."""

    flags: Flags
    opened: Opened
    plan: Plan
    means: Answerer
    progress: Progress
    outgrown: list[int] = field(default_factory=list)
    """The numbers of old relations on which views were left until they are built themselves."""

    def rules(self, node_id: NodeId) -> StepRules:
        """How a step is run. Rows at fault are not told while it runs: the summary says how to see them."""
        node, manifest = self.opened.manifest[node_id], self.opened.manifest
        begun = executing(self.flags.log, manifest, node)
        rules = StepRules(
            compiled_place=self.compiled_place,
            on_batch=self.on_batch,
            behind=lambda: made_behind(self.means, node_id, {step.node for step in self.plan}),
            outgrown=self.outgrown,
        )
        if not isinstance(node, Operation):  # of hooks dbt tells no more than begin and end
            rules = structs.replace(rules, on_compiled=begun)
        return (
            rules
            if isinstance(node, DataTest)
            else structs.replace(rules, log=self.progress.say, on_batch_news=self.progress.batch)
        )

    def about(self, node_id: NodeId) -> AbstractContextManager[None]:
        """While inside, statements that are sent are told as those of a node."""
        manifest = self.opened.manifest
        now = datetime.datetime.now(datetime.UTC)
        return self.flags.log.about(lambda: node_info(manifest, manifest[node_id], "started", began=now))

    def on_batch(self, node: AnyNode, label: str, compiled: str, sent: str) -> None:
        """Keep the SQL of a batch."""
        write_batch(self.flags.target_folder(self.opened.manifest), node, label, compiled, sent)

    def compiled_place(self, node: AnyNode) -> str:
        """Where the SQL of a node is written, as seen from the project."""
        folder = self.flags.target_path or self.opened.manifest.settings.target_path
        return f"{folder}/{compiled_path(node)}"


class Outcome(Struct, frozen=True):
    """What came of a command."""

    results: tuple[Result, ...]
    """Hooks included."""
    interrupted: bool = False
    seconds: float = 0.0

    @property
    def exit_code(self) -> int:
        """0 or 1, as dbt has it; 2 after ctrl-c."""
        return 2 if self.interrupted else int(failed(self.results))


def execute(flags: Flags, command: str, *, show_rows: bool = False) -> int:
    """Run `command` over the chosen nodes, report it, write run_results.json. The exit code."""
    opened = begin(flags)
    return execute_plan(flags, opened, chosen_plan(flags, opened.manifest, command), show_rows=show_rows)


def execute_plan(flags: Flags, opened: Opened, plan: Plan, *, show_rows: bool = False) -> int:
    """Run the steps of a plan, report it, write manifest.json and run_results.json. The exit code.

    `show_rows`: whether some rows of what was built are shown.
    """
    write_manifest(flags, opened.manifest, compiles=bool(plan.steps))
    if not plan.steps:
        return ended_with_nothing(flags, opened, counts=plan.command == "seed")
    execution = prepared(flags, opened, plan)
    tell_concurrency(flags, opened, len(plan))
    outcome = run(execution)
    if show_rows:
        _show_rows(execution, outcome)
    report(execution, outcome)
    return outcome.exit_code


def ended_with_nothing(flags: Flags, opened: Opened, *, counts: bool = False) -> int:
    """Say that there is nothing to do, and leave no results of an earlier run for those of this one. The exit code.

    `counts`: whether the last lines are those of a run; as in dbt for `seed` and `clone`.
    """
    tell_nothing(flags)
    if counts:
        flags.log.happened("EndOfRunSummary", "Z030", click.unstyle(verdict((), False)), ended(()), "info")
        flags.log.happened("StatsLine", "Z023", count_line(()), counted(()), "info")
    write_results(flags, opened.manifest, (), Invocation(args=flags.said), 0.0)
    return 0


def prepared(flags: Flags, opened: Opened, plan: Plan) -> Execution:
    """Everything that running the plan needs. Nothing is sent yet, but for --defer: it asks what is there."""
    manifest = opened.manifest
    run_id = flags.log.invocation
    progress = progress_for(manifest, plan, flags, run_id)
    invocation = Invocation(
        id=run_id,
        command=plan.command,
        full_refresh=flags.full_refresh,
        store_failures=flags.store_failures,
        empty=bool(flags.empty),
        sample=flags.sample,
        event_time_start=flags.event_time_start,
        event_time_end=flags.event_time_end,
        # as in dbt, `retry`, which alone has the time of an earlier run, selects nothing: it has a list
        selected=() if flags.as_of else plan.selected or tuple(step.node for step in plan),
        as_of=flags.as_of,
        batches=flags.batches,
        overloads=flags.overloads,
        args=flags.said,
        say=progress.say,
        note=flags.log.template,
        show=flags.printed,
        warn=lambda warned: tell_warning(flags, warned),
        inform=lambda node, newer: _tell_newer(flags, manifest, node, newer),
    )
    means = with_deferral(flags, opened, plan, answerer(manifest, invocation))
    for step in plan.steps[:1]:  # a comment that cannot be is refused before anything is sent
        means.comments(manifest[step.node])
    return Execution(flags, opened, plan, means, progress)


def _tell_newer(flags: Flags, manifest: Manifest, node: AnyNode, newer: NewerVersion) -> None:
    data = {**newer.data, "node_info": node_info(manifest, node, "compiling")}
    flags.log.happened("UnpinnedRefNewVersionAvailable", "I064", newer.text(node.name), data, "info")


RunStep = Callable[[Answerer, NodeId, Session, StepRules], Result]


def run(execution: Execution, step: RunStep = run_step) -> Outcome:
    """The hooks at the start, the steps, the hooks at the end. Raises what stops it from connecting at all."""
    refuse_other_databases(execution.opened.manifest, execution.plan)
    clock = time.perf_counter()
    session = execution.opened.open_session()
    try:
        with execution.progress:
            _schemas_for_hooks(execution, session)
            start = _hooks(execution, execution.plan.on_start, session)
            _refuse_unrendered(start)
            anyway = not execution.opened.manifest.settings.flag("skip_nodes_if_on_run_start_fails", default=True)
            begin = anyway or all(result.passed for result in start)
            ran = _steps(execution, step, session) if begin else _all_skipped(execution)
            _drop_outgrown(execution, session)
            seen = ran.results if begin else ()  # as in dbt, where nothing was begun they see no results
            end = () if ran.interrupted else _end_hooks(execution, seen, session)
    finally:
        session.close()
    return Outcome((*start, *ran.results, *end), ran.interrupted, time.perf_counter() - clock)


def _show_rows(execution: Execution, outcome: Outcome) -> None:
    """Some rows of each table that was loaded."""
    session = execution.opened.open_session()
    try:
        for result in outcome.results:
            node = execution.opened.manifest[result.node]
            if result.passed and isinstance(node, Seed):
                name = execution.means.dialect.render(execution.means.relation(node.relation))
                rows = session.query(f"select * from {name} order by random() limit {_SHOWN}")
                head = f"Random sample of table: {node.relation.schema}.{node.relation.identifier}"
                text = "\n".join((head, "-" * len(head), *table_lines(rows.columns, rows.rows)))
                execution.flags.log.tell(f"\n{text}\n")
    finally:
        session.close()


def report(execution: Execution, outcome: Outcome) -> None:
    """The end of the story: for the user, and for other tools. `source freshness` has a file of its own."""
    manifest, flags = execution.opened.manifest, execution.flags
    tell_over(flags.log, manifest, outcome.results, outcome.seconds, success=not outcome.exit_code)
    if execution.plan.command != "freshness":
        write_results(flags, manifest, outcome.results, execution.means.invocation, outcome.seconds)
        sent = [result.node for result in outcome.results if result.sent_sql]
        keep_sql(flags, manifest, execution.means, [each for each in sent if not isinstance(manifest[each], UnitTest)])
    lines = list(summary(manifest, outcome.results, outcome.seconds, outcome.interrupted))
    console, noted = _told(execution.progress)
    for each in (console, noted):
        if isinstance(each, JsonProgress):
            counts = execution.plan.command != "freshness"  # as in dbt
            place = execution.compiled_place
            each.summary(outcome.results, outcome.seconds, outcome.interrupted, place, counts=counts)
    if not isinstance(noted, JsonProgress):
        for line in lines:
            flags.log.note(line)
    if isinstance(console, JsonProgress):
        return
    if flags.log.shows("info"):
        click.echo("\n".join(lines))
    else:
        _tell_failures(execution, outcome)


def _told(progress: Progress) -> tuple[Progress, Progress | None]:
    """What the console is told by, and what the log file is."""
    return (progress.console, progress.noted) if isinstance(progress, Noted) else (progress, None)


def _tell_failures(execution: Execution, outcome: Outcome) -> None:
    """What went wrong, on a console that shows no more."""
    manifest, log = execution.opened.manifest, execution.flags.log
    for result in outcome.results:
        if level_of(result) != "info" and log.shows(level_of(result)):
            click.echo("\n".join(("", *failure(manifest, result))))


def _drop_outgrown(execution: Execution, session: Session) -> None:
    """What is still read stays, for the next build of its model to drop."""
    if not execution.outgrown:
        return
    # what was put aside later may read what was put aside before
    statement = execution.means.dialect.locking.drop_unread(execution.outgrown[::-1])
    try:
        session.commit(after=statement)
    except WarehouseError as error:
        session.rollback()
        execution.progress.say(f"old relations that nothing reads any more are still there: {error}")


def _schemas_for_hooks(execution: Execution, session: Session) -> None:
    """Make the schemas that the steps write before a hook at the start can ask for them; without one, steps do."""
    if execution.plan.on_start:
        means = execution.means
        pairs = written_schemas(means.manifest, (step.node for step in execution.plan))
        rendering = Rendering(means, means.manifest[execution.plan.on_start[0]], session)
        create_schemas(rendering, session, [schema for _, schema in pairs])


def _steps(execution: Execution, one: RunStep, session: Session) -> Ran:
    manifest, flags = execution.opened.manifest, execution.flags
    for message in absent_sources(execution.means, (step.node for step in execution.plan), session):
        execution.progress.say(f"[WARNING]: {message}")
    rules = RunRules(
        threads=flags.threads or execution.opened.profile.target.threads,
        fail_fast=flags.switch("fail_fast", manifest),
        on_start=lambda step: _started(execution, step),
        on_result=lambda result: _ended(execution, result),
    )
    strict = flags.rule(TEST_RESULT) == "error"

    def run_one(step: Step, session: Session) -> Result:
        node, step_rules = manifest[step.node], execution.rules(step.node)
        tell_compiling(flags.log, manifest, node)
        if isinstance(node, Source):  # it has no SQL that is told before it is sent
            step_rules.on_compiled("")
        with execution.about(step.node):
            result = one(execution.means, step.node, session, step_rules)
        tell_raised(flags.log, manifest, result)
        write_sql(flags, manifest, result)
        if result.status == "fail" and step.node.startswith("unit_test."):
            place = execution.compiled_place(manifest[step.node])
            result = structs.replace(result, message=f"{result.message}\nits SQL is in {place}")
        if strict and result.status == "warn":
            result = structs.replace(result, status="fail")
        tell_finished(flags.log, manifest, result)
        return result

    ran = run_plan(execution.plan, run_one, execution.opened.open_session, rules)
    write_inlined(flags.target_folder(manifest), manifest, execution.means.compiled)
    return ran


def _started(execution: Execution, step: Step) -> None:
    tell_begun(execution.flags.log, execution.opened.manifest, execution.opened.manifest[step.node])
    execution.progress.started(step)


def _ended(execution: Execution, result: Result) -> None:
    """Tell what came of a node; as in dbt one that is skipped begins and ends too."""
    log, manifest, was_run = execution.flags.log, execution.opened.manifest, bool(result.thread)
    if not was_run:
        tell_begun(log, manifest, manifest[result.node])
    execution.progress.ended(result)
    if not was_run:
        tell_finished(log, manifest, result)
    if result.status in blocking(execution.plan.command):
        tell_blocked(log, manifest, result)


def _end_hooks(execution: Execution, results: Sequence[Result], session: Session) -> tuple[Result, ...]:
    if not execution.plan.on_end:
        return ()
    means = execution.means
    means = replace(means, more_names=end_names(means, results))
    return _hooks(structs.replace(execution, means=means), execution.plan.on_end, session)


def _hooks(execution: Execution, hooks: Sequence[NodeId], session: Session) -> tuple[Result, ...]:
    """Run hooks one by one; after one that failed the others are skipped."""
    results: list[Result] = []
    for node_id in hooks:
        if all(result.passed for result in results):
            execution.progress.started(Step(node_id))
            with execution.about(node_id):
                result = run_step(execution.means, node_id, session, execution.rules(node_id))
        else:
            result = Result(node=node_id, status="skipped", message="skipped: a hook before it failed")
        results.append(structs.replace(result, thread="main"))
        execution.progress.ended(results[-1])
    return tuple(results)


def _refuse_unrendered(hooks: Sequence[Result]) -> None:
    """Raises what kept a hook at the start from being rendered: as in dbt, the command ends there."""
    for result in hooks:
        if result.error is not None and not result.compiled_sql:
            raise result.error


def _all_skipped(execution: Execution) -> Ran:
    """Nothing is begun; of each node is said that it was skipped."""
    message = "skipped: an on-run-start hook failed"
    results = tuple(Result(node=step.node, status="skipped", message=message) for step in execution.plan)
    for result in results:
        execution.progress.ended(result)
    return Ran(results)
