"""`sqlmodels clone`: views in this target that show the relations of another state, so that work can begin at once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import click
from msgspec import structs

from airflow_sqlmodels.cli.choosing import chosen_plan
from airflow_sqlmodels.cli.deferring import deferred_to
from airflow_sqlmodels.cli.execution import ended_with_nothing, prepared, report, run
from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.opening import Opened, write_manifest
from airflow_sqlmodels.cli.opening_lines import begin, tell_concurrency
from airflow_sqlmodels.cli.options import (
    ManyValues,
    global_options,
    refresh_option,
    resource_options,
    selection_options,
)
from airflow_sqlmodels.run.clone import clone_step
from airflow_sqlmodels.run.plan import Plan, Step


@click.command(cls=ManyValues)
@global_options
@selection_options
@resource_options
@refresh_option
@click.pass_context
def clone(context: click.Context, /, **_values: Any) -> int:
    """Make views that show the relations of another state (--state)."""
    flags = flags_of(context)
    opened = begin(flags)
    return run_clone(flags, opened, chosen_plan(flags, opened.manifest, "clone"))


def run_clone(flags: Flags, opened: Opened, plan: Plan) -> int:
    """Clone the nodes of a plan, each for itself. The exit code."""
    write_manifest(flags, opened.manifest)
    state = deferred_to(flags)
    if not plan.steps:
        return ended_with_nothing(flags, opened, counts=True)
    alone = structs.replace(plan, steps=tuple(Step(step.node) for step in plan), on_start=(), on_end=())
    execution = prepared(replace(flags, defer=False), opened, alone)
    means = replace(execution.means, earlier=state.relations, earlier_entries=state.entries)
    execution = structs.replace(execution, means=means)
    tell_concurrency(flags, opened, len(plan))
    outcome = run(execution, clone_step)
    report(execution, outcome)
    return outcome.exit_code
