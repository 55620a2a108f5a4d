"""`sqlmodels debug`: looks at the project, the profile and the connection one by one, and says which is wrong."""

from __future__ import annotations

import platform
from collections.abc import Callable
from typing import Any

import click

from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.opening import connected, open_project, profile_of
from airflow_sqlmodels.cli.options import global_options, option
from airflow_sqlmodels.errors import SqlModelsError, StrictWarningError
from airflow_sqlmodels.project.profiles import find_profiles_file
from airflow_sqlmodels.version import VERSION


@click.command()
@global_options
@option("--connection", is_flag=True, help="Look at the connection only.")
@click.pass_context
def debug(context: click.Context, /, connection: bool, **_values: Any) -> int:
    """Check the project, the profile and the connection."""
    flags = flags_of(context)
    click.echo(f"sqlmodels {VERSION}, Python {platform.python_version()}, {platform.platform()}")
    click.echo(f"project folder: {flags.project_dir}")
    profiles = find_profiles_file(flags.project_dir, flags.profiles_dir)
    click.echo(f"profiles.yml: {profiles.resolve() if profiles else 'not found'}")
    checks: dict[str, Callable[[Flags], str]] = {"profile": _profile, "project": _project, "connection": _connection}
    wanted = {"connection": _connection} if connection else checks
    passed = [
        _checked(name, check, flags) for name, check in wanted.items()
    ]  # all of them, whatever comes of the first
    return int(not all(passed))


def _checked(name: str, check: Callable[[Flags], str], flags: Flags) -> bool:
    try:
        click.echo(f"{name}: {click.style('OK', fg='green')} {check(flags)}")
    except StrictWarningError:  # as in dbt: the command ends with it
        raise
    except SqlModelsError as error:
        click.echo(f"{name}: {click.style('ERROR', fg='red')}\n{error}")
        return False
    return True


def _profile(flags: Flags) -> str:
    target = profile_of(flags).target
    shown = {**target.extra, "database": target.database, "schema": target.schema, "threads": target.threads}
    lines = "".join(f"\n  {key}: {value}" for key, value in shown.items())
    return f"{target.profile_name}, target {target.name}{lines}"


def _project(flags: Flags) -> str:
    manifest = open_project(flags)
    return f"{manifest.settings.name}, {len(manifest)} nodes"


def _connection(flags: Flags) -> str:
    session = connected(profile_of(flags))
    try:
        version = session.query("select version()").rows[0][0]
        session.rollback()
    finally:
        session.close()
    return str(version)
