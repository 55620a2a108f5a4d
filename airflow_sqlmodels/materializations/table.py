"""table: built beside the old one, then swapped. Readers see the old rows or the new, never none."""

from __future__ import annotations

from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.creating import create_table
from airflow_sqlmodels.materializations.hooks import run_inside, run_outside
from airflow_sqlmodels.materializations.main_statement import send_main
from airflow_sqlmodels.materializations.replacing import replaced
from airflow_sqlmodels.materializations.writing import writing_of
from airflow_sqlmodels.publish.locks import Writing


def table(build: Build) -> Built:
    """Build the whole table anew and publish it."""
    run_outside(build, build.pre_hooks)
    with writing_of(build) as writing:
        built = whole_table(build, writing)
    run_outside(build, build.post_hooks)
    return built


def whole_table(build: Build, writing: Writing) -> Built:
    """The same, for a caller that holds the lock and runs the hooks outside."""
    run_inside(build, build.pre_hooks)
    outcome = replaced(
        build, writing, "table", lambda candidate: send_main(build, create_table(build, candidate, build.select))
    )
    return Built(outcome.rows, outcome.status)
