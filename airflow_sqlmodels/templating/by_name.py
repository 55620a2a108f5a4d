"""What `ref`, `source`, `function` and `metric` mean by their names alone.

So it is in templates of the command line, of which nothing was resolved while loading; of metrics it is so everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sqlmodels.errors import CompilationError, closest
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Metric, Model, NodeId, Ref, Seed, Snapshot


def node_named(manifest: Manifest, ref: Ref) -> NodeId:
    """The node that a ref means; a model without the version it asks for is its latest. Raises CompilationError."""
    packages = (ref.package,) if ref.package else (manifest.settings.name, *manifest.settings.packages)
    for package in packages:
        for kind in ("model", "seed", "snapshot"):
            found = next(_versions(manifest, kind, package, ref), None)
            if found is not None:
                return found
    names = {node.name for node in manifest.values() if isinstance(node, (Model, Seed, Snapshot))}
    version = "" if ref.version is None else f" in version {ref.version}"
    raise CompilationError(f"no model, seed or snapshot {ref.name!r}{version}", None, closest(ref.name, names))


def source_named(manifest: Manifest, source: str, table: str) -> NodeId | None:
    """The table of a source; None if there is none."""
    ids = (NodeId(f"source.{package}.{source}.{table}") for package in manifest.settings.packages)
    return next((node_id for node_id in ids if node_id in manifest), None)


def function_named(manifest: Manifest, name: str, package: str | None) -> NodeId:
    """The function of that name. Raises CompilationError if there is none."""
    packages = (package,) if package else (manifest.settings.name, *manifest.settings.packages)
    ids = (NodeId(f"function.{each}.{name}") for each in packages)
    found = next((node_id for node_id in ids if node_id in manifest.nodes), None)
    if found is None:
        raise CompilationError(f"no function {name!r}")
    return found


def metric_named(manifest: Manifest, asked: Ref, package: str) -> Metric:
    """The metric that a `metric(...)` in a template of `package` means. Raises CompilationError if there is none."""
    packages = (asked.package,) if asked.package else (manifest.settings.name, package, *manifest.settings.packages)
    for each in packages:
        found = manifest.nodes.get(NodeId(f"metric.{each}.{asked.name}"))
        if isinstance(found, Metric):
            return found
    names = {node.name for node in manifest.values() if isinstance(node, Metric)}
    where = f" in package or project {asked.package!r}" if asked.package else ""
    what = f"no metric {asked.name!r}{where}: it was not found or is disabled"
    raise CompilationError(what, None, closest(asked.name, names - {asked.name}))


def _versions(manifest: Manifest, kind: str, package: str, ref: Ref) -> Iterator[NodeId]:
    node_id = NodeId(f"{kind}.{package}.{ref.name}")
    if ref.version is None and node_id in manifest:
        yield node_id
    if kind == "model":
        for node in manifest.values():
            if (
                isinstance(node, Model)
                and (node.name, node.package) == (ref.name, package)
                and node.version is not None
            ):
                wanted = node.latest_version if ref.version is None else str(ref.version)
                if node.version == wanted:
                    yield node.id
