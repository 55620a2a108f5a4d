"""What hangs on a table or view, read in one query. What becomes of it is decided in `carry` and `objections`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.warehouse.session import Session

Grant = tuple[str | None, str, bool]
"""Grantee (None is everybody), privilege, whether it may be handed on."""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What is read from a JSON object, which says nothing of what is null or empty."""


class Column(Record, frozen=True, kw_only=True):
    """A column with what can be set on it."""

    name: str
    type: str
    """With its size: `numeric(10,2)`."""
    collation: int | None = None
    not_null: bool
    comment: str | None = None
    default: str | None = None
    identity: bool
    statistics: int | None = None
    storage: str | None = None
    options: tuple[str, ...] = ()
    grants: tuple[Grant, ...] = ()


class Index(Record, frozen=True, kw_only=True):
    """An index, and the constraint it serves if it does."""

    name: str
    tail: str
    """What stands behind the names in its definition: `USING btree (id)`."""
    unique: bool
    method: str
    columns: tuple[str, ...] | None = None
    """Its plain columns; None if it has expressions, a condition or included columns."""
    uses: tuple[str, ...] = ()
    """The columns without which it cannot be."""
    valid: bool
    clustered: bool
    replica_identity: bool
    comment: str | None = None
    constraint: str | None = None
    constraint_kind: str | None = None
    """`p` primary key, `u` unique, `x` exclusion."""
    constraint_def: str | None = None


class Constraint(Record, frozen=True, kw_only=True):
    """A check (`c`) or foreign key (`f`)."""

    name: str
    kind: str
    definition: str
    uses: tuple[str, ...] = ()
    comment: str | None = None


class Trigger(Record, frozen=True, kw_only=True):
    """A trigger or rule; its definition names the relation."""

    name: str
    definition: str
    enabled: str
    """`O` as usual, `D` disabled, `R` on replicas, `A` always."""


class Policy(Record, frozen=True, kw_only=True):
    """A row-level security policy."""

    name: str
    permissive: bool
    command: str
    roles: tuple[str | None, ...] = ()
    using: str | None = None
    check: str | None = None


class Publication(Record, frozen=True, kw_only=True):
    """A publication that lists the table."""

    name: str
    filter: str | None = None
    columns: tuple[str, ...] | None = None


class Reference(Record, frozen=True, kw_only=True):
    """A foreign key of another table that points to the relation."""

    name: str
    table: str
    """The other table, as SQL names it."""
    definition: str
    ours: bool
    """Whether this session may change the other table."""
    kind: str


class OwnedSequence(Record, frozen=True, kw_only=True):
    """A sequence that is dropped with one of the columns."""

    name: str
    """As SQL names it."""
    column: str
    identity: bool
    """Whether the column is `generated as identity`: then it cannot belong to another."""


class Statistics(Record, frozen=True, kw_only=True):
    """Extended statistics."""

    name: str
    schema: str
    uses: tuple[str, ...] = ()
    definition: str
    """Between the name and `from`: `(ndistinct) ON a, b`."""


class _Held(Record, frozen=True, kw_only=True):
    """What is to be known of a relation, whether it is replaced or stands on one that is."""

    schema: str
    name: str
    oid: int
    kind: str
    owner: str
    ours: bool
    """Whether this session may change it: it has the owner's rights."""
    comment: str | None = None
    options: tuple[str, ...] = ()
    granted: bool
    grants: tuple[Grant, ...] = ()
    columns: tuple[Column, ...] = ()
    indexes: tuple[Index, ...] = ()
    triggers: tuple[Trigger, ...] = ()
    rules: tuple[Trigger, ...] = ()
    labels: tuple[tuple[str, str, str | None], ...] = ()


class View(_Held, frozen=True, kw_only=True):
    """A view or materialized view that stands on the relation, directly or on another view."""

    level: int
    """1 directly on the relation, 2 on a view of level 1…; the highest if there are several ways."""
    direct: bool
    """Whether its own definition names the relation."""
    definition: str
    populated: bool
    defaults: tuple[str | None, ...] = ()
    """Who is granted something on a new view of this session there, by default privileges."""
    uses: tuple[str, ...] = ()
    """The columns of the relation that it names itself."""
    reads: tuple[int, ...] = ()
    """The oids of what it reads."""


class Attached(_Held, frozen=True, kw_only=True):
    """A relation and all that hangs on it."""

    session: int
    """The number of the session at the server."""
    views: tuple[View, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    policies: tuple[Policy, ...] = ()
    row_security: bool
    force_row_security: bool
    publications: tuple[Publication, ...] = ()
    replica_identity: str
    extended_statistics: tuple[Statistics, ...] = ()
    toast_options: tuple[str, ...] = ()
    tablespace: str | None = None
    method: str | None = None
    referenced_by: tuple[Reference, ...] = ()
    parents: tuple[str, ...] = ()
    children: tuple[str, ...] = ()
    sequences: tuple[OwnedSequence, ...] = ()
    extension: str | None = None
    others: tuple[str, ...] = ()
    """What else depends on it, in the warehouse's words: `function g(t)`."""


_DECODER = msgspec.json.Decoder(Attached)

GONE = "XX000"
"""What Postgres says if something is dropped while the catalog is read: internal_error."""


def attached(
    session: Session, dialect: Dialect, first: Relation, second: Relation, before: Sequence[str] = ()
) -> list[Attached | None]:
    """What there is to each of two relations, which may be the same; None for one that does not exist.

    `before` are statements that are sent first, in the same round trip.
    """
    names = ";\n".join((*before, dialect.attached_names(first, second)))
    rows = session.query_prepared("sqlmodels_attached", dialect.attached_query(), names).rows
    try:
        found = {(schema, name): _DECODER.decode(text) for schema, name, text in rows}
    except msgspec.ValidationError as error:
        # what is dropped while the catalog is read has no definition any more
        raise WarehouseError(f"{first} was changed while it was looked at ({error})", sqlstate=GONE) from error
    return [found.get(relation.key) for relation in (first, second)]


def attached_to(session: Session, dialect: Dialect, relation: Relation, before: Sequence[str] = ()) -> Attached:
    """What there is to a relation that exists."""
    found, _ = attached(session, dialect, relation, relation, before)
    assert found is not None, relation
    return found
