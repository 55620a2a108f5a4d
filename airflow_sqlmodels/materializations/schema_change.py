"""on_schema_change: what to do when the delta's columns are not the table's."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from airflow_sqlmodels.errors import CompilationError, PublishError, WarehouseError, closest
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.materializations.contract import is_enforced
from airflow_sqlmodels.materializations.replacing import without_columns
from airflow_sqlmodels.publish.attached import attached_to
from airflow_sqlmodels.publish.dependents import creations, drops, remade_for
from airflow_sqlmodels.publish.locks import Writing
from airflow_sqlmodels.publish.outgrown import may_stay

_CHOICES = ("ignore", "fail", "append_new_columns", "sync_all_columns")
_STEPS = (
    *("process_schema_changes", "check_for_schema_changes", "sync_column_schemas", "diff_column_data_types"),
    *("diff_columns", "alter_relation_add_remove_columns", "alter_column_type"),
)
"""dbt's macros for this."""
_TEXT = re.compile(r"(?:text|bpchar|character(?: varying)?)(?:\(\d+\))?")
_UNSAID = 256
"""The characters for which dbt makes room where the new type does not say how many."""


class Differences(Struct, frozen=True):
    """How the delta's columns (`new`, name -> type) differ from the table's."""

    new: dict[str, str]
    added: tuple[str, ...]
    gone: tuple[str, ...]
    widened: dict[str, str]
    """Texts that need more room: the type that gives it."""
    retyped: dict[str, str]
    """The types of those that are of another type also when they have that room. Shorter texts are not."""
    kept: tuple[str, ...]


def matched_columns(build: Build, writing: Writing, delta: Relation) -> list[str]:
    """The columns to write, after the table was changed as `on_schema_change` says.

    Raises CompilationError or WarehouseError if the columns do not fit, PublishError if a view is in the way that the
    run does not make anew.
    """
    choice = _choice_of(build)
    if any(build.own(step) is not None for step in _STEPS):
        return _by_macros(build, choice, delta)
    found = differences(columns_of(build, build.relation), columns_of(build, delta))
    if is_enforced(build):  # it says how much room a text has
        retyped = {name: kind for name, kind in found.retyped.items() if name not in found.widened}
        found = replace(found, widened={}, retyped=retyped)
    if choice == "fail":
        _refuse_any(build, found)
    if choice == "ignore":
        _refuse_gone(build, found)
    synced = choice == "sync_all_columns"
    gone = found.gone if synced else ()
    if gone and _are_left(build, gone):
        without_columns(build, writing, gone)
        gone = ()
    _change(
        build,
        found,
        added=found.added if choice in ("append_new_columns", "sync_all_columns") else (),
        gone=gone,
        retyped={**found.widened, **found.retyped} if synced else found.widened,
    )
    return list(found.kept) if choice == "ignore" else list(found.new)


def _choice_of(build: Build) -> str:
    """The config `on_schema_change`. As in dbt an unknown word counts as `ignore`; here the log says so."""
    said = str(build.config.get("on_schema_change") or "ignore")
    if said in _CHOICES:
        return said
    hint = closest(said, _CHOICES)
    build.log(f"{build.node.at}: on_schema_change: {said!r} is not known, taken as 'ignore'{hint and f'; {hint}'}")
    return "ignore"


def _by_macros(build: Build, choice: str, delta: Relation) -> list[str]:
    """The same, as the macros say of which the project has one itself."""
    assert build.rendering is not None, build.node.id
    scope, table = build.rendering.scope, build.template_relation(build.relation, "table")
    new = build.template_relation(delta, "table")
    adapter = scope.names["adapter"]
    if not is_enforced(build):
        adapter.expand_target_column_types(from_relation=new, to_relation=table)
    found = scope.find("process_schema_changes")(choice, new, table)
    return [column.name for column in found or adapter.get_columns_in_relation(table)]


def widen_and_add(build: Build, found: Differences) -> None:
    """Give texts the room they need, and add the columns that are new."""
    _change(build, found, added=found.added, gone=(), retyped=found.widened)


def differences(old: dict[str, str], new: dict[str, str]) -> Differences:
    """Compare by name."""
    both = {name: kind for name, kind in new.items() if name in old}
    widened = {name: _varying(_size(kind)) for name, kind in both.items() if _is_wider(old[name], kind)}
    retyped = {name: _plain(kind) for name, kind in both.items() if _is_other(widened.get(name, old[name]), kind)}
    return Differences(
        new=new,
        added=tuple(name for name in new if name not in old),
        gone=tuple(name for name in old if name not in new),
        widened=widened,
        retyped=retyped,
        kept=tuple(both),
    )


def columns_of(build: Build, relation: Relation) -> dict[str, str]:
    """Name -> whole type, in order."""
    local = Relation("", relation.schema, relation.identifier, relation.quoting)
    rows = build.session.query(
        "select attname::text, pg_catalog.format_type(atttypid, atttypmod) from pg_catalog.pg_attribute\n"
        f"where attrelid = {build.dialect.literal(build.dialect.render(local))}::regclass\n"
        "    and attnum > 0 and not attisdropped order by attnum"
    )
    return dict(rows.rows)


def _is_text(kind: str) -> bool:
    return _TEXT.fullmatch(kind) is not None


def _has_limit(kind: str) -> bool:
    return "(" in kind


def _size(kind: str) -> int:
    """How many characters a text may have, as dbt counts."""
    return int(kind.rpartition("(")[2].removesuffix(")")) if _has_limit(kind) else _UNSAID


def _varying(size: int) -> str:
    return f"character varying({size})"


def _plain(kind: str) -> str:
    """The type, but that a text of a fixed length may be shorter, as in dbt."""
    return _varying(_size(kind)) if _is_text(kind) and _has_limit(kind) else kind


def _is_wider(old: str, new: str) -> bool:
    """Whether a text needs more room. One without a limit, unlike in dbt, never gets one."""
    return _is_text(old) and _is_text(new) and _has_limit(old) and _size(new) > _size(old)


def _is_other(old: str, new: str) -> bool:
    """Whether the types differ, but for a text that is shorter than what the table has room for."""
    if _is_text(old) and _is_text(new):
        if _has_limit(new) and not _has_limit(old):
            return False
        if _size(old) > _size(new):
            return False
    return _plain(old) != _plain(new)


def _refuse_any(build: Build, found: Differences) -> None:
    changes = [
        *(f"{name!r} is new" for name in found.added),
        *(f"{name!r} is gone" for name in found.gone),
        *(f"{name!r} is of another type" for name in found.retyped),
    ]
    if changes:
        raise CompilationError(f"the model's columns are not its table's: {', '.join(changes)}", build.node.at,
                           "on_schema_change is 'fail': rebuild it with --full-refresh")  # fmt: skip


def _refuse_gone(build: Build, found: Differences) -> None:
    if found.gone:
        # what Postgres would say of the statement that takes them from there
        raise WarehouseError(f"the model no longer gives {_columns(found.gone)} of its table", build.node.at,
                             "set on_schema_change, or rebuild it with --full-refresh", "42703")  # fmt: skip


def _columns(names: Sequence[str]) -> str:
    return f"the column{'s' if len(names) > 1 else ''} {', '.join(map(repr, names))}"


def _change(
    build: Build, found: Differences, *, added: Sequence[str], gone: Sequence[str], retyped: Mapping[str, str]
) -> None:
    quote = build.dialect.quote
    actions = [
        *(f"add column {quote(name)} {_plain(found.new[name])}" for name in added),
        *(f"drop column {quote(name)}" for name in gone),
        *(f"alter column {quote(name)} type {kind} using {quote(name)}::{kind}" for name, kind in retyped.items()),
    ]
    if not actions:
        return
    alter = f"alter table {build.dialect.render(build.relation)}\n    " + ",\n    ".join(actions)
    if not gone and not retyped:
        build.session.execute(alter)
        return
    views = remade_for(attached_to(build.session, build.dialect, build.relation), retyped)
    build.session.execute(";\n".join((*drops(views, build.dialect), alter, *creations(views, build.dialect))))


def _are_left(build: Build, gone: Sequence[str]) -> bool:
    """Whether views need these columns, all of which the run makes anew. Raises PublishError if it does not."""
    table = attached_to(build.session, build.dialect, build.relation)
    needing = [view for view in table.views if not set(gone).isdisjoint(view.uses)]
    known = build.behind() if needing else ()
    for view in needing:
        if not may_stay(view, known):
            name = next(each for each in gone if each in view.uses)
            raise PublishError(
                f"the view {view.schema}.{view.name} needs the column {name!r} of {table.schema}.{table.name},"
                " which goes",
                None,
                "build the view in the same run, or change it first; nothing was changed",
            )
    return bool(needing)
