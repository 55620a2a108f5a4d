"""`sqlmodels clean`: deletes the folders that the project calls `clean-targets`."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click

from airflow_sqlmodels.cli.flags import flags_of
from airflow_sqlmodels.cli.opening_lines import tell_event, tell_running
from airflow_sqlmodels.cli.options import global_options, option
from airflow_sqlmodels.cli.telling import tell_warning
from airflow_sqlmodels.errors import SettingsError
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.settings import read_settings

SOURCES = ("model-paths", "seed-paths", "test-paths", "macro-paths", "snapshot-paths", "analysis-paths")
"""The settings that name folders with the user's own work."""


@click.command()
@global_options
@option(
    "--clean-project-files-only/--no-clean-project-files-only",
    default=True,
    help="Whether folders outside the project are refused. Default: yes.",
)
@click.pass_context
def clean(context: click.Context, /, clean_project_files_only: bool, **_values: Any) -> int:
    """Delete the project's generated folders: those under clean-targets in dbt_project.yml."""
    flags = flags_of(context)
    tell_running(flags, shown=False)
    root = flags.project_dir
    settings = read_settings(root, (*SOURCES, "clean-targets", "target-path"), flags.vars)
    targets = settings.get("clean-targets")
    if targets is None:
        targets = [flags.target_path or settings.get("target-path") or "target"]
    if "dbt_modules" in targets and "dbt_packages" not in targets:
        text = "clean-targets: the default packages path has changed from `dbt_modules` to `dbt_packages`."
        tell_warning(flags, Warned(text, "PackageInstallPathDeprecation"))
    paths = [_deletable(root, str(name), settings, outside=not clean_project_files_only) for name in targets]
    for path in paths:  # none before all are known to be right
        tell_event(flags, "CheckCleanPath", "Z012", f"Checking {path}", {"path": str(path)})
        if path.is_dir():
            shutil.rmtree(path)
            flags.log.tell_as("ConfirmCleanPath", "Z013", f"deleted {path}", {"path": str(path)})
    tell_event(flags, "FinishedCleanPaths", "Z015", "Finished cleaning all paths.", {})
    return 0


def _deletable(root: Path, name: str, settings: dict[str, Any], *, outside: bool) -> Path:
    """The folder. Raises SettingsError if it holds the project, or the user's own work, or lies outside the project."""
    path = (root / name).resolve()
    if path == root.resolve() or path in root.resolve().parents:
        raise SettingsError(f"clean-targets names {name!r}, which holds the project: nothing was deleted")
    if root.resolve() not in path.parents and not outside:
        hint = "--no-clean-project-files-only deletes it"
        what = f"clean-targets names {name!r}, which lies outside the project: nothing was deleted"
        raise SettingsError(what, None, hint)
    kept = [str(each) for key in SOURCES for each in settings.get(key) or [key.removesuffix("-paths") + "s"]]
    if any((root / each).resolve() in (path, *path.parents) for each in kept):
        raise SettingsError(f"clean-targets names {name!r}, which holds the project's own files: nothing was deleted")
    return path
