"""`sqlmodels run-operation`: calls a macro, or sends a template's SQL."""

from __future__ import annotations

from typing import Any

import click

from airflow_sqlmodels.cli.execution import prepared
from airflow_sqlmodels.cli.flags import flags_of
from airflow_sqlmodels.cli.inline import called_macro, rendered_inline
from airflow_sqlmodels.cli.opening import open_all
from airflow_sqlmodels.cli.options import global_options, option
from airflow_sqlmodels.errors import (
    CompilationError,
    NamingError,
    ProjectError,
    UnreachableError,
    WarehouseError,
    closest,
)
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.project.yaml_text import parse_yaml, plain
from airflow_sqlmodels.run.plan import Plan


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
    opened = open_all(flags)
    if macro:
        _refuse_unknown(opened.manifest, macro)
    execution = prepared(flags, opened, Plan(command="run-operation", steps=()))
    session = opened.open_session()
    try:
        with execution.progress:
            if macro:
                called_macro(execution.means, macro, _arguments(args_text), session)
            else:
                execution.progress.say(session.execute(rendered_inline(execution.means, str(sql), session)).status)
        session.commit()
    except UnreachableError:
        raise
    except (CompilationError, WarehouseError) as error:  # as in dbt: the operation failed, the command did not
        click.echo(f"{click.style(error.kind, fg='red')}\n{error}")
        return 1
    finally:
        session.close()
    return 0


def _refuse_unknown(manifest: Manifest, macro: str) -> None:
    known = {name for each in manifest.macros.values() for name in (each.name, f"{each.package}.{each.name}")}
    if macro not in known:
        raise NamingError(f"no macro {macro!r}", None, closest(macro, known))


def _arguments(text: str) -> dict[str, Any]:
    values = plain(parse_yaml(text, "--args"))
    if not isinstance(values, dict):
        raise ProjectError(f"--args must be a mapping, not {text!r}", None, "write it as '{name: value}'")
    return values
