"""What is put on the new relation once it has the name, in the same transaction: it takes no time, only the name.

In-transaction post-hooks have run by then. What one of them made anew (a primary key, a trigger, an index) is kept,
and its twin from the old relation is not carried over: such hooks are written for tables that lose everything at each
build.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.publish.attached import Attached, Index, Policy, Publication, Trigger
from airflow_sqlmodels.publish.carry import candidate_name, constraints_to_carry, indexes_to_carry
from airflow_sqlmodels.publish.wanted import Wanted

_DEFERRABLE = re.compile(r"( DEFERRABLE| INITIALLY DEFERRED)")


def after(old: Attached, new: Attached, wanted: Wanted, dialect: Dialect) -> Iterator[str]:
    """SQL for the relation under its own name. `new` is what hangs on it now, hooks included."""
    name = f"{dialect.quote(old.schema)}.{dialect.quote(old.name)}"
    if new.kind == "r":
        for index in indexes_to_carry(old, new, wanted, dialect):
            yield from _key(index, new, name, dialect) if index.constraint else _twins(index, old, new, wanted, dialect)
        yield from _constraint_names(old, new, name, wanted, dialect)
        yield from _security(old, new, name, dialect)
        yield from _replication(old, new, name, dialect)
        yield from _comments(old, new, name, wanted, dialect)
    yield from triggers(old.triggers, new.triggers, name, dialect)
    yield from rules(old.rules, new.rules, name, dialect)


def is_needed(old: Attached, new: Attached, wanted: Wanted, dialect: Dialect) -> bool:
    """Whether there is anything for which one must know what hooks made."""
    return any(True for _ in after(old, new, wanted, dialect)) or bool(indexes_to_carry(old, new, wanted, dialect))


def triggers(old: tuple[Trigger, ...], there: tuple[Trigger, ...], name: str, dialect: Dialect) -> Iterator[str]:
    """SQL that makes triggers again by their own definitions, which name the relation."""
    known = {each.name for each in there}
    for each in old:
        if each.name not in known:
            yield each.definition
            if each.enabled != "O":
                yield f"alter table {name} {_STATES[each.enabled]} trigger {dialect.quote(each.name)}"


def rules(old: tuple[Trigger, ...], there: tuple[Trigger, ...], name: str, dialect: Dialect) -> Iterator[str]:
    """SQL that makes rules again."""
    known = {each.name for each in there}
    for each in old:
        if each.name not in known:
            yield each.definition.rstrip(";")
            if each.enabled != "O":
                yield f"alter table {name} {_STATES[each.enabled]} rule {dialect.quote(each.name)}"


_STATES = {"D": "disable", "R": "enable replica", "A": "enable always"}


def _key(index: Index, new: Attached, name: str, dialect: Dialect) -> Iterator[str]:
    """A primary or unique key of the index that was built for it."""
    made = candidate_name(dialect, index.name)
    if _has_key(index, new):
        yield f"drop index {dialect.quote(new.schema)}.{dialect.quote(made)}"
        return
    kind = "primary key" if index.constraint_kind == "p" else "unique"
    timing = "".join(_DEFERRABLE.findall(index.constraint_def or "")).lower()
    added = f"alter table {name} add constraint {dialect.quote(str(index.constraint))} {kind}"
    yield f"{added} using index {dialect.quote(made)}{timing}"


def _has_key(index: Index, new: Attached) -> bool:
    return any(
        each.constraint_kind == index.constraint_kind and (index.constraint_kind == "p" or each.tail == index.tail)
        for each in new.indexes
    )


def _twins(index: Index, old: Attached, new: Attached, wanted: Wanted, dialect: Dialect) -> Iterator[str]:
    """Drops what a hook made although it was there already."""
    own = {each.name for each in old.indexes} | {each.name(_relation(old), dialect) for each in wanted.indexes}
    own |= {candidate_name(dialect, each) for each in own}
    for each in new.indexes:
        same = (each.unique, each.tail) == (index.unique, index.tail)
        if same and each.constraint is None and each.name not in own:
            yield f"drop index {dialect.quote(new.schema)}.{dialect.quote(each.name)}"


def _constraint_names(old: Attached, new: Attached, name: str, wanted: Wanted, dialect: Dialect) -> Iterator[str]:
    there = {each.name for each in new.constraints} | {each.constraint for each in new.indexes}
    for each, _ in constraints_to_carry(old, new, wanted):
        made = dialect.quote(candidate_name(dialect, each))
        if each in there:
            yield f"alter table {name} drop constraint {made}"
        else:
            yield f"alter table {name} rename constraint {made} to {dialect.quote(each)}"


def _security(old: Attached, new: Attached, name: str, dialect: Dialect) -> Iterator[str]:
    if old.row_security and not new.row_security:
        yield f"alter table {name} enable row level security"
    if old.force_row_security and not new.force_row_security:
        yield f"alter table {name} force row level security"
    known = {each.name for each in new.policies}
    yield from (_policy(each, name, dialect) for each in old.policies if each.name not in known)


# polcmd: postgresql.org/docs/current/catalog-pg-policy.html
_COMMANDS = {"r": "select", "a": "insert", "w": "update", "d": "delete", "*": "all"}


def _policy(policy: Policy, name: str, dialect: Dialect) -> str:
    kind = "permissive" if policy.permissive else "restrictive"
    using = f" using ({policy.using})" if policy.using else ""
    check = f" with check ({policy.check})" if policy.check else ""
    who = ddl.roles(dialect, policy.roles)
    command = _COMMANDS[policy.command]
    return f"create policy {dialect.quote(policy.name)} on {name} as {kind} for {command} to {who}{using}{check}"


def _replication(old: Attached, new: Attached, name: str, dialect: Dialect) -> Iterator[str]:
    known = {each.name for each in new.publications}
    yield from (_publication(each, name, dialect) for each in old.publications if each.name not in known)
    if old.replica_identity in "fn" and old.replica_identity != new.replica_identity:
        yield f"alter table {name} replica identity {'full' if old.replica_identity == 'f' else 'nothing'}"


def _publication(publication: Publication, name: str, dialect: Dialect) -> str:
    columns = f" ({', '.join(map(dialect.quote, publication.columns))})" if publication.columns else ""
    rows = f" where ({publication.filter})" if publication.filter else ""
    return f"alter publication {dialect.quote(publication.name)} add table {name}{columns}{rows}"


def _comments(old: Attached, new: Attached, name: str, wanted: Wanted, dialect: Dialect) -> Iterator[str]:
    """Comments on what has its old name again; which index rows are told apart and kept in order by."""
    for index in indexes_to_carry(old, new, wanted, dialect):
        quoted = f"{dialect.quote(old.schema)}.{dialect.quote(index.name)}"
        if index.comment is not None and not (index.constraint and _has_key(index, new)):
            yield ddl.comment(dialect, f"index {quoted}", index.comment)
        if index.clustered:
            yield f"alter table {name} cluster on {dialect.quote(index.name)}"
        if index.replica_identity:
            yield f"alter table {name} replica identity using index {dialect.quote(index.name)}"
    kept = dict(constraints_to_carry(old, new, wanted))
    for constraint in old.constraints:
        if constraint.comment is not None and constraint.name in kept:
            yield ddl.comment(dialect, f"constraint {dialect.quote(constraint.name)} on {name}", constraint.comment)


def _relation(old: Attached) -> Relation:
    return Relation("", old.schema, old.name)
