"""Warnings of nodes of packages that read what the root project has: a package is meant to stand by itself."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from airflow_sqlmodels.manifest.nodes import AnyNode, Templated
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.resolve import NODE_FIRST


def upward_refs(nodes: Iterable[AnyNode], root: str) -> Iterator[Warned]:
    """A warning for each `ref` of a package that found a node of the root project, and does not name that project."""
    for node in nodes:
        if not isinstance(node, Templated) or node.package == root:
            continue
        for ref, found in zip(node.refs, node.ref_ids, strict=False):  # of some tests not all are known
            if ref.package != root and found.split(".", 2)[1] == root:
                said = f"{node.at.path}: '{node.name}' of the package '{node.package}' depends on {found}"
                hint = f"set the flag {NODE_FIRST}, and a package's own nodes are found first"
                data = {"node_name": node.name, "package_name": node.package, "root_project_unique_id": found}
                yield Warned(
                    f"{said} of the root project: {hint}", "PackageNodeDependsOnRootProjectNode", data, once=True
                )
