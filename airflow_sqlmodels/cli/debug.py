"""`sqlmodels debug`: looks at the profile, the project and the connection one by one, and says which is wrong.

The words in brackets, `Connection test`, `All checks passed!` and `1 check failed:` are dbt's: scripts look for them.
"""

from __future__ import annotations

import contextlib
import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import click

from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.opening import connected, of_loading, profile_of
from airflow_sqlmodels.cli.opening_lines import tell_running
from airflow_sqlmodels.cli.options import global_options, option
from airflow_sqlmodels.cli.telling import tell_warning
from airflow_sqlmodels.errors import CompilationError, ProfileError, SqlModelsError, StrictWarningError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.behaviour_flags import unknown_flags
from airflow_sqlmodels.project.load import load_project_file
from airflow_sqlmodels.project.profiles import find_profiles_file, need_profiles_file, profiles_place
from airflow_sqlmodels.project.settings import outdated_keys, profile_name
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.yaml_text import parse_yaml
from airflow_sqlmodels.version import VERSION


@click.command()
@global_options
@option("--connection", is_flag=True, help="Look at the connection only.")
@option("--config-dir", is_flag=True, help="Say where profiles.yml is, and nothing else.")
@click.pass_context
def debug(context: click.Context, /, connection: bool, config_dir: bool, **_values: object) -> int:
    """Check the project, the profile and the connection."""
    if config_dir:
        return _tell_config_dir(flags_of(context))
    flags = _with_profile(flags_of(context))
    tell_running(flags, shown=False)
    _tell_places(flags)
    checks = _Checks(flags)
    if connection:
        _say(flags, "Skipping steps before connection verification")
        known = checks.silent("Profile loading", _profile)
        checks.silent("Project loading", _project)  # as in dbt: the verdict is over all
    else:
        _say(flags, "Configuration:")
        profiles, project = profiles_place(flags.project_dir, flags.profiles_dir), flags.project_dir / PROJECT_FILE
        known = checks.told("profiles.yml file", _of_file(profiles), "Profile loading", _profile)
        checks.told(f"{PROJECT_FILE} file", _of_file(project), "Project loading", _project)
    if not known:
        _say(flags, "Connection test skipped since no profile was found")
    else:
        _say(flags, "Connection:", *(f"  {key}: {value}" for key, value in _target(flags).items()))
        checks.told("Connection test:", ("OK connection ok", "ERROR"), "The connection", _connection)
    return checks.verdict()


def _tell_config_dir(flags: Flags) -> int:
    opener = {"Windows": "start", "Darwin": "open"}.get(platform.system(), "xdg-open")
    folder = profiles_place(flags.project_dir, flags.profiles_dir).parent
    click.echo(f"To view your profiles.yml file, run:\n\n{opener} {folder}")
    return 0


def _with_profile(flags: Flags) -> Flags:
    """The flags; if the project cannot be asked for its profile, the only one that is there is looked at, as in dbt."""
    if flags.profile is not None:
        return flags
    try:
        profile_name(flags.project_dir, {})
    except SqlModelsError:
        names = _profile_names(flags)
        return replace(flags, profile=names[0]) if len(names) == 1 else flags
    return flags


def _profile_names(flags: Flags) -> list[str]:
    """Those of profiles.yml; none if it cannot be read, which is told when the profile is looked at."""
    path = find_profiles_file(flags.project_dir, flags.profiles_dir)
    with contextlib.suppress(SqlModelsError, OSError):
        content = parse_yaml(text_of(path, str(path)), str(path)) if path else None
        if isinstance(content, dict):
            return [str(name) for name in content if name != "config"]
    return []


def _tell_places(flags: Flags) -> None:
    profiles = profiles_place(flags.project_dir, flags.profiles_dir).resolve()
    _say(
        flags,
        f"sqlmodels version: {VERSION}",
        f"python version: {platform.python_version()}",
        f"os info: {platform.platform()}",
        f"Using profiles dir at {profiles.parent}",
        f"Using profiles.yml file at {profiles}",
        f"Using {PROJECT_FILE} file at {flags.project_dir / PROJECT_FILE}",
    )


def _say(flags: Flags, *lines: str) -> None:
    """Lines of what was asked for; each is an event of dbt's where events are told."""
    for line in lines:
        flags.log.answer("DebugCmdOut", "Z047", line, {"msg": click.unstyle(line)})


def _of_file(path: Path) -> tuple[str, str]:
    return ("OK found and valid", "ERROR invalid" if path.is_file() else "ERROR not found")


class _Checks:
    """What was looked at, and what is wrong with it."""

    def __init__(self, flags: Flags) -> None:
        self._flags = flags
        self._failures: list[str] = []
        self._code = 1

    def told(self, what: str, verdicts: tuple[str, str], step: str, check: Callable[[Flags], None]) -> bool:
        """Do a check, and say what came of it: one of two verdicts."""
        passed = self.silent(step, check)
        verdict = click.style(verdicts[0], fg="green") if passed else click.style(verdicts[1], fg="red")
        _say(self._flags, f"  {what} [{verdict}]")
        return passed

    def silent(self, step: str, check: Callable[[Flags], None]) -> bool:
        """Do a check, of which only a failure is told, at the end."""
        try:
            check(self._flags)
        except StrictWarningError:  # as in dbt: the command ends with it
            raise
        except SqlModelsError as error:
            if isinstance(error.__cause__ or error, CompilationError):  # no such variable: as in dbt no mere verdict
                self._code = 2
            self._failures.append(f"{step} failed for the following reason:\n{error}")
            return False
        return True

    def verdict(self) -> int:
        """Say how many failed, and why. The exit code."""
        if not self._failures:
            self._conclude(f"\n{click.style('All checks passed!', fg='green')}")
            return 0
        count = len(self._failures)
        self._conclude(click.style(f"\n{count} check{'s' if count > 1 else ''} failed:", fg="red"))
        self._conclude("\n\n".join(self._failures))
        return self._code

    def _conclude(self, text: str) -> None:
        self._flags.log.answer("DebugCmdResult", "Z048", text, {"msg": click.unstyle(text)})


def _profile(flags: Flags) -> None:
    need_profiles_file(flags.project_dir, flags.profiles_dir)  # whatever else is wrong
    profile_of(flags)


def _target(flags: Flags) -> dict[str, object]:
    target = profile_of(flags).target
    place = {"database": target.database, "schema": target.schema, "threads": target.threads}
    return {"profile": target.profile_name, "target": target.name, "type": target.type, **target.extra, **place}


def _project(flags: Flags) -> None:
    """As in dbt only its file is read: models may be wrong, packages not installed. The profile has a check too."""
    try:
        project = load_project_file(flags.project_dir, **of_loading(flags))
    except ProfileError:
        return
    for warned in (*outdated_keys(project), *map(Warned, unknown_flags(project))):
        tell_warning(flags, warned)


def _connection(flags: Flags) -> None:
    session = connected(profile_of(flags))
    try:
        session.query("select 1")
        session.rollback()
    finally:
        session.close()
