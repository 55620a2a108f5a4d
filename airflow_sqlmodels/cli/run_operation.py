"""`sqlmodels run-operation`: calls a macro, or sends a template's SQL."""

from __future__ import annotations

import datetime
import time
from typing import Any

import click

from airflow_sqlmodels.artifacts.run_results import write_operation_results
from airflow_sqlmodels.cli.execution import Execution, prepared
from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.inline import called_macro, rendered_inline
from airflow_sqlmodels.cli.opening import Opened, open_all
from airflow_sqlmodels.cli.options import global_options, option
from airflow_sqlmodels.errors import (
    CompilationError,
    NamingError,
    ProjectError,
    SqlModelsError,
    UnreachableError,
    WarehouseError,
    closest,
)
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.project.yaml_text import parse_yaml, plain
from airflow_sqlmodels.run.plan import Plan
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.macro_table import BUILT_IN, macro_id
from airflow_sqlmodels.warehouse.session import Session


@click.command()
@global_options
@click.argument("macro", required=False)
@option("--args", "args_text", default="{}", help="The macro's arguments, as YAML: '{name: value}'.")
@option("--sql", help="A template whose SQL is sent, instead of a macro.")
@click.pass_context
def run_operation(context: click.Context, /, macro: str | None, args_text: str, sql: str | None, **_values: Any) -> int:
    """Call a macro."""
    if bool(macro) == bool(sql):
        raise click.UsageError("give the name of a macro, or a template with --sql", context)
    flags = flags_of(context)
    return operate(flags, open_all(flags), macro, args_text, str(sql))


def operate(flags: Flags, opened: Opened, macro: str | None, args_text: str, sql: str = "") -> int:
    """Call a macro, or send the SQL, and write run_results.json of a macro. The exit code."""
    if macro:
        _refuse_unknown(opened.manifest, macro)
    execution = prepared(flags, opened, Plan(command="run-operation", steps=()))
    session = opened.open_session()
    began, clock = datetime.datetime.now(datetime.UTC), time.perf_counter()
    try:
        with execution.progress:
            error = _failure(execution, macro, args_text, sql, session)
    finally:
        session.close()
    if macro:
        outcome = Result(
            node=_id_of(opened.manifest, macro),
            status="error" if error else "success",
            message=None if error is None else f"{error.kind}\n{error}",
            seconds=time.perf_counter() - clock,
            started_at=began,
            finished_at=datetime.datetime.now(datetime.UTC),
        )
        _write(execution, outcome)
    if error is not None:
        flags.log.tell(f"{click.style(error.kind, fg='red')}\n{error}", "error")
    return int(error is not None)


def _failure(
    execution: Execution, macro: str | None, args_text: str, sql: str, session: Session
) -> SqlModelsError | None:
    """Call the macro, or send the SQL; what made it fail. As in dbt, the operation failed then, not the command."""
    try:
        if macro:
            called_macro(execution.means, macro, _arguments(args_text), session)
        else:
            execution.progress.say(session.execute(rendered_inline(execution.means, sql, session)).status)
        session.commit()
    except UnreachableError:
        raise
    except (CompilationError, WarehouseError) as error:
        return error
    return None


def _write(execution: Execution, outcome: Result) -> None:
    flags, manifest = execution.flags, execution.opened.manifest
    if flags.switch("write_json", manifest, default=True):
        path = flags.target_folder(manifest) / "run_results.json"
        write_operation_results(path, outcome, execution.means.invocation)


def _id_of(manifest: Manifest, macro: str) -> NodeId:
    """The id of the macro that a name on the command line means."""
    package, _, name = macro.rpartition(".")
    packages = (package,) if package else (manifest.settings.name, BUILT_IN, *manifest.settings.packages)
    ids = (macro_id(each, name) for each in packages)
    return NodeId(next((each for each in ids if each in manifest.macros), f"macro.{packages[0]}.{name}"))


def _refuse_unknown(manifest: Manifest, macro: str) -> None:
    known = {name for each in manifest.macros.values() for name in (each.name, f"{each.package}.{each.name}")}
    if macro not in known:
        raise NamingError(f"no macro {macro!r}", None, closest(macro, known))


def _arguments(text: str) -> dict[str, Any]:
    values = plain(parse_yaml(text, "--args"))
    if not isinstance(values, dict):
        raise ProjectError(f"--args must be a mapping, not {text!r}", None, "write it as '{name: value}'")
    return values
