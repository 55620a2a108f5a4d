"""Incremental strategies: how a delta is applied to its table. One SQL text each; a registry by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from airflow_sqlmodels.errors import CompilationError, SqlModelsError, closest
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.materializations.own_strategies import macro_of, own_strategy


class Strategy(Struct, frozen=True):
    """One strategy."""

    name: str
    statements: Callable[[Build, Relation, Sequence[str]], str]
    """SQL that applies the delta, of whose columns these are written."""
    since: int = 0
    """The first version of the server that can do it, as 150000 for 15."""

    def check(self, build: Build, version: int) -> None:
        """Raises CompilationError if the server is too old for it. Version 0 is not known."""
        if 0 < version < self.since:
            raise CompilationError(
                f"the strategy {self.name!r} needs Postgres {self.since // 10000}, and this is {version // 10000}",
                build.node.at,
                "incremental_strategy: delete+insert gives the same rows",
            )


def strategy_of(build: Build) -> Strategy:
    """The strategy a model asks for. Raises SqlModelsError for one that is not known."""
    name = str(build.config.get("incremental_strategy") or "default")
    own = own_strategy(build, name)
    if own is not None:
        return Strategy(name, own)
    if name == "microbatch":
        if not keys_of(build):
            hint = "its batches are merged by it"
            raise CompilationError("a microbatch model needs a unique_key", build.node.at, hint)
        name = "merge"
    if name == "default":
        name = "delete+insert" if keys_of(build) else "append"
    if name not in STRATEGIES:
        hint = closest(name, STRATEGIES) or f"known: {', '.join(STRATEGIES)}; or write {macro_of(name)}(arg_dict)"
        raise SqlModelsError(f"no incremental strategy {name!r}", build.node.at, hint)
    return STRATEGIES[name]


def keys_of(build: Build) -> list[str]:
    """The config `unique_key`, as a list."""
    said = build.config.get("unique_key")
    if not said:
        return []
    return [said] if isinstance(said, str) else [str(each) for each in said]


def append(build: Build, delta: Relation, columns: Sequence[str]) -> str:
    """Insert all rows."""
    listed = ", ".join(map(build.dialect.quote, columns))
    target, new = build.dialect.render(build.relation), build.dialect.render(delta)
    return f"insert into {target} ({listed})\nselect {listed} from {new}"


def delete_insert(build: Build, delta: Relation, columns: Sequence[str]) -> str:
    """Delete the rows whose key is in the delta, then insert all. A null in a key matches nothing, as in dbt."""
    keys = keys_of(build)
    if not keys:
        return append(build, delta, columns)
    target, new, listed = build.dialect.render(build.relation), build.dialect.render(delta), ", ".join(keys)
    # as they are, like in dbt: an `or` in one holds for all that stands before and behind it
    predicates = "".join(f"\n    and {each}" for each in _predicates(build))
    # the two names are what predicates written for dbt may use
    return (
        f"delete from {target} as DBT_INTERNAL_DEST\n"
        f"where ({listed}) in (select distinct {listed} from {new} as DBT_INTERNAL_SOURCE){predicates};\n"
        f"{append(build, delta, columns)}"
    )


def merge(build: Build, delta: Relation, columns: Sequence[str]) -> str:
    """Update the rows that match, insert the others. Needs Postgres 15."""
    keys, quote = keys_of(build), build.dialect.quote
    target, new = build.dialect.render(build.relation), build.dialect.render(delta)
    on = " and ".join(f"DBT_INTERNAL_SOURCE.{key} = DBT_INTERNAL_DEST.{key}" for key in keys) if keys else "false"
    condition = " and ".join([f"({on})", *(f"({each})" for each in _predicates(build))])
    updated = [f"{each} = DBT_INTERNAL_SOURCE.{each}" for each in _updated(build, columns)]
    listed = ", ".join(map(quote, columns))
    values = ", ".join(f"DBT_INTERNAL_SOURCE.{quote(each)}" for each in columns)
    update = f"when matched then update set {', '.join(updated)}\n" if keys and updated else ""
    return (
        f"merge into {target} as DBT_INTERNAL_DEST\nusing {new} as DBT_INTERNAL_SOURCE\non {condition}\n{update}"
        f"when not matched then insert ({listed}) values ({values})"
    )


STRATEGIES: dict[str, Strategy] = {
    each.name: each
    for each in (
        Strategy("append", append),
        Strategy("delete+insert", delete_insert),
        Strategy("merge", merge, since=150000),  # postgresql.org/docs/15/sql-merge.html
    )
}


def _predicates(build: Build) -> list[str]:
    said = build.config.get("incremental_predicates") or build.config.get("predicates") or []
    return [said] if isinstance(said, str) else [str(each) for each in said]


def _updated(build: Build, columns: Sequence[str]) -> list[str]:
    """The columns a match changes, as they stand in SQL: all but `merge_exclude_columns`, or `merge_update_columns`.

    The latter are left as they are written: as in dbt `VAL` is the column val, and another is quoted by who names it.
    """
    only, never = build.config.get("merge_update_columns"), build.config.get("merge_exclude_columns")
    if only and never:
        raise CompilationError("merge_update_columns and merge_exclude_columns exclude each other", build.node.at)
    if only:
        return [str(each) for each in only]
    left_out = {str(each).lower() for each in never or ()}
    return [build.dialect.quote(each) for each in columns if each.lower() not in left_out]
