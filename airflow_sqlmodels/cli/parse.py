"""`sqlmodels parse`: reads the project, says what it found, writes manifest.json."""

from __future__ import annotations

import time
from typing import Any

import click

from airflow_sqlmodels.cli.flags import flags_of
from airflow_sqlmodels.cli.opening import open_project, write_manifest
from airflow_sqlmodels.cli.opening_lines import found_line, tell_running
from airflow_sqlmodels.cli.options import global_options


@click.command()
@global_options
@click.pass_context
def parse(context: click.Context, /, **_values: Any) -> int:
    """Read the project and write its manifest."""
    flags = flags_of(context)
    tell_running(flags, shown=False)
    clock = time.perf_counter()
    manifest = open_project(flags)
    seconds = time.perf_counter() - clock
    write_manifest(flags, manifest)
    found = found_line(manifest)
    flags.log.tell_as("FoundStats", "W006", f"Found {found} in {seconds:.2f}s.", {"stat_line": found})
    return 0
