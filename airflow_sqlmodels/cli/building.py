"""The commands that build and test: each is a plan, and `execution` runs it."""

from __future__ import annotations

from typing import Any

import click

from airflow_sqlmodels.cli.execution import execute
from airflow_sqlmodels.cli.flags import flags_of
from airflow_sqlmodels.cli.options import (
    ManyValues,
    empty_option,
    failures_option,
    global_options,
    refresh_option,
    resource_options,
    rows_option,
    saved_query_options,
    selection_options,
    window_options,
)


@click.command(cls=ManyValues)
@global_options
@selection_options
@resource_options
@refresh_option
@empty_option
@window_options
@failures_option
@rows_option
@saved_query_options
@click.pass_context
def build(context: click.Context, /, show_rows: bool, **_values: Any) -> int:
    """Build and test everything selected: models, seeds and snapshots, each followed by its tests."""
    return execute(flags_of(context), "build", show_rows=show_rows)


@click.command(cls=ManyValues)
@global_options
@selection_options
@refresh_option
@empty_option
@window_options
@click.pass_context
def run(context: click.Context, /, **_values: Any) -> int:
    """Build the selected models."""
    return execute(flags_of(context), "run")


@click.command(cls=ManyValues)
@global_options
@selection_options
@resource_options
@failures_option
@click.pass_context
def test(context: click.Context, /, **_values: Any) -> int:
    """Run the selected tests, and the tests of selected nodes."""
    return execute(flags_of(context), "test")


@click.command(cls=ManyValues)
@global_options
@selection_options
@refresh_option
@empty_option
@rows_option
@click.pass_context
def seed(context: click.Context, /, show_rows: bool, **_values: Any) -> int:
    """Load the selected CSV files."""
    return execute(flags_of(context), "seed", show_rows=show_rows)


@click.command(cls=ManyValues)
@global_options
@selection_options
@empty_option
@click.pass_context
def snapshot(context: click.Context, /, **_values: Any) -> int:
    """Take the selected snapshots."""
    return execute(flags_of(context), "snapshot")
