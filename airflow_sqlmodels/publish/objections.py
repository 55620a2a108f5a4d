"""What cannot be carried over: then nothing is changed, and the message names it."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from airflow_sqlmodels.errors import PublishError
from airflow_sqlmodels.publish.attached import Attached
from airflow_sqlmodels.publish.carry import constraints_to_carry
from airflow_sqlmodels.publish.wanted import Wanted


def refuse(old: Attached, new: Attached, wanted: Wanted, writer: int, left: Collection[int] = ()) -> None:
    """Raises PublishError with all that keeps the new relation from taking the old one's place.

    `writer` is the number of the session that took the writer's lock; `left` are the views that nothing happens to.
    """
    if old.session != writer:
        raise PublishError(
            "the connection's transactions go to several sessions of the server, so that no lock holds between them",
            None,
            "connect past the pooler, or let it pool sessions instead of transactions",
        )
    of_views = list(_of_views(old, new, left))
    found = [*_of_relation(old), *_of_columns(old, new), *of_views]
    if new.kind != "r":
        found.extend(_of_table(old, new, wanted))
        found.extend(f"the foreign key {each.name!r} of {each.table} cannot point to it" for each in old.referenced_by)
    if found:
        anew = "build views of the project in the same run, or " if of_views else ""
        raise PublishError(
            f"{old.schema}.{old.name} cannot be replaced without loss:" + "".join(f"\n  - {each}" for each in found),
            None,
            f"{anew}remove or change these first; nothing was changed",
        )


def _of_relation(old: Attached) -> Iterator[str]:
    if not old.ours:
        yield f"it belongs to {old.owner!r}: only its owner may replace it"
    if old.kind in _STRANGE:
        yield f"it is a {_STRANGE[old.kind]}"
    if old.extension is not None:
        yield f"it is part of the extension {old.extension!r}"
    yield from (f"it inherits from {each}, or is a partition of it" for each in old.parents)
    yield from (f"{each} inherits from it" for each in old.children)
    for each in old.referenced_by:
        if each.kind != "r" or not each.ours:
            why = "partitioned" if each.ours else "another owner's"
            yield f"the foreign key {each.name!r} of {each.table}, which is {why}, points to it"
    yield from (f"{each} depends on it" for each in old.others)


_STRANGE = {"p": "partitioned table", "f": "foreign table"}


def _of_columns(old: Attached, new: Attached) -> Iterator[str]:
    kept = {column.name for column in new.columns}
    for each in old.sequences:
        if each.identity or each.column not in kept or new.kind != "r":
            yield f"the sequence {each.name} belongs to its column {each.column!r}"
    for index in old.indexes:
        if index.replica_identity and not kept.issuperset(index.uses):
            yield f"its replica identity {index.name!r} needs a column that goes"


def _of_views(old: Attached, new: Attached, left: Collection[int]) -> Iterator[str]:
    kept = {column.name for column in new.columns}
    for view in old.views:
        if view.oid in left:
            continue
        name = f"the {'materialized ' if view.kind == 'm' else ''}view {view.schema}.{view.name}"
        yield from (f"{name} needs the column {each!r}, which goes" for each in view.uses if each not in kept)
        if view.direct and not view.ours:
            yield f"{name} belongs to {view.owner!r}: grant that role to this one, so that it may be carried over"


def _of_table(old: Attached, new: Attached, wanted: Wanted) -> Iterator[str]:
    """What only a table can have."""
    yield from (f"its row-level security policy {each.name!r} has no place on a view" for each in old.policies)
    yield from (f"its trigger {each.name!r} has no place on a view" for each in old.triggers if old.kind == "r")
    yield from (f"the publication {each.name!r} cannot list a view" for each in old.publications)
    kept = {name for name, _ in constraints_to_carry(old, new, wanted)}
    keys = [each.name for each in old.constraints if each.kind == "f"]
    yield from (f"its foreign key {each!r} has no place on a view" for each in keys if each in kept)
