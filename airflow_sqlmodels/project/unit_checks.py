"""What is wrong with the rows of a unit test, as far as that can be known without a warehouse."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from airflow_sqlmodels.errors import closest
from airflow_sqlmodels.manifest.fixtures import FixtureRows
from airflow_sqlmodels.manifest.nodes import AnyNode, GivenRows, Model, NodeId, Problem, Seed
from airflow_sqlmodels.project.unit_rows import header_of


def problems_of(
    given: Iterable[GivenRows], expect: FixtureRows, model: Model, nodes: Mapping[NodeId, AnyNode]
) -> Iterator[Problem]:
    """What is wrong with rows, as far as that can be known without a warehouse."""
    for each in given:
        if each.node:
            yield from _unknown_columns(each, nodes[each.node], f"the input {each.input.strip()}")
    yield from _unknown_columns(expect, model, f"the model {model.name!r}")
    first = {name.lower() for name in expect.rows[0]} if expect.rows else set()
    for n, row in enumerate(expect.rows):
        names = {name.lower() for name in row}
        if names != first:
            what = f"this row has {_listed(names - first)}" if names - first else (
                f"this row lacks {_listed(first - names)}")  # fmt: skip
            yield Problem(f"{what}, unlike the others", expect.place(n), "all expected rows have the same columns")
            return


def _unknown_columns(written: FixtureRows, node: AnyNode, holder: str) -> Iterator[Problem]:
    columns = _known_columns(node)
    if not columns:
        return
    known = {each.lower() for each in columns}
    for n, row in enumerate(written.rows):
        for name in row:
            if name.lower() not in known:
                hint = closest(name, columns) or f"it has {_listed(columns)}"
                yield Problem(f"{holder} has no column {name!r}", written.place(n), hint)
                return


def _known_columns(node: AnyNode) -> Collection[str]:
    """All columns of a node, if the project says them: a seed's file does, and a contract that is enforced."""
    if isinstance(node, Seed):
        return header_of(node)
    if isinstance(node, Model) and (node.config.get("contract") or {}).get("enforced"):
        return list(node.columns)
    return ()


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(each) for each in sorted(names))
