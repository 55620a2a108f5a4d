"""Which columns tell the rows of a model apart, as far as its constraints and data tests say it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import DataTest, Model, NodeId

_COMBINATION = "dbt_utils.unique_combination_of_columns"


TestsOf = Mapping[NodeId, list[DataTest]]
"""The generic tests of each node."""


def tests_of(manifest: Manifest) -> TestsOf:
    """The generic tests of each node; disabled ones count too."""
    found: dict[NodeId, list[DataTest]] = defaultdict(list)
    for node in (*manifest.nodes.values(), *manifest.disabled.values()):
        if isinstance(node, DataTest) and node.attached_node:
            found[node.attached_node].append(node)
    return found


def primary_key(model: Model, tests: Iterable[DataTest]) -> list[str]:
    """The columns of its primary key; else those that are unique and never null; else those that are unique."""
    declared = [name for each in model.constraints if each.get("type") == "primary_key" for name in each["columns"]]
    declared = declared or list(_constrained(model, "primary_key"))
    if declared:
        return declared
    unique, not_null = set(_constrained(model, "unique")), set(_constrained(model, "not_null"))
    for test in tests:
        if test.generic == "unique" and test.column_name:
            unique.add(test.column_name)
        elif test.generic == "not_null" and test.column_name:
            not_null.add(test.column_name)
        elif test.generic == _COMBINATION:
            unique.update(map(str, test.kwargs.get("combination_of_columns") or ()))
    return sorted(unique & not_null or unique)


def _constrained(model: Model, kind: str) -> Iterator[str]:
    for name, column in model.columns.items():
        if any(each.get("type") == kind for each in column.constraints):
            yield name
