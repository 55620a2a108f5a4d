"""Incremental strategies that a project writes itself, or changes by a macro of its own under one of dbt's names."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence

from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build

Statements = Callable[[Build, Relation, Sequence[str]], str]

_MERGE = ("get_merge_sql", "get_merge_update_columns", "get_merge_unique_key_match", "equals", "get_quoted_csv")
_STEPS = {
    "append": ("get_insert_into_sql",),
    "delete+insert": ("get_delete_insert_merge_sql", "get_insert_into_sql"),
    "microbatch": ("get_incremental_merge_sql", *_MERGE),
    "merge": _MERGE,
}
"""The macros that dbt's own strategies are made of, by strategy."""


def macro_of(strategy: str) -> str:
    """The macro that gives a strategy's SQL: dbt's rule."""
    return f"get_incremental_{strategy.replace('+', '_')}_sql"


def own_strategy(build: Build, name: str) -> Statements | None:
    """What gives the SQL of a strategy, if the project has a word in it; None if it has not."""
    steps = _STEPS.get(name, tuple(each for listed in _STEPS.values() for each in listed) if name == "default" else ())
    merges = name in ("merge", "microbatch") and build.equals_nulls
    if not merges and all(build.own(each) is None for each in (macro_of(name), *steps)):
        return None
    return functools.partial(_asked, macro_of(name))


def _asked(macro: str, build: Build, delta: Relation, columns: Sequence[str]) -> str:
    """What the macro says. It is given what dbt gives it."""
    assert build.rendering is not None, build.node.id
    scope = build.rendering.scope
    target = build.template_relation(build.relation, "table")
    wanted = set(columns)
    return str(
        scope.find(macro)(
            {
                "target_relation": target,
                "temp_relation": build.template_relation(delta, "table"),
                "unique_key": build.config.get("unique_key"),
                "dest_columns": [
                    each for each in scope.names["adapter"].get_columns_in_relation(target) if each.name in wanted
                ],
                "incremental_predicates": build.config.get("incremental_predicates") or build.config.get("predicates"),
            }
        )
    )
