"""Commands of dbt that are not possible yet. They say so, and what to do instead."""

from __future__ import annotations

import click

_ANYTHING = {"ignore_unknown_options": True, "allow_extra_args": True}


def _refuse(context: click.Context, instead: str) -> None:
    raise click.UsageError(f"{context.info_name} is not possible yet. {instead}", context)


@click.command(context_settings=_ANYTHING)
@click.pass_context
def clone(context: click.Context) -> None:
    """Clone nodes of another state (not yet)."""
    _refuse(context, "Build the nodes with 'sqlmodels build'.")


@click.command(context_settings=_ANYTHING)
@click.pass_context
def retry(context: click.Context) -> None:
    """Run what failed last time (not yet)."""
    _refuse(context, "Name the failed nodes: 'sqlmodels build --select fct_orders+'.")
