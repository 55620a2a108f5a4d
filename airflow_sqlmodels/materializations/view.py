"""view: replaced in place where Postgres allows that, else swapped like a table."""

from __future__ import annotations

from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.dressing import dressing
from airflow_sqlmodels.materializations.hooks import run_inside, run_outside
from airflow_sqlmodels.publish.candidate import candidate_of
from airflow_sqlmodels.publish.locks import only_writer
from airflow_sqlmodels.publish.swap import Swap, publish
from airflow_sqlmodels.warehouse.session import Outcome

_OTHER_COLUMNS = "42P16"  # invalid_table_definition: a column would change its name or type, or go
_IN_THE_WAY = "55P03"


def view(build: Build) -> Built:
    """Make the view say what the model says."""
    run_outside(build, build.pre_hooks)
    with only_writer(build.session, build.relation, build.log):
        run_inside(build, build.pre_hooks)
        outcome = _replaced(build) if build.existing in (None, "view") else None
        if outcome is None:
            outcome = _swapped(build)
    run_outside(build, build.post_hooks)
    return Built(-1, outcome.status)


def _replaced(build: Build) -> Outcome | None:
    """`create or replace view`: its oid, grants and readers stay. None if the columns do not allow it."""
    session = build.session
    session.execute("savepoint before_view")
    try:
        # a reader that holds the view would make all others wait behind us: then the swap's retries are the way
        session.execute(f"set local lock_timeout = {max(int(build.rules.lock_budget * 1000), 1)}")
        outcome = session.execute(_statement(build, build.relation, "create or replace view"))
    except WarehouseError as error:
        if error.sqlstate not in (_OTHER_COLUMNS, _IN_THE_WAY):
            raise
        session.execute("rollback to savepoint before_view")
        return None
    extra = dressing(build, build.relation, "view")
    if extra:
        session.execute(extra)
    run_inside(build, build.post_hooks)
    session.commit()
    return outcome


def _swapped(build: Build) -> Outcome:
    """A new view beside the old relation, then in its place; what stands on it is carried over."""
    candidate = candidate_of(build.relation, build.dialect)
    build.session.execute(f"drop view if exists {build.dialect.render(candidate)}")
    outcome = build.session.execute(_statement(build, candidate, "create view"))
    extra = dressing(build, candidate, "view")
    if extra:
        build.session.execute(extra)
    build.session.commit()
    swap = Swap(build.relation, candidate, "view", build.existing, (), lambda: run_inside(build, build.post_hooks))
    publish(build.session, build.dialect, swap, build.rules, build.log)
    return outcome


def _statement(build: Build, relation: Relation, verb: str) -> str:
    header = build.config.get("sql_header")
    lead = f"{header}\n" if header else ""
    return f"{lead}{verb} {build.dialect.render(relation)} as\n{build.select}"
