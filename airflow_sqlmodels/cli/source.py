"""`sqlmodels source freshness`: asks how old the newest rows of sources are, writes sources.json."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from airflow_sqlmodels.artifacts.sources import write_sources
from airflow_sqlmodels.cli.choosing import chosen_plan, tell_nothing
from airflow_sqlmodels.cli.execution import prepared, report, run
from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.log import SOURCES
from airflow_sqlmodels.cli.opening import write_manifest
from airflow_sqlmodels.cli.opening_lines import begin, tell_concurrency
from airflow_sqlmodels.cli.options import ManyValues, global_options, option, selection_options
from airflow_sqlmodels.cli.telling import tell_warning
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.run.plan import Plan
from airflow_sqlmodels.templating.invocation import Invocation


@click.group()
@global_options
def source(**_values: object) -> None:
    """Check how old sources are."""


@source.command(cls=ManyValues)
@global_options
@selection_options
@option(
    "--output", "-o", type=click.Path(path_type=Path, dir_okay=False), help="Where to write sources.json.", envvar=None
)
@click.pass_context
def freshness(context: click.Context, /, output: Path | None, **_values: Any) -> int:
    """Check how old the selected sources are."""
    flags = flags_of(context)
    if output is not None:
        text = f"--output {output}: sources.json goes to the target folder; name another with --target-path"
        tell_warning(flags, Warned(text, "CustomOutputPathInSourceFreshnessDeprecation", {"path": str(output)}))
    opened = begin(flags)
    plan = _without_hooks(flags, chosen_plan(flags, opened.manifest, "freshness"), opened.manifest.settings.flags)
    write_manifest(flags, opened.manifest)
    path = output or flags.target_folder(opened.manifest) / "sources.json"
    if not plan.steps:  # as in dbt, the file then tells of nothing
        tell_nothing(flags)
        write_sources(path, opened.manifest, (), Invocation(args=flags.said), 0.0)
        return _done(flags, 0)
    execution = prepared(flags, opened, plan)
    tell_concurrency(flags, opened, len(plan))
    outcome = run(execution)
    write_sources(path, opened.manifest, outcome.results, execution.means.invocation, outcome.seconds)
    flags.log.wrote(SOURCES, path)
    report(execution, outcome)
    return _done(flags, outcome.exit_code)


def _done(flags: Flags, code: int) -> int:
    flags.log.happened("FreshnessCheckComplete", "Q003", "Done.", {}, "info")
    return code


def _without_hooks(flags: Flags, plan: Plan, project: Mapping[str, Any]) -> Plan:
    """The plan; without the project's hooks, if its flags want them left out here."""
    if project.get("source_freshness_run_project_hooks", True) or not (plan.on_start or plan.on_end):
        return plan
    text = "on-run-start and on-run-end are left out: set the flag source_freshness_run_project_hooks"
    tell_warning(flags, Warned(text, "SourceFreshnessProjectHooksNotRun"))
    return replace(plan, on_start=(), on_end=())


source.add_command(freshness, "snapshot-freshness")
