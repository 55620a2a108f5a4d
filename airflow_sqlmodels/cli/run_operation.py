"""`sqlmodels run-operation`: calls a macro, or sends a template's SQL."""

from __future__ import annotations

import datetime
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

import click
from click.core import ParameterSource

from airflow_sqlmodels.artifacts.run_results import write_results_of_no_node
from airflow_sqlmodels.cli.execution import Execution, prepared
from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.inline import NAME as INLINE
from airflow_sqlmodels.cli.inline import called_macro, compiled_inline, inline_id
from airflow_sqlmodels.cli.lines import bracketed
from airflow_sqlmodels.cli.log import OPERATION_RESULTS
from airflow_sqlmodels.cli.opening import Opened, write_manifest
from airflow_sqlmodels.cli.opening_lines import begin
from airflow_sqlmodels.cli.options import global_options, option
from airflow_sqlmodels.errors import (
    CompilationError,
    ProfileError,
    ProjectError,
    SqlModelsError,
    WarehouseError,
    closest,
)
from airflow_sqlmodels.manifest.macro import Macro
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.project.yaml_text import parse_yaml, plain
from airflow_sqlmodels.run.plan import Plan
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.macro_table import BUILT_IN, BUILT_IN_NAMES, macro_id
from airflow_sqlmodels.warehouse.session import Outcome, Session


@click.command()
@global_options
@click.argument("macro", required=False)
@option("--args", "args_text", default="{}", help="The macro's arguments, as YAML: '{name: value}'.")
@option("--sql", help="A template whose SQL is sent, instead of a macro.")
@click.pass_context
def run_operation(context: click.Context, /, macro: str | None, args_text: str, sql: str | None, **_values: Any) -> int:
    """Call a macro, or send a template."""
    if macro is None and sql is None:
        raise click.UsageError("give the name of a macro, or a template with --sql", context)
    if macro is not None and sql is not None:
        raise click.UsageError("--sql stands instead of a macro: give one of them", context)
    if sql is not None and context.get_parameter_source("args_text") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--args cannot be used with --sql: it has no macro to give them to", context)
    found, arguments = flags_of(context), _arguments(args_text)
    said = {key: value for key, value in found.said.items() if key != "args_text"}
    if context.get_parameter_source("args_text") is not ParameterSource.DEFAULT:  # as in dbt, else not listed
        said["args"] = arguments
    flags = replace(found, said=said)
    return operate(flags, begin(flags), macro, arguments, str(sql))


def operate(flags: Flags, opened: Opened, macro: str | None, arguments: Mapping[str, Any], sql: str = "") -> int:
    """Call a macro, or send the SQL, and write run_results.json. The exit code."""
    write_manifest(flags, opened.manifest)
    called = _macro_named(opened.manifest, macro) if macro else None
    execution = prepared(flags, opened, Plan(command="run-operation", steps=()))
    if called is None:
        _tell_line(flags, bracketed(f"1 of 1 START executing {INLINE}", "RUN"))
    began, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    error: SqlModelsError | None = None
    answer: Outcome | None = None
    try:
        with closing(opened.open_session()) as session, execution.progress:
            answer = _done(execution, called, arguments, sql, session)
    except (CompilationError, ProfileError, WarehouseError) as failure:  # the operation failed, as in dbt
        error = failure
    outcome = Result(
        node=NodeId(called.id) if called else inline_id(opened.manifest),
        status="error" if error else "success",
        rows=-1 if answer is None else answer.rows,
        message=None if error is None else f"{error.kind}\n{error}",
        details={} if answer is None else {"response": answer.status},
        seconds=time.perf_counter() - clock,
        started_at=began,
        finished_at=datetime.datetime.now(datetime.UTC),
    )
    _write(execution, outcome)
    if error is not None:
        said = f"Encountered an error while running operation: {click.style(error.kind, fg='red')}\n{error}"
        flags.log.tell_as("RunningOperationCaughtError", "Q001", said, {"exc": f"{error.kind}\n{error}"}, "error")
    if called is None:
        _tell_sent(flags, outcome)
    return int(error is not None)


def _tell_sent(flags: Flags, outcome: Result) -> None:
    did, word = (f"OK executed {INLINE}", outcome.details["response"]) if outcome.passed else (
        f"ERROR executing {INLINE}", "ERROR")  # fmt: skip
    level = "info" if outcome.passed else "error"
    _tell_line(flags, bracketed(f"1 of 1 {did}", f"{word} in {outcome.seconds:.2f}s"), level)


def _tell_line(flags: Flags, line: str, level: str = "info") -> None:
    flags.log.happened("Note", "Z050", line, {"msg": line}, level)


def _done(
    execution: Execution, macro: Macro | None, arguments: Mapping[str, Any], sql: str, session: Session
) -> Outcome | None:
    """Call the macro, or send the SQL: then what the warehouse answered. As in dbt, each statement stays by itself."""
    with session.autocommit():
        if macro is not None:
            called_macro(execution.means, macro, dict(arguments), session)
            return None
        return session.execute(compiled_inline(execution.means, sql, session))


def _write(execution: Execution, outcome: Result) -> None:
    flags, manifest = execution.flags, execution.opened.manifest
    if flags.switch("write_json", manifest, default=True):
        path = flags.target_folder(manifest) / "run_results.json"
        write_results_of_no_node(path, manifest, outcome, execution.means.invocation, int(not outcome.passed))
        flags.log.wrote(OPERATION_RESULTS, path)


def _macro_named(manifest: Manifest, name: str) -> Macro:
    """The macro that a name on the command line means: the project's, a built-in one, or that of any package."""
    package, _, bare = name.rpartition(".")
    if package:
        packages: tuple[str, ...] = (BUILT_IN,) if package in BUILT_IN_NAMES else (package,)
    else:
        packages = (manifest.settings.name, BUILT_IN, *manifest.settings.packages)
    for each in packages:
        found = manifest.macros.get(macro_id(each, bare))
        if found is not None:
            return found
    known = {name for each in manifest.macros.values() for name in (each.name, f"{each.package}.{each.name}")}
    raise SqlModelsError(f"could not find a macro with the name {name!r} in any package", None, closest(name, known))


def _arguments(text: str) -> dict[str, Any]:
    values = plain(parse_yaml(text, "--args"))
    if not isinstance(values, dict):
        raise ProjectError(f"--args must be a mapping, not {text!r}", None, "write it as '{name: value}'")
    return values
