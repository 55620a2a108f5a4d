"""incremental: only new rows are worked out, and applied to the table in one transaction."""

from __future__ import annotations

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.relation import Quoting, Relation
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.dressing import comment_statements, grant_statements
from airflow_sqlmodels.materializations.hooks import run_inside, run_outside
from airflow_sqlmodels.materializations.schema_change import matched_columns
from airflow_sqlmodels.materializations.strategies import strategy_of
from airflow_sqlmodels.materializations.table import build_and_publish
from airflow_sqlmodels.publish.locks import only_writer
from airflow_sqlmodels.warehouse.session import Outcome

_DELTA = "__delta"


def incremental(build: Build) -> Built:
    """Apply the delta to the table; the first time, on a full refresh, or over something else, build it whole."""
    strategy = strategy_of(build)
    run_outside(build, build.pre_hooks)
    with only_writer(build.session, build.relation, build.log):
        if build.existing != "table" or build.full_refresh:
            built = build_and_publish(build)
        else:
            run_inside(build, build.pre_hooks)
            delta = _gather(build)
            columns = matched_columns(build, delta)
            if not columns:
                raise ProjectError("the model has no column in common with its table", build.node.at,
                                   "rebuild it with --full-refresh")  # fmt: skip
            outcome = build.session.execute(strategy(build, delta, columns))
            _finish(build, delta)
            built = Built(outcome.rows, outcome.status)
    run_outside(build, build.post_hooks)
    return built


def _gather(build: Build) -> Relation:
    """The new rows in a temporary table, that nobody else sees and that goes with the session."""
    name = build.dialect.fit(build.relation.identifier, _DELTA)
    delta = Relation("", "", name, Quoting())
    header = build.config.get("sql_header")
    lead = f"{header}\n" if header else ""
    made: Outcome = build.session.execute(lead + build.dialect.create_table_as(delta, build.select, temporary=True))
    build.log(f"{made.rows} rows in the delta")
    return delta


def _finish(build: Build, delta: Relation) -> None:
    extra = (*comment_statements(build, build.relation, "table"), *grant_statements(build, build.relation))
    build.session.execute(";\n".join((f"drop table {build.dialect.render(delta)}", *extra)))
    run_inside(build, build.post_hooks)
    build.session.commit()
