"""view: replaced in place where Postgres allows that, else swapped like a table."""

from __future__ import annotations

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.contract import check_contract
from airflow_sqlmodels.materializations.creating import create_view, has_own_view
from airflow_sqlmodels.materializations.dressing import comment_statements, grant_statements, regrant_statements
from airflow_sqlmodels.materializations.hooks import has_inside, run_inside, run_outside
from airflow_sqlmodels.materializations.main_statement import send_main, with_header
from airflow_sqlmodels.materializations.one_statement import refuse_more_statements
from airflow_sqlmodels.materializations.own_dressing import dress
from airflow_sqlmodels.materializations.replacing import patience_of, replaced
from airflow_sqlmodels.materializations.writing import writing_of
from airflow_sqlmodels.publish.locks import Writing
from airflow_sqlmodels.publish.patience import SAVEPOINT, SAVEPOINT_NAME
from airflow_sqlmodels.warehouse.session import Outcome
from airflow_sqlmodels.warehouse.turns import undisturbed

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
    in_place = writing.existing == "view" and not has_own_view(build)
    outcome = _in_place(build, writing.options) if in_place else None
    if outcome is not None:
        return outcome
    return replaced(build, writing, "view", lambda candidate: send_main(build, create_view(build, candidate)))


def _first(build: Build) -> Outcome:
    outcome = send_main(build, create_view(build, build.relation))
    comments, grants = comment_statements(build, build.relation, "view"), grant_statements(build, build.relation)
    _finish(build, [*comments, *grants], rebuilt=True)
    return outcome


def _in_place(build: Build, options: str) -> Outcome | None:
    """`create or replace view`: its oid, grants, comments and readers stay. None if the columns do not allow it."""
    refuse_more_statements(build)
    check_contract(build)
    locking = build.dialect.locking
    statement = with_header(
        build, ddl.create_view(build.dialect, build.relation, build.select, replace=True, options=options)
    )
    budget = f"{SAVEPOINT};\n{locking.open_budget(build.rules.lock_budget)};\n{locking.within_budget()};\n"
    try:
        outcome = patience_of(build).keep_trying(
            str(build.relation),
            lambda: [build.dialect.render(build.relation)],
            lambda: _at_once(build, budget + statement),
        )
    except WarehouseError as error:
        if error.sqlstate != _OTHER_COLUMNS:
            raise
        build.session.execute(f"rollback to {SAVEPOINT_NAME}")
        return None
    close = [locking.close_budget()] if has_inside(build.post_hooks) else []
    comments = comment_statements(build, build.relation, "view")
    _finish(build, [*close, *comments, *regrant_statements(build)], rebuilt=False)
    return outcome


def _at_once(build: Build, statement: str) -> Outcome:
    with undisturbed():
        return send_main(build, statement)


def _finish(build: Build, statements: list[str], *, rebuilt: bool) -> None:
    if statements:
        with undisturbed():
            build.session.execute(";\n".join(statements))
    run_inside(build, build.post_hooks)
    dress(build, "view", rebuilt=rebuilt)
