"""What hangs on a table or view, read in one query. What becomes of it is decided in `carry` and `objections`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.warehouse.session import Session

Grant = tuple[str | None, str, bool]
"""Grantee (None is everybody), privilege, whether it may be handed on."""


class Record:
    """A dataclass that is read from a JSON object: lists as tuples, null lists as empty ones."""

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> Self:
        """The record of these values; keys it does not have are left out."""
        return cls(**{each.name: _frozen(cls, each.name, found.get(each.name)) for each in fields(cls)})  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Column(Record):
    """A column with what can be set on it."""

    name: str
    type: str
    """With its size: `numeric(10,2)`."""
    collation: int | None
    not_null: bool
    comment: str | None
    default: str | None
    identity: bool
    statistics: int | None
    storage: str | None
    options: tuple[str, ...]
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class Index(Record):
    """An index, and the constraint it serves if it does."""

    name: str
    tail: str
    """What stands behind the names in its definition: `USING btree (id)`."""
    unique: bool
    method: str
    columns: tuple[str, ...] | None
    """Its plain columns; None if it has expressions, a condition or included columns."""
    uses: tuple[str, ...]
    """The columns without which it cannot be."""
    valid: bool
    clustered: bool
    replica_identity: bool
    comment: str | None
    constraint: str | None
    constraint_kind: str | None
    """`p` primary key, `u` unique, `x` exclusion."""
    constraint_def: str | None


@dataclass(frozen=True, slots=True)
class Constraint(Record):
    """A check (`c`) or foreign key (`f`)."""

    name: str
    kind: str
    definition: str
    uses: tuple[str, ...]
    comment: str | None


@dataclass(frozen=True, slots=True)
class Trigger(Record):
    """A trigger or rule; its definition names the relation."""

    name: str
    definition: str
    enabled: str
    """`O` as usual, `D` disabled, `R` on replicas, `A` always."""


@dataclass(frozen=True, slots=True)
class Policy(Record):
    """A row-level security policy."""

    name: str
    permissive: bool
    command: str
    roles: tuple[str | None, ...]
    using: str | None
    check: str | None


@dataclass(frozen=True, slots=True)
class Publication(Record):
    """A publication that lists the table."""

    name: str
    filter: str | None
    columns: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class Statistics(Record):
    """Extended statistics."""

    name: str
    schema: str
    uses: tuple[str, ...]
    definition: str
    """Between the name and `from`: `(ndistinct) ON a, b`."""


@dataclass(frozen=True, slots=True)
class View(Record):
    """A view or materialized view that stands on the relation, directly or on another view."""

    schema: str
    name: str
    oid: int
    kind: str
    owner: str
    ours: bool
    """Whether this session may change it: it has the owner's rights."""
    comment: str | None
    options: tuple[str, ...]
    granted: bool
    grants: tuple[Grant, ...]
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...]
    triggers: tuple[Trigger, ...]
    rules: tuple[Trigger, ...]
    labels: tuple[tuple[str, str, str | None], ...]
    level: int
    """1 directly on the relation, 2 on a view of level 1…; the highest if there are several ways."""
    direct: bool
    """Whether its own definition names the relation."""
    definition: str
    populated: bool
    defaults: tuple[str | None, ...]
    """Who is granted something on a new view of this session there, by default privileges."""
    uses: tuple[str, ...]
    """The columns of the relation that it names itself."""
    reads: tuple[int, ...]
    """The oids of what it reads."""


@dataclass(frozen=True, slots=True)
class Attached(Record):
    """A relation and all that hangs on it."""

    session: int
    """The number of the session at the server."""
    schema: str
    name: str
    oid: int
    kind: str
    owner: str
    ours: bool
    """Whether this session may change it: it has the owner's rights."""
    comment: str | None
    options: tuple[str, ...]
    granted: bool
    grants: tuple[Grant, ...]
    columns: tuple[Column, ...]
    indexes: tuple[Index, ...]
    triggers: tuple[Trigger, ...]
    rules: tuple[Trigger, ...]
    labels: tuple[tuple[str, str, str | None], ...]
    views: tuple[View, ...]
    constraints: tuple[Constraint, ...]
    policies: tuple[Policy, ...]
    row_security: bool
    force_row_security: bool
    publications: tuple[Publication, ...]
    replica_identity: str
    extended_statistics: tuple[Statistics, ...]
    toast_options: tuple[str, ...]
    tablespace: str | None
    method: str | None
    referenced_by: tuple[Mapping[str, str], ...]
    parents: tuple[str, ...]
    children: tuple[str, ...]
    sequences: tuple[str, ...]
    extension: str | None
    others: tuple[str, ...]
    """What else depends on it, in the warehouse's words: `function g(t)`."""


def attached(session: Session, dialect: Dialect, first: Relation, second: Relation) -> list[Attached | None]:
    """What there is to each of two relations, which may be the same; None for one that does not exist."""
    names = dialect.attached_names(first, second)
    rows = session.query_prepared("sqlmodels_attached", dialect.attached_query(), names).rows
    found = {(schema, name): Attached.read(json.loads(text)) for schema, name, text in rows}
    return [found.get(relation.key) for relation in (first, second)]


def attached_to(session: Session, dialect: Dialect, relation: Relation) -> Attached:
    """What there is to a relation that exists."""
    found, _ = attached(session, dialect, relation, relation)
    assert found is not None, relation
    return found


_RECORDS: dict[str, type[Record]] = {
    "indexes": Index,
    "triggers": Trigger,
    "rules": Trigger,
    "views": View,
    "constraints": Constraint,
    "policies": Policy,
    "publications": Publication,
    "extended_statistics": Statistics,
}
_LISTS = frozenset(
    [
        "options",
        "grants",
        "labels",
        "uses",
        "reads",
        "roles",
        "toast_options",
        "referenced_by",
        "parents",
        "children",
        "sequences",
        "others",
    ]
)


def _frozen(record: type[Record], name: str, value: Any) -> Any:
    if name == "columns" and record in (Attached, View):
        return tuple(map(Column.read, value or ()))
    if name in _RECORDS:
        return tuple(map(_RECORDS[name].read, value or ()))
    if name in _LISTS:
        return tuple(tuple(each) if isinstance(each, list) else each for each in value or ())
    return tuple(value) if isinstance(value, list) else value
