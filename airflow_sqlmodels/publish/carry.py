"""What is carried from the old relation to the new one, as SQL.

A rebuild changes rows, not who may read them or how they are kept. The owner, grants (per column too), comments,
defaults, `not null`, storage parameters, indexes, constraints, extended statistics, row-level security, triggers,
rules, publications and security labels of the old relation are the new one's too, whoever made them. What the config
asks for comes on top and wins: `grants`, if given, is the whole list, as in dbt; an index of the config is made by
the config; a comment that `persist_docs` writes replaces the old one. What belongs to a column that is gone goes with
it. What an in-transaction post-hook makes again is left to the hook. Not carried: a column's compression.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.dialects.indexes import IndexSpec
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.publish.attached import Attached, Column, Grant, Index, View
from airflow_sqlmodels.publish.candidate import CANDIDATE
from airflow_sqlmodels.publish.wanted import Wanted

_BY_DBT = re.compile(r"[0-9a-f]{32}")
"""dbt names the indexes of the config by a hash: they are the config's, not somebody's."""
_MARKED = re.compile(r"_.*\W.*_[0-9a-f]{8}", re.DOTALL)
"""What `IndexSpec.name` puts behind the name of the table where there is an expression among the columns."""


def before(old: Attached, new: Attached, wanted: Wanted, dialect: Dialect) -> Iterator[str]:
    """SQL for the candidate, while nobody sees it: what takes time, and what needs no other lock."""
    name = _name(dialect, new)
    if old.owner != new.owner:  # before the grants: a new owner takes what the old one was granted
        yield f"alter {_KINDS[new.kind]} {name} owner to {dialect.quote(old.owner)}"
    yield from _columns(old, new, name, wanted, dialect)
    if new.kind == "r":
        yield from _storage(old, new, name)
        yield from _constraints(old, new, name, wanted, dialect)
        yield from _indexes(old, new, name, wanted, dialect)
        yield from _statistics(old, new, name, dialect)
    yield from seen(old, name, new.kind, dialect, {column.name for column in new.columns})
    if not wanted.grants:
        yield from _grants(old, new, name, dialect)


def indexes_to_carry(old: Attached, new: Attached, wanted: Wanted, dialect: Dialect) -> list[Index]:
    """The old indexes that the new table gets too: those that no config asked for, on columns that are still there."""
    if new.kind != "r":
        return []
    kept = {column.name for column in new.columns}
    usable = [index for index in old.indexes if index.valid and kept.issuperset(index.uses)]
    return [
        index
        for index in usable
        if (
            (index.constraint_kind in ("p", "u") and not _of_contract(old, str(index.constraint), wanted))
            or (index.constraint is None and not _of_config(old, index, wanted, dialect))
        )
    ]


def _of_config(old: Attached, index: Index, wanted: Wanted, dialect: Dialect) -> bool:
    """Whether the config asks for an index, or did so once. One with expressions is known by its name alone."""
    if _BY_DBT.fullmatch(index.name) or _MARKED.fullmatch(index.name.removeprefix(old.name)):
        return True
    if index.columns is None:
        return False
    spec = IndexSpec(index.columns, index.unique, index.method)
    return spec in wanted.indexes or index.name == spec.name(Relation("", old.schema, old.name), dialect)


def _of_contract(old: Attached, constraint: str, wanted: Wanted) -> bool:
    """Whether a contract asks for the constraint, or did so once. Foreign keys need the key they point to."""
    return wanted.contract or (constraint in wanted.unenforced and not old.referenced_by)


def candidate_name(dialect: Dialect, name: str) -> str:
    """What an index or constraint is called until the old one of that name is gone."""
    return dialect.fit(name, CANDIDATE)


def renames(old: Attached, new: Attached, wanted: Wanted, dialect: Dialect) -> Iterator[str]:
    """SQL that gives what was carried its old names, once they are free."""
    for index in indexes_to_carry(old, new, wanted, dialect):
        if not index.constraint:
            yield ddl.rename_index(dialect, new.schema, candidate_name(dialect, index.name), index.name)
    kept = {column.name for column in new.columns}
    for each in old.extended_statistics:
        if new.kind == "r" and kept.issuperset(each.uses):
            was = f"{dialect.quote(each.schema)}.{dialect.quote(candidate_name(dialect, each.name))}"
            yield f"alter statistics {was} rename to {dialect.quote(each.name)}"


def sequences(old: Attached, name: str, dialect: Dialect) -> Iterator[str]:
    """SQL that keeps the sequences of columns from being dropped with the old table: they are those of `name` now."""
    for each in old.sequences:
        yield f"alter sequence {each.name} owned by {name}.{dialect.quote(each.column)}"


def references_back(old: Attached, dialect: Dialect) -> Iterator[str]:
    """SQL that lets other tables' foreign keys point to the new table. Their rows are not looked at here."""
    for each in old.referenced_by:
        definition = each.definition.removesuffix(_UNCHECKED)
        yield f"alter table {each.table} add constraint {dialect.quote(each.name)} {definition}{_UNCHECKED}"


def references_checked(old: Attached, dialect: Dialect) -> Iterator[str]:
    """SQL that looks at the rows, for those that were checked before."""
    for each in old.referenced_by:
        if not each.definition.endswith(_UNCHECKED):
            yield f"alter table {each.table} validate constraint {dialect.quote(each.name)}"


_UNCHECKED = " NOT VALID"


def seen(old: Attached | View, name: str, kind: str, dialect: Dialect, columns: Collection[str]) -> Iterator[str]:
    """SQL for comments, security labels and grants on columns: those of `columns`."""
    if old.comment is not None:
        yield ddl.comment(dialect, f"{_KINDS[kind]} {name}", old.comment)
    for provider, label, on in old.labels:
        if on is None or on in columns:
            what = f"{_KINDS[kind]} {name}" if on is None else f"column {name}.{dialect.quote(on)}"
            yield f"security label for {dialect.quote(provider)} on {what} is {dialect.literal(label)}"
    for column in old.columns:
        if column.name in columns:
            yield from _column_seen(column, name, dialect)


def grants_of(grants: Sequence[Grant], name: str, dialect: Dialect) -> Iterator[str]:
    """SQL that grants what was granted."""
    for grantee, privilege, hand_on in grants:
        yield ddl.grant(dialect, privilege, name, [grantee], hand_on=hand_on)


_KINDS = {"r": "table", "p": "table", "v": "view", "m": "materialized view", "f": "foreign table"}


def _name(dialect: Dialect, relation: Attached) -> str:
    return f"{dialect.quote(relation.schema)}.{dialect.quote(relation.name)}"


def _column_seen(column: Column, name: str, dialect: Dialect) -> Iterator[str]:
    quoted = dialect.quote(column.name)
    if column.comment is not None:
        yield ddl.comment(dialect, f"column {name}.{quoted}", column.comment)
    for grantee, privilege, hand_on in column.grants:
        yield ddl.grant(dialect, f"{privilege} ({quoted})", name, [grantee], hand_on=hand_on)


def _columns(old: Attached, new: Attached, name: str, wanted: Wanted, dialect: Dialect) -> Iterator[str]:
    """What is set on columns. A view's columns have defaults only."""
    there = {column.name: column for column in new.columns}
    for column in old.columns:
        now = there.get(column.name)
        if now is None:
            continue
        alter = f"alter {_KINDS[new.kind]} {name} alter column {dialect.quote(column.name)}"
        if column.default is not None and now.default is None:
            yield f"{alter} set default {column.default}"
        if new.kind == "r":
            carries = not wanted.contract and (column.name not in wanted.nullable or bool(old.referenced_by))
            yield from (f"{alter} {setting}" for setting in _settings(column, now, not_null=carries))


_STORAGE = {"p": "plain", "e": "external", "x": "extended", "m": "main"}


def _settings(column: Column, now: Column, *, not_null: bool) -> Iterator[str]:
    if not_null and column.not_null and not now.not_null:
        yield "set not null"
    if column.statistics is not None:
        yield f"set statistics {column.statistics}"
    if column.storage is not None:
        yield f"set storage {_STORAGE[column.storage]}"
    if column.options:
        yield f"set ({', '.join(column.options)})"


def _storage(old: Attached, new: Attached, name: str) -> Iterator[str]:
    options = [*old.options, *(f"toast.{each}" for each in old.toast_options)] if old.kind == "r" else []
    if options:
        yield f"alter table {name} set ({', '.join(options)})"
    if old.tablespace is not None and old.tablespace != new.tablespace:
        yield f'alter table {name} set tablespace "{old.tablespace}"'


def _constraints(old: Attached, new: Attached, name: str, wanted: Wanted, dialect: Dialect) -> Iterator[str]:
    """Checks, foreign keys and exclusions, under the candidate's names."""
    for each, definition in constraints_to_carry(old, new, wanted):
        called = candidate_name(dialect, each)
        if called not in {constraint.name for constraint in new.constraints}:
            yield f"alter table {name} add constraint {dialect.quote(called)} {definition}"


def constraints_to_carry(old: Attached, new: Attached, wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Name and definition of the old checks, foreign keys and exclusions whose columns are still there."""
    kept = {column.name for column in new.columns}
    for constraint in old.constraints:
        if kept.issuperset(constraint.uses) and not _of_contract(old, constraint.name, wanted):
            yield constraint.name, constraint.definition
    for index in old.indexes:
        if index.constraint_kind == "x" and kept.issuperset(index.uses) and not wanted.contract:
            yield str(index.constraint), str(index.constraint_def)


def _indexes(old: Attached, new: Attached, name: str, wanted: Wanted, dialect: Dialect) -> Iterator[str]:
    there = {index.name for index in new.indexes}
    for index in indexes_to_carry(old, new, wanted, dialect):
        called = candidate_name(dialect, index.name)
        if called not in there:
            yield f"create {'unique ' if index.unique else ''}index {dialect.quote(called)} on {name} {index.tail}"


def _statistics(old: Attached, new: Attached, name: str, dialect: Dialect) -> Iterator[str]:
    there, kept = {each.name for each in new.extended_statistics}, {column.name for column in new.columns}
    for each in old.extended_statistics:
        called = candidate_name(dialect, each.name)
        if called not in there and kept.issuperset(each.uses):
            quoted = f"{dialect.quote(each.schema)}.{dialect.quote(called)}"
            yield f"create statistics {quoted}{each.definition} from {name}"


def _grants(old: Attached, new: Attached, name: str, dialect: Dialect) -> Iterator[str]:
    """The old grants exactly; if there never were any, what default privileges gave the new relation."""
    if not old.granted:
        return
    granted = sorted({grantee or "" for grantee, _, _ in new.grants})
    if granted:
        yield f"revoke all on {name} from {ddl.roles(dialect, [each or None for each in granted])}"
    yield from grants_of(old.grants, name, dialect)
