"""The views above a relation: how each lives on when the relation is replaced.

A view that names the relation keeps its oid: it is made again by its own text (`create or replace view`), which by then
means the new relation. Grants, comments and views above it are not touched. Where a column that it uses changed its
type, or the view is a materialized one, that cannot be: then it and all views above it are dropped and made again with
all that hung on them, in the same transaction. Materialized views are filled again in it, and readers wait for that.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator

from msgspec import Struct

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.publish.attached import Attached, View
from airflow_sqlmodels.publish.carry import grants_of, seen
from airflow_sqlmodels.publish.settle import rules, triggers


class Dependents(Struct, frozen=True):
    """The views that a swap must deal with, by what happens to them; outermost first."""

    kept: tuple[View, ...]
    """Made again in place."""
    remade: tuple[View, ...]
    """Dropped and made again."""
    left: tuple[View, ...] = ()
    """Left on the old relation, as the run makes them anew itself."""

    def locked(self) -> list[View]:
        """In the order in which to lock them: readers lock the outer view first. Equals by chance, so that a reader who
        meets one try in the wrong order does not meet the next one so too."""
        views = [*self.kept, *self.remade]
        random.shuffle(views)
        return sorted(views, key=lambda view: -view.level)


def dependents_of(old: Attached, new: Attached, left: Collection[int]) -> Dependents:
    """Which views are concerned, and how. `left` are the oids of those that stay on the old relation."""
    remade = remade_for(old, changed_columns(old, new), left=left, materialized=True).remade
    others = {*left, *(view.oid for view in remade)}
    kept = [view for view in old.views if view.direct and view.oid not in others]
    return Dependents(_outermost_first(kept), remade, tuple(view for view in old.views if view.oid in left))


def changed_columns(old: Attached, new: Attached) -> list[str]:
    """The columns that go, or get another type."""
    now = {column.name: (column.type, column.collation) for column in new.columns}
    return [column.name for column in old.columns if now.get(column.name) != (column.type, column.collation)]


def remade_for(
    old: Attached, changed: Collection[str], *, left: Collection[int] = (), materialized: bool = False
) -> Dependents:
    """The views that must be made again because columns change, and those above them; `materialized` ones anyhow."""
    remade: dict[int, View] = {}
    for view in old.views:  # by level: what a view reads comes before it
        if view.oid in left:
            continue
        hit = view.direct and (not set(changed).isdisjoint(view.uses) or (materialized and view.kind == "m"))
        if hit or not remade.keys().isdisjoint(view.reads):
            remade[view.oid] = view
    return Dependents((), _outermost_first(remade.values()))


def name_of(view: View, dialect: Dialect) -> str:
    """The view's name as it stands in SQL."""
    return f"{dialect.quote(view.schema)}.{dialect.quote(view.name)}"


def kind_of(view: View) -> str:
    """`view` or `materialized view`."""
    return "materialized view" if view.kind == "m" else "view"


def drops(views: Dependents, dialect: Dialect) -> Iterator[str]:
    """SQL that drops what is to be made again."""
    for view in views.remade:
        yield f"drop {kind_of(view)} {name_of(view, dialect)}"


def creations(views: Dependents, dialect: Dialect) -> Iterator[str]:
    """SQL that makes all of them, when the names in them mean the new relations: innermost first."""
    remade = {view.oid for view in views.remade}
    for view in sorted((*views.kept, *views.remade), key=lambda each: (each.level, each.oid)):
        options = ddl.with_options(", ".join(view.options))
        if view.oid not in remade:
            yield f"create or replace view {name_of(view, dialect)}{options} as {view.definition}"
        else:
            yield from _remade(view, options, dialect)


def _remade(view: View, options: str, dialect: Dialect) -> Iterator[str]:
    name, kind = name_of(view, dialect), kind_of(view)
    unfilled = " with no data" if view.kind == "m" and not view.populated else ""
    yield f"create {kind} {name}{options} as {view.definition}{unfilled}"
    # before the grants: a new owner takes what the old one was granted
    yield f"alter {kind} {name} owner to {dialect.quote(view.owner)}"
    for index in view.indexes:
        unique = "unique " if index.unique else ""
        yield f"create {unique}index {dialect.quote(index.name)} on {name} {index.tail}"
    for column in view.columns:
        if column.default is not None:
            yield f"alter view {name} alter column {dialect.quote(column.name)} set default {column.default}"
    yield from rules(view.rules, (), name, dialect)
    yield from triggers(view.triggers, (), name, dialect)
    yield from seen(view, name, view.kind, dialect, [column.name for column in view.columns])
    if view.defaults:
        yield f"revoke all on {name} from {ddl.roles(dialect, view.defaults)}"
    yield from grants_of(view.grants, name, dialect)


def _outermost_first(views: Iterable[View]) -> tuple[View, ...]:
    return tuple(sorted(views, key=lambda view: -view.level))
