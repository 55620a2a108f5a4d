"""incremental: only new rows are worked out, and applied to the table in one transaction."""

from __future__ import annotations

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.creating import create_table
from airflow_sqlmodels.materializations.dressing import comment_statements, regrant_statements
from airflow_sqlmodels.materializations.hooks import run_inside, run_outside
from airflow_sqlmodels.materializations.main_statement import send_main
from airflow_sqlmodels.materializations.own_dressing import dress
from airflow_sqlmodels.materializations.schema_change import matched_columns
from airflow_sqlmodels.materializations.strategies import Strategy, strategy_of
from airflow_sqlmodels.materializations.table import whole_table
from airflow_sqlmodels.materializations.writing import writing_of
from airflow_sqlmodels.publish.locks import Writing

_DELTA = "__delta"


def incremental(build: Build) -> Built:
    """Apply the delta to the table; the first time, on a full refresh, or over something else, build it whole."""
    strategy = strategy_of(build)
    run_outside(build, build.pre_hooks)
    with writing_of(build) as writing:
        if writing.existing is None:
            build.begin_anew()
        if writing.existing != "table" or build.full_refresh:
            built = whole_table(build, writing)
        else:
            built = _applied(build, writing, strategy)
    run_outside(build, build.post_hooks)
    return built


def _applied(build: Build, writing: Writing, strategy: Strategy) -> Built:
    """The delta in the table, in one transaction with the hooks that belong to it."""
    strategy.check(build, writing.version)
    run_inside(build, build.pre_hooks)
    delta = _gather(build)
    columns = matched_columns(build, writing, delta)
    if not columns:
        raise WarehouseError("the model has no column in common with its table", build.node.at,
                             "rebuild it with --full-refresh", "42703")  # fmt: skip
    outcome = build.session.execute(strategy.statements(build, delta, columns))
    comments = comment_statements(build, build.relation, "table")
    build.session.execute(";\n".join((ddl.drop(build.dialect, delta, "table"), *comments, *regrant_statements(build))))
    run_inside(build, build.post_hooks)
    dress(build, "table", rebuilt=False)
    return Built(outcome.rows, outcome.status)


def _gather(build: Build) -> Relation:
    """The new rows in a temporary table, which nobody else sees and which goes with the session."""
    delta = Relation("", "", build.dialect.fit(build.relation.identifier, _DELTA))
    made = send_main(build, create_table(build, delta, build.select, temporary=True))
    build.log(f"{made.rows} rows in the delta")
    build.session.execute(f"analyze {build.dialect.render(delta)}")
    return delta
