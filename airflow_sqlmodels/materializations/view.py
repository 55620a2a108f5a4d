"""view: replaced in place where Postgres allows that, else swapped like a table."""

from __future__ import annotations

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.dressing import comment_statements, grant_statements, regrant_statements
from airflow_sqlmodels.materializations.hooks import has_inside, run_inside, run_outside
from airflow_sqlmodels.materializations.main_statement import send_main, with_header
from airflow_sqlmodels.materializations.replacing import patience_of, replaced
from airflow_sqlmodels.materializations.writing import writing_of
from airflow_sqlmodels.publish.locks import Writing
from airflow_sqlmodels.publish.patience import SAVEPOINT, SAVEPOINT_NAME
from airflow_sqlmodels.warehouse.session import Outcome

_OTHER_COLUMNS = "42P16"  # invalid_table_definition: a column would change its name or type, or go


def view(build: Build) -> Built:
    """Make the view say what the model says."""
    run_outside(build, build.pre_hooks)
    with writing_of(build) as writing:
        run_inside(build, build.pre_hooks)
        outcome = _made(build, writing)
    run_outside(build, build.post_hooks)
    return Built(-1, outcome.status)


def _made(build: Build, writing: Writing) -> Outcome:
    if writing.existing is None:
        return _first(build)
    outcome = _in_place(build, writing.options) if writing.existing == "view" else None
    if outcome is not None:
        return outcome
    return replaced(build, writing, "view", lambda candidate: send_main(build, _statement(build, candidate)))


def _first(build: Build) -> Outcome:
    outcome = send_main(build, _statement(build, build.relation))
    _finish(build, [*comment_statements(build, build.relation, "view"), *grant_statements(build, build.relation)])
    return outcome


def _in_place(build: Build, options: str) -> Outcome | None:
    """`create or replace view`: its oid, grants, comments and readers stay. None if the columns do not allow it."""
    locking = build.dialect.locking
    statement = with_header(
        build, ddl.create_view(build.dialect, build.relation, build.select, replace=True, options=options)
    )
    budget = f"{SAVEPOINT};\n{locking.open_budget(build.rules.lock_budget)};\n{locking.within_budget()};\n"
    try:
        outcome = patience_of(build).keep_trying(
            str(build.relation),
            lambda: [build.dialect.render(build.relation)],
            lambda: send_main(build, budget + statement),
        )
    except WarehouseError as error:
        if error.sqlstate != _OTHER_COLUMNS:
            raise
        build.session.execute(f"rollback to {SAVEPOINT_NAME}")
        return None
    close = [locking.close_budget()] if has_inside(build.post_hooks) else []
    _finish(build, [*close, *comment_statements(build, build.relation, "view"), *regrant_statements(build)])
    return outcome


def _finish(build: Build, statements: list[str]) -> None:
    if statements:
        build.session.execute(";\n".join(statements))
    run_inside(build, build.post_hooks)


def _statement(build: Build, relation: Relation) -> str:
    return with_header(build, ddl.create_view(build.dialect, relation, build.select))
