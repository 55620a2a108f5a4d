"""Warnings of models that are to go, and of those that read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from airflow_sqlmodels.manifest.nodes import AnyNode, Model
from airflow_sqlmodels.manifest.warned import Warned


def deprecated_models(nodes: Iterable[AnyNode]) -> Iterator[Warned]:
    """A warning for each model with a `deprecation_date`, and for each model that reads one."""
    listed = [node for node in nodes if isinstance(node, Model)]
    going = {node.id: node for node in listed if node.deprecation_date}
    for node in going.values():
        date = str(node.deprecation_date)
        version = "" if node.version is None else f".v{node.version}"
        what = f"Model {node.name}{version} has passed its deprecation date of {date}"
        text = f"{node.path}: {what}: remove or disable it"
        data = {"model_name": node.name, "model_version": node.version or "", "deprecation_date": date}
        yield Warned(text, "DeprecatedModel", data, since=date)
    for reader in listed if going else ():
        for node_id in dict.fromkeys(reader.depends_on):
            if node_id in going:
                yield from _reference(reader, going[node_id])


def _reference(reader: Model, node: Model) -> Iterator[Warned]:
    date = str(node.deprecation_date)
    data = {
        "model_name": reader.name,
        "ref_model_package": node.package,
        "ref_model_name": node.name,
        "ref_model_version": node.version or "",
        "ref_model_latest_version": str(node.latest_version),
        "ref_model_deprecation_date": date,
    }
    newer = node.version and node.version != node.latest_version
    hint = f"; try its newer version: ref({node.name!r}, v={node.latest_version!r})" if newer else ""
    begin = f"{reader.path}: {reader.name} reads {_shown(node)}, which"
    yield Warned(f"{begin} is to be deprecated on {date}{hint}", "UpcomingReferenceDeprecation", data, until=date)
    yield Warned(f"{begin} was deprecated on {date}{hint}", "DeprecatedReference", data, since=date)


def _shown(node: Model) -> str:
    return repr(node.name) if node.version is None else f"{node.name!r} in version {node.version}"
