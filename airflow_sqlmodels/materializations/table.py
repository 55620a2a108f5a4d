"""table: built beside the old one, then swapped. Readers see the old rows or the new, never none."""

from __future__ import annotations

from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.dressing import dressing, index_renames
from airflow_sqlmodels.materializations.hooks import has_inside, run_inside, run_outside
from airflow_sqlmodels.publish.candidate import candidate_of
from airflow_sqlmodels.publish.locks import only_writer
from airflow_sqlmodels.publish.swap import Swap, publish
from airflow_sqlmodels.warehouse.session import Outcome


def table(build: Build) -> Built:
    """Build the whole table anew and publish it."""
    run_outside(build, build.pre_hooks)
    with only_writer(build.session, build.relation, build.log):
        built = build_and_publish(build)
    run_outside(build, build.post_hooks)
    return built


def build_and_publish(build: Build) -> Built:
    """The same, for a caller that holds the lock and has run the hooks outside."""
    candidate = candidate_of(build.relation, build.dialect)
    run_inside(build, build.pre_hooks)
    outcome = _make(build, candidate)
    publish_candidate(build, candidate)
    return Built(outcome.rows, outcome.status)


def publish_candidate(build: Build, candidate: Relation) -> None:
    """Dress a filled candidate, publish it, run the hooks that belong to the transaction."""
    name = build.dialect.render(candidate)
    extra = dressing(build, candidate, "table")
    build.session.execute(f"{extra};\nanalyze {name}" if extra else f"analyze {name}")
    if not has_inside(build.pre_hooks):  # what a hook did must not stay if publishing fails
        build.session.commit()
    renames = tuple(index_renames(build, candidate))
    swap = Swap(
        build.relation, candidate, "table", build.existing, renames, lambda: run_inside(build, build.post_hooks)
    )
    publish(build.session, build.dialect, swap, build.rules, build.log)


def _make(build: Build, candidate: Relation) -> Outcome:
    """The candidate with its rows. One that a broken run left is dropped first."""
    name = build.dialect.render(candidate)
    unlogged = bool(build.config.get("unlogged"))
    create = build.dialect.create_table_as(candidate, build.select, unlogged=unlogged)
    header = build.config.get("sql_header")
    lead = f"{header}\n" if header else ""
    build.session.execute(f"drop table if exists {name}")
    return build.session.execute(lead + create)
