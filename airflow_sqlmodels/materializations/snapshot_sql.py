"""The statements of a snapshot."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.materializations.snapshot_rules import NEW, OLD, Rules, hashed

HELPERS = ("sqlmodels_inserts", "sqlmodels_closes", "sqlmodels_closed_at")
"""Columns of the changes that the table does not get: whether to insert the row, which version to close, and when."""

_INSERTS, _CLOSES, _CLOSED_AT = HELPERS
_KEY = "sqlmodels_key_{}"


def first(select: str, rules: Rules) -> str:
    """A query that gives the first version of every row."""
    deleted = f",\n    'False' as {rules.name('dbt_is_deleted')}" if rules.hard_deletes == "new_record" else ""
    return (
        f"select *,\n    {rules.scd_id} as {rules.name('dbt_scd_id')},\n"
        f"    {rules.updated_at} as {rules.name('dbt_updated_at')},\n"
        f"    {rules.updated_at} as {rules.name('dbt_valid_from')},\n"
        f"    {_open_end(rules)} as {rules.name('dbt_valid_to')}{deleted}\nfrom (\n{select}\n) as snapshot_query"
    )


def changes(build: Build, rules: Rules, changed: str, names: Sequence[str], there: Collection[str]) -> str:
    """A query that gives one row for each version to insert and each to close; most are both.

    `changed` is the condition for other values, `names` are the query's columns, `there` those of the table.
    """
    deleted = rules.name("dbt_is_deleted")
    if rules.hard_deletes == "new_record":
        changed = f"{changed} or {OLD}.{deleted} = 'True'"
    quoted = [build.dialect.quote(name) for name in names]
    parts = [_came(rules, quoted, changed)]
    if rules.hard_deletes != "ignore":
        parts.append(_went(rules, quoted))
    if rules.hard_deletes == "new_record":
        known = [(OLD if name in there else NEW) + "." + build.dialect.quote(name) for name in names]
        parts.append(_marked_deleted(rules, known))
    keys = "".join(f", {key} as {_KEY.format(number)}" for number, key in enumerate(rules.keys))
    return (
        f"with {NEW} as (\n    select *{keys},\n        {rules.updated_at} as sqlmodels_updated_at,\n"
        f"        {_open_end(rules)} as sqlmodels_valid_to,\n        {rules.scd_id} as sqlmodels_scd_id\n"
        f"    from (\n{build.select}\n    ) as snapshot_query\n),\n"
        f"{OLD} as (\n    select *{keys}\n    from {build.dialect.render(build.relation)}\n"
        f"    where {is_open(rules)}\n)\n" + "\nunion all\n".join(parts)
    )


def apply(build: Build, rules: Rules, found: Relation, columns: Sequence[str]) -> str:
    """SQL that closes and inserts versions: those in the table `found`, with these columns."""
    target, valid_to = build.dialect.render(build.relation), rules.name("dbt_valid_to")
    listed = ", ".join(map(build.dialect.quote, columns))
    return (
        f"update {target} as target\nset {valid_to} = found.{_CLOSED_AT}\n"
        f"from {build.dialect.render(found)} as found\n"
        f"where found.{_CLOSES}::text = target.{rules.name('dbt_scd_id')}::text\n    and {is_open(rules, 'target.')};\n"
        f"insert into {target} ({listed})\nselect {listed}\nfrom {build.dialect.render(found)}\nwhere {_INSERTS}"
    )


def is_open(rules: Rules, prefix: str = "") -> str:
    """SQL that is true for versions that are valid now."""
    valid_to = prefix + rules.name("dbt_valid_to")
    return f"({valid_to} = {rules.current} or {valid_to} is null)" if rules.current else f"{valid_to} is null"


def _open_end(rules: Rules) -> str:
    """SQL for the end of a version that is valid now, in the type of `updated_at`."""
    return f"coalesce(nullif({rules.updated_at}, {rules.updated_at}), {rules.current or 'null'})"


def _came(rules: Rules, quoted: Sequence[str], changed: str) -> str:
    """New rows, and rows with other values."""
    new = [f"{NEW}.{name}" for name in quoted]
    at = f"{NEW}.sqlmodels_updated_at"
    added = [f"{NEW}.sqlmodels_scd_id", at, at, f"{NEW}.sqlmodels_valid_to", "'False'"]
    return _select(rules, new, added, ("true", f"{OLD}.{rules.name('dbt_scd_id')}", at)) + (
        f"from {NEW} left join {OLD} on {_same_key(rules)}\nwhere {OLD}.{_KEY.format(0)} is null or {changed}"
    )


def _went(rules: Rules, quoted: Sequence[str]) -> str:
    """Rows that the query no longer gives, to be closed."""
    nothing = [f"{NEW}.{name}" for name in quoted]
    added = [f"{NEW}.sqlmodels_scd_id", rules.now, rules.now, f"{NEW}.sqlmodels_valid_to", "null"]
    closes = ("false", f"{OLD}.{rules.name('dbt_scd_id')}", rules.now)
    return _select(rules, nothing, added, closes) + _gone(rules)


def _marked_deleted(rules: Rules, known: Sequence[str]) -> str:
    """One more version of such a row, which says that it was deleted."""
    scd_id = f"{OLD}.{rules.name('dbt_scd_id')}"
    valid_to = f"{OLD}.{rules.name('dbt_valid_to')}"
    added = [hashed((scd_id, rules.now)), rules.now, rules.now, valid_to, "'True'"]
    return _select(rules, known, added, ("true", "null", "null")) + _gone(rules)


def _select(rules: Rules, columns: Sequence[str], added: Sequence[str], helpers: Sequence[str]) -> str:
    # without `new_record` there is no column for the last of the added values
    named = [*zip(added, rules.added, strict=False), *zip(helpers, HELPERS, strict=True)]
    listed = (*columns, *(f"{value} as {name}" for value, name in named))
    return "select " + ",\n    ".join(listed) + "\n"


def _gone(rules: Rules) -> str:
    known = f"\n    and {OLD}.{rules.name('dbt_is_deleted')} <> 'True'" if rules.hard_deletes == "new_record" else ""
    return f"from {OLD} left join {NEW} on {_same_key(rules)}\nwhere {NEW}.{_KEY.format(0)} is null{known}"


def _same_key(rules: Rules) -> str:
    names = [_KEY.format(number) for number in range(len(rules.keys))]
    return " and ".join(f"{OLD}.{name} = {NEW}.{name}" for name in names)
