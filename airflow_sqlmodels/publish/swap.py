"""Puts a candidate in the place of a relation while others read it: views first, under a lock budget.

A reader of a view locks the view first and the relation behind it second, so the publisher does too. It waits for locks
no longer than the budget; if that runs out it lets go, pauses and begins again, so readers never lose a conflict.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.dialects.indexes import IndexSpec
from airflow_sqlmodels.errors import PublishError, UnreachableError, WarehouseError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.publish.attached import Attached, attached, attached_to
from airflow_sqlmodels.publish.candidate import replaced_of
from airflow_sqlmodels.publish.carry import (
    before,
    candidate_name,
    references_back,
    references_checked,
    renames,
    sequences,
)
from airflow_sqlmodels.publish.dependents import Dependents, creations, dependents_of, drops, kind_of, name_of
from airflow_sqlmodels.publish.objections import refuse
from airflow_sqlmodels.publish.outgrown import Behind, farewell, left_behind, outgrown_of
from airflow_sqlmodels.publish.patience import SAVEPOINT, SAVEPOINT_NAME, Patience
from airflow_sqlmodels.publish.settle import after, is_needed
from airflow_sqlmodels.publish.wanted import Wanted
from airflow_sqlmodels.warehouse.turns import undisturbed


class Swap(Struct, frozen=True):
    """What takes whose place."""

    relation: Relation
    candidate: Relation
    kind: str
    """Of the candidate: table, view or materialized_view."""
    wanted: Wanted
    existed: bool
    """Whether anything had the relation's name when the writer's lock was taken."""
    writer: int
    """The number of the session that took that lock."""
    hooks: Callable[[], None] | None
    """Called in the same transaction, when the name means the new relation; None if there is nothing to call."""
    later: list[str]
    """SQL for after the commit is added here: it may fail without harm."""
    behind: Behind
    outgrown: list[int]
    """The number of the old relation is added here if views are left on it."""
    commits: bool
    """Whether the finished candidate is committed before it is published: not, if a pre-hook belongs to the build."""


class _ChangedMeanwhileError(Exception):
    """What hangs on the relation is no longer what it was when the candidate was made ready."""


class _UnfitError(PublishError):
    """Something that hangs on the relation does not go with its new columns."""


class _Found(Struct, frozen=True):
    """What there is to the old relation and the new one."""

    old: Attached
    new: Attached
    views: Dependents


def publish(patience: Patience, swap: Swap) -> None:
    """Make the candidate visible. The transaction stays open, for the caller to commit.

    Raises PublishError if others did not let it in time, or something cannot be carried over: then readers see what
    they saw before.
    """
    first, retyped = True, False
    while True:
        found = _look(patience, swap, retyped=retyped)
        _make_ready(patience, swap, found, first=first)
        if found is None:
            _name(patience, swap)
            return
        try:
            _exchange(patience, swap, found)
        except _UnfitError:
            # a view whose text does not go with the new types is better left to its own model, if the run builds that
            if retyped or not left_behind(found.old, found.new, swap.behind, retyped=True):
                raise
            patience.session.execute(f"rollback to {SAVEPOINT_NAME}")
            first, retyped = False, True
        except _ChangedMeanwhileError:
            patience.session.execute(f"rollback to {SAVEPOINT_NAME}")
            patience.log(f"somebody changed {swap.relation} or a view on it; looking again")
            first = False
        else:
            return


_NO_SUCH_TABLE = "42P01"  # undefined_table


def _look(patience: Patience, swap: Swap, *, retyped: bool) -> _Found | None:
    """What hangs on the old relation and on the candidate; None if there is no old one."""
    if not swap.existed:
        return None
    names = [patience.dialect.render(swap.relation)]
    old, new = patience.keep_trying(str(swap.relation), lambda: names, lambda: _found(patience, swap))
    assert new is not None, swap.candidate
    if old is None:
        return None
    left = left_behind(old, new, swap.behind, retyped=retyped)
    refuse(old, new, swap.wanted, swap.writer, left)
    return _Found(old, new, dependents_of(old, new, left))


def _found(patience: Patience, swap: Swap) -> list[Attached | None]:
    # a view that is dropped while the catalog is read breaks the query
    return attached(patience.session, patience.dialect, swap.relation, swap.candidate, [SAVEPOINT])


def _make_ready(patience: Patience, swap: Swap, found: _Found | None, *, first: bool) -> None:
    """Put on the candidate all that can be before it is seen."""
    dialect, session = patience.dialect, patience.session
    if found is not None:
        _send(patience, swap, before(found.old, found.new, swap.wanted, dialect))
    statements: list[str] = []
    if first:
        statements.extend(_index(dialect, swap, spec) for spec in swap.wanted.indexes)
        statements.extend(swap.wanted.statements)
    if swap.kind != "view":
        statements.append(f"analyze {dialect.render(swap.candidate)}")
    if swap.commits:
        session.commit(after=";\n".join(statements))
    elif statements:
        session.execute(";\n".join(statements))


def _send(patience: Patience, swap: Swap, statements: Iterable[str]) -> None:
    """Send what carries over the old relation's belongings."""
    text = ";\n".join(statements)
    if not text:
        return
    try:
        patience.session.execute(text)
    except UnreachableError:
        raise
    except WarehouseError as error:
        raise _UnfitError(
            f"what hangs on {swap.relation} cannot be carried over to its new rows: {error.what}",
            None,
            "; ".join(filter(None, (error.hint, "change or drop it first; nothing was changed"))),
        ) from error


def _index(dialect: Dialect, swap: Swap, spec: IndexSpec) -> str:
    return spec.statement(swap.candidate, dialect, candidate_name(dialect, spec.name(swap.relation, dialect)))


def _name(patience: Patience, swap: Swap) -> None:
    """Nobody reads anything of that name yet: give it to the candidate."""
    dialect = patience.dialect
    rename = ddl.rename(dialect, swap.candidate, swap.kind, swap.relation.identifier)
    patience.session.execute(";\n".join((rename, *_index_renames(dialect, swap), *swap.wanted.renames)))
    if swap.hooks is not None:
        swap.hooks()


def _exchange(patience: Patience, swap: Swap, found: _Found) -> None:
    """From the first lock to the last statement before the commit."""
    dialect, session, wanted = patience.dialect, patience.session, swap.wanted
    old, new, views = found.old, found.new, found.views
    patience.keep_trying(
        str(swap.relation), lambda: _names(dialect, swap, views), lambda: _try(patience, swap, old, views)
    )
    statements = [
        *_replacement(dialect, swap, old, views),
        *renames(old, new, wanted, dialect),
        *_index_renames(dialect, swap),
        *wanted.renames,
        *(after(old, new, wanted, dialect) if swap.hooks is None else ()),
        dialect.locking.close_budget(),
    ]
    with undisturbed():
        _send(patience, swap, statements)
    if swap.hooks is not None:
        swap.hooks()
        if is_needed(old, new, wanted, dialect):
            _send(patience, swap, after(old, attached_to(session, dialect, swap.relation), wanted, dialect))
    _send(patience, swap, references_back(old, dialect))
    if views.left:
        swap.outgrown.append(old.oid)
        names = ", ".join(f"{view.schema}.{view.name}" for view in views.left)
        patience.log(f"until it is built itself, {names} shows the rows that {swap.relation} had before")
    swap.later.extend(references_checked(old, dialect))


def _try(patience: Patience, swap: Swap, old: Attached, views: Dependents) -> None:
    """Take all locks, and see whether everything is as it was. Readers are let in again if a lock is not to be had."""
    dialect, locking = patience.dialect, patience.dialect.locking
    tables = [dialect.render(each) for each, is_table in _tables(swap, old) if is_table]
    begin = SAVEPOINT
    if tables:
        begin += f";\n{locking.keep_maintenance_off(tables, patience.rules.timeout)}"
    locks = [
        *(locking.hold(name_of(view, dialect), kind_of(view), view.owner) for view in views.locked()),
        *dict.fromkeys(locking.hold(each.table, "table", "") for each in old.referenced_by),
        locking.hold(dialect.render(swap.relation), dialect.kinds[old.kind], old.owner),
    ]
    statements = [locking.open_budget(patience.rules.lock_budget)]
    for lock in locks:
        statements += (locking.within_budget(), lock)
    try:
        patience.session.execute(begin)  # upkeep may take its time, the rest does not
        with undisturbed():
            found = attached_to(patience.session, dialect, swap.relation, statements)
    except WarehouseError as error:
        if error.sqlstate != _NO_SUCH_TABLE:
            raise
        # a view that was dropped, or a table with a foreign key that has just got its final name
        raise _ChangedMeanwhileError from error
    if found != old:
        raise _ChangedMeanwhileError


def _tables(swap: Swap, old: Attached) -> Iterable[tuple[Relation, bool]]:
    return (swap.relation, old.kind == "r"), (swap.candidate, swap.kind == "table")


def _replacement(dialect: Dialect, swap: Swap, old: Attached, views: Dependents) -> Iterable[str]:
    """The statements that take milliseconds: nobody else is there any more."""
    kind = dialect.kinds[old.kind]
    aside = outgrown_of(swap.relation, old.oid, dialect) if views.left else replaced_of(swap.relation, dialect)
    return (
        *drops(views, dialect),
        *(f"alter table {each.table} drop constraint {dialect.quote(each.name)}" for each in old.referenced_by),
        ddl.rename(dialect, swap.relation, kind, aside.identifier),
        *(farewell(old, aside, dialect) if views.left else ()),
        ddl.rename(dialect, swap.candidate, swap.kind, swap.relation.identifier),
        *creations(views, dialect),
        *sequences(old, dialect.render(Relation("", swap.relation.schema, swap.relation.identifier)), dialect),
        # without cascade: if something unknown hangs on it, nothing happens at all
        *(() if views.left else (f"drop {ddl.word(kind)} {dialect.render(aside)}",)),
    )


def _index_renames(dialect: Dialect, swap: Swap) -> Iterator[str]:
    """SQL that gives the indexes of the config their names."""
    for spec in swap.wanted.indexes:
        name = spec.name(swap.relation, dialect)
        yield ddl.rename_index(dialect, swap.relation.schema, candidate_name(dialect, name), name)


def _names(dialect: Dialect, swap: Swap, views: Dependents) -> list[str]:
    relation = Relation("", swap.relation.schema, swap.relation.identifier)
    return [dialect.render(relation), *(name_of(view, dialect) for view in (*views.kept, *views.remade))]
