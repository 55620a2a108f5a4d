"""Which columns tell the rows of a model apart, as far as its constraints and data tests say it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import DataTest, Model, NodeId
from airflow_sqlmodels.templating.entries.attached import attached_id

_UNIQUE = ("unique", "unique_combination_of_columns")


TestsOf = Mapping[NodeId, list[DataTest]]
"""The generic tests of each node."""


def tests_of(manifest: Manifest) -> TestsOf:
    """The generic tests of each node; disabled ones count too."""
    found: dict[NodeId, list[DataTest]] = defaultdict(list)
    for node in (*manifest.nodes.values(), *(each for several in manifest.disabled.values() for each in several)):
        if isinstance(node, DataTest) and (subject := attached_id(node, manifest)):
            found[subject].append(node)
    return found


def primary_key(model: Model, tests: Iterable[DataTest]) -> list[str]:
    """The columns of its primary key; else those tested as unique and never null; else those tested as unique.

    As in dbt a test tells by its name alone, whatever package it is of, and a disabled one only if no enabled one does.
    """
    declared = _declared(model)
    if declared is not None:
        return sorted(declared)
    unique: dict[bool, set[str]] = {True: set(), False: set()}
    not_null: set[str] = set()
    for test in tests:
        name = (test.generic or "").rpartition(".")[2]
        if name in _UNIQUE:
            unique[bool(test.config.get("enabled", True))].update(_tested(test))
        elif name == "not_null":
            not_null.update(_tested(test))
    return sorted(not_null & (unique[True] | unique[False]) or unique[True] or unique[False])


def _declared(model: Model) -> list[str] | None:
    for constraint in model.constraints:
        if constraint.get("type") == "primary_key":
            return list(constraint.get("columns") or ())
    for name, column in model.columns.items():
        if any(each.get("type") == "primary_key" for each in column.constraints):
            return [name]
    return None


def _tested(test: DataTest) -> list[str]:
    """The columns a test is about, or expressions in their place."""
    column = test.kwargs.get("column_name")
    if isinstance(column, str):
        return [column]
    several = test.kwargs.get("combination_of_columns")
    return [each for each in several if isinstance(each, str)] if isinstance(several, list) else []
