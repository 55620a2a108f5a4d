"""materialized_view: refreshed while its definition stays, else made anew; its indexes follow the config.

Making it anew is a swap, as for a table. Readers of one that is refreshed wait for the rows, as Postgres has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.dialects.indexes import IndexSpec
from airflow_sqlmodels.errors import FailFastError, ProjectError, UnreachableError, WarehouseError, closest
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.dressing import comment_statements, indexes_of, regrant_statements
from airflow_sqlmodels.materializations.hooks import run_inside, run_outside
from airflow_sqlmodels.materializations.main_statement import send_main, with_header
from airflow_sqlmodels.materializations.one_statement import refuse_more_statements
from airflow_sqlmodels.materializations.own_dressing import dress
from airflow_sqlmodels.materializations.replacing import patience_of, replaced
from airflow_sqlmodels.materializations.writing import writing_of
from airflow_sqlmodels.publish.attached import Index, attached_to
from airflow_sqlmodels.publish.locks import Writing
from airflow_sqlmodels.publish.patience import SAVEPOINT, SAVEPOINT_NAME
from airflow_sqlmodels.warehouse.session import Outcome

_KIND = "materialized_view"
_CHOICES = ("apply", "continue", "fail")


def materialized_view(build: Build) -> Built:
    """Refresh the view; make it anew the first time, on a full refresh, or over something else."""
    choice = _choice(build)
    run_outside(build, build.pre_hooks)
    with writing_of(build) as writing:
        refresh = writing.existing == _KIND and not build.full_refresh
        changes = list(_index_changes(build)) if refresh else []
        if changes and choice != "apply":
            outcome = _kept(build, choice)
        else:
            run_inside(build, build.pre_hooks)
            stays = refresh and _says_the_same(build)
            outcome = _refreshed(build, changes) if stays else _made(build, writing)
    run_outside(build, build.post_hooks)
    return Built(outcome.rows, outcome.status)


def _says_the_same(build: Build) -> bool:
    """Whether the view that is there is what the model would give now: the warehouse itself writes both down.

    It is not where the model was edited, where `*` means other columns by now, and where it reads an old relation on
    which it was left.
    """
    refuse_more_statements(build)
    asked = with_header(build, build.dialect.same_view(build.select, build.relation))
    same = False
    try:
        ((same,),) = build.session.query(f"{SAVEPOINT};\n{asked}").rows
    except UnreachableError:
        raise
    except WarehouseError:
        pass  # making it anew says where and why
    build.session.execute(f"rollback to {SAVEPOINT_NAME}")
    return bool(same)


def _choice(build: Build) -> str:
    said = str(build.config.get("on_configuration_change") or "apply")
    if said not in _CHOICES:
        raise ProjectError(f"on_configuration_change: {said!r} is not known", build.node.at, closest(said, _CHOICES))
    return said


def _made(build: Build, writing: Writing) -> Outcome:
    """A new view in the place of what is there."""
    refuse_more_statements(build)
    _tell(build, "REPLACE" if writing.existing else "CREATE")
    return replaced(
        build,
        writing,
        _KIND,
        lambda candidate: send_main(
            build, with_header(build, ddl.create_materialized_view(build.dialect, candidate, build.select))
        ),
    )


def _kept(build: Build, choice: str) -> Outcome:
    """The view as it is: as in dbt it is not refreshed either. Raises FailFastError if that is a mistake."""
    name = build.dialect.render(build.relation)
    what = (
        f"Configuration changes were identified and `on_configuration_change` was set to `{choice}` for `{name}`, "
        "which has other indexes than its config"
    )
    hint = "set it to 'apply', or rebuild the view with --full-refresh"
    if choice == "fail":
        raise FailFastError(what, build.node.at, hint)
    build.warn(f"{what}: it is not refreshed; {hint}")
    return Outcome(-1, f"skip {name}")


def _refreshed(build: Build, changes: Sequence[str]) -> Outcome:
    """New rows in the view that is there, whose indexes change first."""
    _tell(build, "ALTER" if changes else "REFRESH")
    if changes:
        build.session.execute(";\n".join(changes))
    outcome = build.session.execute(f"refresh materialized view {build.dialect.render(build.relation)}")
    statements = [*comment_statements(build, build.relation, _KIND), *regrant_statements(build)]
    if statements:
        build.session.execute(";\n".join(statements))
    run_inside(build, build.post_hooks)
    dress(build, _KIND, rebuilt=False)
    return outcome


def _tell(build: Build, change: str) -> None:
    build.note(f"Applying {change} to: {build.dialect.render(build.relation)}")


def _index_changes(build: Build) -> Iterator[str]:
    """SQL that makes the view's indexes those of the config.

    They are compared by what they are; those with expressions, which the warehouse writes in its own way, by name.
    """
    dialect = build.dialect
    found = patience_of(build).keep_trying(
        str(build.relation),
        lambda: [dialect.render(build.relation)],
        lambda: attached_to(build.session, dialect, build.relation, [SAVEPOINT]),
    )
    wanted = indexes_of(build)
    named = {spec.name(build.relation, dialect): spec for spec in wanted if spec.expressions}
    there = {named.get(index.name) or _spec(index): index for index in found.indexes}
    for spec, index in there.items():
        if spec not in wanted:
            yield f"drop index {dialect.quote(build.relation.schema)}.{dialect.quote(index.name)}"
    for spec in wanted:
        if spec not in there:
            yield spec.statement(build.relation, dialect, spec.name(build.relation, dialect))


def _spec(index: Index) -> IndexSpec:
    # one with expressions or a condition is not what the config asks for, where it has another name
    return IndexSpec(index.columns or (f"\x00{index.name}",), index.unique, index.method)
