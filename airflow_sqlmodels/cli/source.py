"""`sqlmodels source freshness`: asks how old the newest rows of sources are, writes sources.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from airflow_sqlmodels.artifacts.sources import write_sources
from airflow_sqlmodels.cli.choosing import NOTHING, chosen_plan
from airflow_sqlmodels.cli.execution import prepared, report, run
from airflow_sqlmodels.cli.flags import flags_of
from airflow_sqlmodels.cli.opening import open_all
from airflow_sqlmodels.cli.options import ManyValues, global_options, option, selection_options


@click.group()
def source() -> None:
    """Check how old sources are."""


@source.command(cls=ManyValues)
@global_options
@selection_options
@option("--output", "-o", type=click.Path(path_type=Path), help="Where to write sources.json.", envvar=None)
@click.pass_context
def freshness(context: click.Context, /, output: Path | None, **_values: Any) -> int:
    """Check how old the selected sources are."""
    flags = flags_of(context)
    opened = open_all(flags)
    plan = chosen_plan(flags, opened.manifest, "freshness")
    if not plan.steps:
        flags.log.tell(NOTHING, "warn", err=True)
        return 0
    execution = prepared(flags, opened, plan)
    outcome = run(execution)
    path = output or flags.target_folder(opened.manifest) / "sources.json"
    write_sources(path, opened.manifest, outcome.results, execution.means.invocation, outcome.seconds)
    report(execution, outcome)
    return outcome.exit_code


source.add_command(freshness, "snapshot-freshness")
