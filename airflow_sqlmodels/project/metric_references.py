"""`metric(...)` -> ids: known once the semantic layer is, which itself asks what models there are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from airflow_sqlmodels.errors import Location, NamingError, closest
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Exposure, Metric, NodeId, Ref, Templated
from airflow_sqlmodels.project.resolve import text_in_file
from airflow_sqlmodels.project.semantic.nodes import Semantics
from airflow_sqlmodels.project.written import place_of


class Measured(Struct, frozen=True):
    """The nodes that ask for metrics."""

    found: dict[NodeId, AnyNode] = field(default_factory=dict)
    """With the ids of these."""
    lost: list[tuple[DataTest, NamingError]] = field(default_factory=list)
    """The tests that ask for one that is not there."""


def with_metrics(nodes: Iterable[AnyNode], semantics: Semantics, root: str) -> Measured:
    """The nodes that ask for metrics. Raises NamingError if one that is no test asks for what is not there, or off."""
    asking = [node for node in nodes if isinstance(node, Templated) and node.metric_refs]
    measured = Measured()
    if not asking:
        return measured
    known: dict[str, list[Metric]] = {}
    for metric in semantics.enabled.values():
        if isinstance(metric, Metric):
            known.setdefault(metric.name, []).append(metric)
    disabled = {each.name: each for each in semantics.disabled.values() if isinstance(each, Metric)}
    for node in asking:
        meant = [(ref, _meant(known.get(ref.name, []), ref, (root, node.package))) for ref in node.metric_refs]
        missing = [ref for ref, found in meant if found is None]
        if not missing:
            ids = tuple(found.id for _, found in meant if found is not None)
            measured.found[node.id] = replace(node, metric_ids=ids)
            continue
        error = _missing(node, missing[0], known, disabled.get(missing[0].name))
        if not isinstance(node, DataTest):
            raise error
        measured.lost.append((node, error))
    return measured


def _meant(candidates: list[Metric], ref: Ref, order: tuple[str, ...]) -> Metric | None:
    """As in dbt, that of the root project, else that of the node's package, else any."""
    if ref.package is not None:
        return next((each for each in candidates if each.package == ref.package), None)
    for package in order:
        for each in candidates:
            if each.package == package:
                return each
    return candidates[0] if candidates else None


def _missing(node: Templated, ref: Ref, known: Mapping[str, object], disabled: Metric | None) -> NamingError:
    depends = f"{node.id} depends on a metric named {ref.name!r}"
    where = f" in package or project {ref.package!r}" if ref.package else ""
    if disabled is not None:
        hint = "enable it (config enabled), or disable this one too"
        return NamingError(f"{depends}{where} which is disabled: see {disabled.path}", _place(node, ref), hint)
    hint = closest(ref.name, known.keys() - {ref.name})
    return NamingError(f"{depends}{where} which was not found", _place(node, ref), hint)


def _place(node: Templated, ref: Ref) -> Location:
    if isinstance(node, Exposure) or (isinstance(node, DataTest) and node.generic):
        return node.at
    return place_of(text_in_file(node), node.at.path, "metric", ref.name)
