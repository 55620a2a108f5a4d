"""What the foreign keys of a model point to: `to: ref('customers')` as the relation that it means in this run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from airflow_sqlmodels.manifest.nodes import AnyNode, Model
from airflow_sqlmodels.templating.answering import Answerer, Rendering


def foreign_key_target(means: Answerer, node: AnyNode, to: object) -> str:
    """The relation, as SQL. With --defer it is that of the earlier state unless this run builds it, as in dbt."""
    if means.earlier:
        means = replace(means, deferred=frozenset(means.earlier).difference(means.invocation.selected))
    return Rendering(means, node, None).text("{{ " + str(to) + " }}", node.at)


def foreign_key_targets(means: Answerer, node: AnyNode) -> dict[str, str]:
    """All of a node, by how they are written."""
    written = {str(each["to"]) for each in _constraints(node) if each.get("to")}
    return {to: foreign_key_target(means, node, to) for to in sorted(written)}


def _constraints(node: AnyNode) -> Iterator[Mapping[str, Any]]:
    if isinstance(node, Model):
        yield from node.constraints
        for column in node.columns.values():
            yield from column.constraints
