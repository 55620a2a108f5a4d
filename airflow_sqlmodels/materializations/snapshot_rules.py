"""What the config of a snapshot means: its strategy, its keys, the names of the columns that it adds."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from airflow_sqlmodels.errors import CompilationError, closest
from airflow_sqlmodels.manifest.snapshot_words import META_COLUMNS, hard_deletes_of, wrong_deletes
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.templating.snapshot_target import refuse_lacking

_STRATEGIES = ("timestamp", "check")
_SAID = ("unique_key", "updated_at", "row_changed", "scd_id")
"""What dbt asks of a strategy written by a project."""
NOW_TYPE = "timestamp without time zone"
_NOW = f"now()::{NOW_TYPE}"
NEW, OLD = "source_data", "snapshotted_data"
"""The names under which conditions know a row of the query, and the row that the table has for its key."""


class Rules(Struct, frozen=True):
    """One snapshot's rules. All texts are SQL."""

    keys: tuple[str, ...]
    updated_at: str
    """When a row got its values, seen from the query."""
    hard_deletes: str
    """ignore, invalidate or new_record."""
    current: str | None
    """What `dbt_valid_to` is for rows that are valid now; None: null."""
    names: Mapping[str, str]
    """The names of the added columns, by those they usually have."""
    now: str
    row_changed: str | None = None
    """When a row has other values, if the project's own strategy says so."""
    own_scd_id: str | None = None
    """What tells versions of a row apart, if the project says it itself."""

    def name(self, usual: str) -> str:
        """The name of an added column."""
        return self.names[usual]

    @property
    def scd_id(self) -> str:
        """What tells versions of a row apart: a hash of its key and its time."""
        return self.own_scd_id or hashed((*self.keys, self.updated_at))

    @property
    def added(self) -> list[str]:
        """All added columns."""
        usual = [each for each in META_COLUMNS if each != "dbt_is_deleted" or self.hard_deletes == "new_record"]
        return [self.names[each] for each in usual]


def rules_of(build: Build) -> Rules:
    """The rules of a build. The rest of the config was checked when the project was loaded.

    Raises CompilationError if it does not say well what becomes of rows that are gone: as in dbt it fails this snapshot
    alone.
    """
    wrong = wrong_deletes(build.config)
    if wrong:
        raise CompilationError(wrong[0], build.node.at, wrong[1])
    config, own = build.config, _own_strategy(build)
    said = config["unique_key"] if own is None else own["unique_key"]
    now = _now(build)
    keys = tuple(map(str, said)) if isinstance(said, Sequence) and not isinstance(said, str) else (str(said),)
    rules = Rules(
        keys=keys,
        updated_at=str(config.get("updated_at") or now) if own is None else str(own["updated_at"]),
        hard_deletes=hard_deletes_of(config),
        current=str(config["dbt_valid_to_current"]) if config.get("dbt_valid_to_current") else None,
        names={**META_COLUMNS, **(config.get("snapshot_meta_column_names") or {})},
        now=now,
    )
    if own is not None:
        return replace(rules, row_changed=str(own["row_changed"]), own_scd_id=str(own["scd_id"]))
    own_hash = build.own("snapshot_hash_arguments")
    return rules if own_hash is None else replace(rules, own_scd_id=str(own_hash([*keys, rules.updated_at])))


def _now(build: Build) -> str:
    own = build.own("snapshot_get_time") or build.own("current_timestamp")
    # as in dbt: without zone, so the session's time zone matters
    return _NOW if own is None else str(own())


def tell_other_time(build: Build, rules: Rules, types: Mapping[str, str]) -> None:
    """Tell that `updated_at` has another type than the time of closed rows: their columns then hold both.

    `types` are those of a snapshot's columns. Of a time that the project says itself the type is not known.
    """
    kind = re.sub(r"\(\d+\)", "", types.get(rules.name("dbt_updated_at"), NOW_TYPE))
    if rules.now != _NOW or kind == NOW_TYPE:
        return
    what = f"Data type of snapshot table timestamp columns ({NOW_TYPE}) doesn't match 'updated_at' ({kind})"
    data = {"snapshot_time_data_type": NOW_TYPE, "updated_at_data_type": kind}
    build.warn(f"{build.node.at}: {what}. Please update snapshot config 'updated_at'", "SnapshotTimestampWarning", data)


def _own_strategy(build: Build) -> Mapping[str, Any] | None:
    """What the project's own strategy says; None for ours. Raises CompilationError if there is none of that name."""
    name = str(build.config["strategy"])
    own = build.own(f"snapshot_{name}_strategy") or _of_package(build, name)
    if own is None:
        if name in _STRATEGIES:
            return None
        hint = closest(name, _STRATEGIES) or f"write a macro snapshot_{name}_strategy, or take one of {_STRATEGIES}"
        raise CompilationError(f"no snapshot strategy {name!r}", build.node.at, hint)
    said = own(build.node_view, OLD, NEW, build.node_view["config"], True)
    missing = [key for key in _SAID if not isinstance(said, Mapping) or key not in said]
    if missing:
        raise CompilationError(f"the strategy {name!r} must return a dict with {', '.join(missing)}", build.node.at)
    return said  # type: ignore[no-any-return]  # it comes out of a template


def _of_package(build: Build, name: str) -> Callable[..., Any] | None:
    """`package.name`, or one that only the snapshot's own package has."""
    if build.rendering is None:
        return None
    package, _, bare = name.rpartition(".")
    found = build.rendering.means.macros.of_package(f"snapshot_{bare}_strategy", package or build.node.package)
    return None if found is None else functools.partial(build.rendering.called, found)


def changed(build: Build, rules: Rules, checked: Sequence[str], there: Sequence[str]) -> str:
    """SQL that is true where a row has other values now. `checked` are the columns to look at, `there` the table's."""
    if rules.row_changed is not None:
        return rules.row_changed
    if str(build.config["strategy"]) == "timestamp":
        return f"{OLD}.{rules.name('dbt_valid_from')} < {NEW}.{rules.updated_at}"
    if not set(checked) <= set(there):
        return "true"  # a column is new: every row has another value in it
    names = map(build.dialect.quote, checked)
    return " or ".join(_differ(f"{OLD}.{name}", f"{NEW}.{name}") for name in names) or "false"


def _differ(old: str, new: str) -> str:
    """SQL: whether two values are not the same. `is distinct from` needs the operator `=`, and a point has but `<>`."""
    return f"coalesce({old} <> {new}, ({old} is null) <> ({new} is null))"


def hashed(values: Sequence[str]) -> str:
    """SQL for the hash by which dbt knows the versions of a row; the same, so that its tables can be gone on with."""
    return "md5(" + " || '|' || ".join(f"coalesce(cast({each} as varchar), '')" for each in values) + ")"


def refuse_other_table(build: Build, rules: Rules, there: Mapping[str, Any]) -> None:
    """Raises CompilationError if the table was not made by a snapshot, or by one with other column names."""
    names = [name for name in rules.added if name != rules.names["dbt_updated_at"]]
    refuse_lacking(build.relation, there, names, build.node.at)
