"""Old relations that stay for a while, because views need what the new ones no longer have.

A view that the run is about to make anew is left on the old relation, which gets another name: its readers find the old
rows until the view itself is replaced, and never find it missing. Nothing reads the old relation then, and it is
dropped: at the end of the run, or by the next build of its model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.dialects.locking import OID_DIGITS, OUTGROWN
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.publish.attached import Attached, View
from airflow_sqlmodels.publish.dependents import changed_columns, remade_for

Behind = Callable[[], Collection[tuple[str, str]]]
"""Gives the relations, by schema and name, that the run makes anew behind the one in hand."""


def outgrown_of(relation: Relation, oid: int, dialect: Dialect) -> Relation:
    """What the old relation is called while views are left on it: `fct_orders__outgrown_0000016423`."""
    return relation.named(dialect.fit(relation.identifier, _suffix(oid)))


def beginning_of(relation: Relation, dialect: Dialect) -> str:
    """How the names begin that old ones of this relation have got; their number is all that follows."""
    return dialect.fit(relation.identifier, _suffix(0)).removesuffix(_number(0))


def _number(oid: int) -> str:
    return f"{oid:0{OID_DIGITS}}"


def _suffix(oid: int) -> str:
    return OUTGROWN + _number(oid)


def left_behind(old: Attached, new: Attached, behind: Behind, *, retyped: bool) -> frozenset[int]:
    """The oids of the views that are left on the old relation.

    These are views of the run that need a column which goes; with `retyped`, or one that gets another type.
    """
    changed = set(changed_columns(old, new)) if retyped else _lost_columns(old, new)
    needing = [view for view in old.views if not changed.isdisjoint(view.uses)]
    if not needing:
        return frozenset()
    known = behind()
    left = {view.oid for view in needing if may_stay(view, known)}
    while blocked := set(_blocking(old, new, left)):  # a view that is left keeps what it reads from being made again
        found = {view.oid for view in old.views if view.oid in blocked and may_stay(view, known)}
        if found != blocked:
            return frozenset()
        left |= found
    return frozenset(left)


def _lost_columns(old: Attached, new: Attached) -> set[str]:
    return {column.name for column in old.columns}.difference(column.name for column in new.columns)


def may_stay(view: View, known: Collection[tuple[str, str]]) -> bool:
    """Whether a view can be left on an old relation; `known` are those that the run makes anew."""
    return (view.schema, view.name) in known


def _blocking(old: Attached, new: Attached, left: Collection[int]) -> Iterator[int]:
    remade = {view.oid for view in remade_for(old, changed_columns(old, new), left=left, materialized=True).remade}
    for view in old.views:
        if view.oid in left:
            yield from remade.intersection(view.reads)


def farewell(old: Attached, aside: Relation, dialect: Dialect) -> Iterator[str]:
    """SQL that takes from the old relation, under its other name, what the new one needs."""
    suffix = _suffix(old.oid)
    for index in old.indexes:
        yield ddl.rename_index(dialect, old.schema, index.name, dialect.fit(index.name, suffix))
    for each in old.extended_statistics:
        name = f"{dialect.quote(each.schema)}.{dialect.quote(each.name)}"
        yield f"alter statistics {name} rename to {dialect.quote(dialect.fit(each.name, suffix))}"
    for publication in old.publications:
        yield f"alter publication {dialect.quote(publication.name)} drop table {dialect.render(aside)}"
