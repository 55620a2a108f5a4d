"""Which files and folders of a project a path pattern names: the method `path`. It looks at nodes, not at the disk."""

from __future__ import annotations

from fnmatch import fnmatchcase
from itertools import chain

from airflow_sqlmodels.manifest.file_paths import plain_path
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode


def paths_of(node: AnyNode) -> tuple[str, ...]:
    """The node's file, the folders above it, and its properties file."""
    own = plain_path(node.path)
    parts = own.split("/")
    above = ("/".join(parts[:length]) for length in range(1, len(parts)))
    return (own, *above, plain_path(node.patch_path)) if node.patch_path else (own, *above)


def selected_paths(manifest: Manifest, pattern: str) -> set[str]:
    """The files and folders of the project itself that match `pattern`: `*` stays in a folder, `**` does not.

    A package's node is found by it if it lies at the same place in its package, as in dbt. What is disabled counts: the
    folder that it lies in is there.
    """
    wanted = tuple(part for part in pattern.split("/") if part not in ("", "."))
    there = chain(manifest.nodes.values(), *manifest.disabled.values())
    own = (node for node in there if node.package == manifest.settings.name)
    known = {path for node in own for path in paths_of(node)}
    return {path for path in known if _fits(tuple(path.split("/")), wanted)}


def _fits(parts: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    if not wanted:
        return not parts
    if wanted[0] == "**":
        return any(_fits(parts[skipped:], wanted[1:]) for skipped in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], wanted[0]) and _fits(parts[1:], wanted[1:])
