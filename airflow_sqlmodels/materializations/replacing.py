"""Makes a new relation beside the old one and publishes it: what tables, seeds and others have in common."""

from __future__ import annotations

from collections.abc import Callable, Collection

from msgspec import structs

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.materializations.dressing import wanted_of
from airflow_sqlmodels.materializations.hooks import has_inside, run_inside
from airflow_sqlmodels.materializations.own_dressing import MACROS, dress, has_own
from airflow_sqlmodels.publish.attached import attached_to
from airflow_sqlmodels.publish.candidate import candidate_of
from airflow_sqlmodels.publish.locks import Writing
from airflow_sqlmodels.publish.patience import Patience
from airflow_sqlmodels.publish.swap import Swap, publish
from airflow_sqlmodels.publish.wanted import Wanted
from airflow_sqlmodels.warehouse.session import Outcome


def replaced(build: Build, writing: Writing, kind: str, make: Callable[[Relation], Outcome]) -> Outcome:
    """What `make` gave, which is told the candidate's name. In-transaction pre-hooks have run; post-hooks run here.

    The candidate is committed before it is published, and stays if that fails. With an in-transaction pre-hook, or a
    template that wrote something, it is all one transaction: what these did must not stay without the rows.
    """
    candidate = candidate_of(build.relation, build.dialect)
    if writing.leftover is not None:
        build.session.execute(ddl.drop(build.dialect, candidate, writing.leftover))
    outcome = make(candidate)
    swap = structs.replace(
        _swap(build, writing, candidate, kind, wanted_of(build, candidate, kind)),
        hooks=_last_words(build, kind),
        commits=not (build.begun or has_inside(build.pre_hooks)),
    )
    publish(patience_of(build), swap)
    return outcome


def without_columns(build: Build, writing: Writing, gone: Collection[str]) -> None:
    """The same rows without these columns, as a new table: views that need them are left on the old one.

    All in the open transaction. Raises PublishError if something does not let it.
    """
    candidate, dialect = candidate_of(build.relation, build.dialect), build.dialect
    there = attached_to(build.session, dialect, build.relation)
    kept = [column.name for column in there.columns if column.name not in gone]
    select = f"select {', '.join(map(dialect.quote, kept))} from {dialect.render(build.relation)}"
    indexes = tuple(each for each in wanted_of(build, candidate, "table").indexes if set(each.columns) <= set(kept))
    if writing.leftover is not None:
        build.session.execute(ddl.drop(dialect, candidate, writing.leftover))
    build.session.execute(dialect.create_table_as(candidate, select, unlogged=bool(build.config.get("unlogged"))))
    publish(patience_of(build), _swap(build, writing, candidate, "table", Wanted(indexes)))


def _swap(build: Build, writing: Writing, candidate: Relation, kind: str, wanted: Wanted) -> Swap:
    """In the transaction that is open, without hooks."""
    return Swap(
        relation=build.relation,
        candidate=candidate,
        kind=kind,
        wanted=wanted,
        existed=writing.existing is not None,
        writer=writing.session,
        hooks=None,
        later=build.later,
        behind=build.behind,
        outgrown=build.outgrown,
        commits=False,
    )


def _last_words(build: Build, kind: str) -> Callable[[], None] | None:
    """Hooks and the project's own macros, which see the new relation under its name; None if there are none."""
    if not has_inside(build.post_hooks) and not any(has_own(build, name) for name in MACROS):
        return None

    def run() -> None:
        run_inside(build, build.post_hooks)
        dress(build, kind, rebuilt=True)

    return run


def patience_of(build: Build) -> Patience:
    """How patient this build is with others."""
    return Patience(build.session, build.dialect, build.rules, build.log)
