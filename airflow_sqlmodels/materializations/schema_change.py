"""on_schema_change: what to do when the delta's columns are not the table's."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_sqlmodels.errors import ProjectError, closest
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.warehouse.session import Rows

_CHOICES = ("ignore", "fail", "append_new_columns", "sync_all_columns")


def matched_columns(build: Build, delta: Relation) -> list[str]:
    """The columns to write, after the table was changed as `on_schema_change` says."""
    choice = str(build.config.get("on_schema_change") or "ignore")
    if choice not in _CHOICES:
        raise ProjectError(f"on_schema_change: {choice!r} is not known", build.node.at, closest(choice, _CHOICES))
    old, new = _columns(build, build.relation), _columns(build, delta)
    added = [name for name in new if name not in old]
    gone = [name for name in old if name not in new]
    retyped = [name for name in new if name in old and new[name] != old[name]]
    if choice == "ignore":
        if gone:
            raise ProjectError(f"the model no longer gives the column {gone[0]!r} of its table", build.node.at,
                               "set on_schema_change, or rebuild it with --full-refresh")  # fmt: skip
        return [name for name in new if name in old]
    if choice == "fail" and (added or gone or retyped):
        changes = ", ".join(_told(added, "new") + _told(gone, "gone") + _told(retyped, "of another type"))
        raise ProjectError(f"the model's columns are not its table's: {changes}", build.node.at,
                           "on_schema_change is 'fail': rebuild it with --full-refresh")  # fmt: skip
    _alter(build, [f"add column {build.dialect.quote(name)} {new[name]}" for name in added])
    if choice == "sync_all_columns":
        _alter(build, [f"drop column {build.dialect.quote(name)}" for name in gone])
        _alter(build, [_retype(build, name, new[name]) for name in retyped])
    return list(new)


def _retype(build: Build, name: str, kind: str) -> str:
    quoted = build.dialect.quote(name)
    return f"alter column {quoted} type {kind} using {quoted}::{kind}"


def _alter(build: Build, actions: Sequence[str]) -> None:
    if actions:
        build.session.execute(f"alter table {build.dialect.render(build.relation)}\n    " + ",\n    ".join(actions))


def _columns(build: Build, relation: Relation) -> dict[str, str]:
    """Name -> whole type, in order."""
    rows: Rows = build.session.query(
        "select attname::text, pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute\n"
        f"where attrelid = {build.dialect.literal(build.dialect.render(_local(relation)))}::regclass\n"
        "    and attnum > 0 and not attisdropped order by attnum"
    )
    return dict(rows.rows)


def _local(relation: Relation) -> Relation:
    """Without its database: regclass takes schema and name."""
    return Relation("", relation.schema, relation.identifier, relation.quoting)


def _told(names: Sequence[str], what: str) -> list[str]:
    return [f"{name!r} is {what}" for name in names]
