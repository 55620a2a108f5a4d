"""Groups: their entries, and which one a node belongs to."""

from __future__ import annotations

from typing import Any

from airflow_sqlmodels.manifest.file_paths import plain_path
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Source
from airflow_sqlmodels.templating.entries.attached import attached_id


def group_entries(manifest: Manifest) -> dict[str, Any]:
    """All groups of the project, by id."""
    package = manifest.settings.name
    return {
        f"group.{package}.{name}": {
            "name": name,
            "resource_type": "group",
            "package_name": package,
            "path": plain_path(str(group.get("path", ""))).partition("/")[2],
            "original_file_path": group.get("path", ""),
            "unique_id": f"group.{package}.{name}",
            "owner": {"email": None, "name": None, **(group.get("owner") or {})},
            "description": group.get("description"),
            "config": {"meta": {}, **(group.get("config") or {})},
        }
        for name, group in manifest.groups.items()
    }


def group_of(node: AnyNode, manifest: Manifest) -> str | None:
    """The name of a node's group; of a test in YAML that of what it tests."""
    group = node.config.get("group")
    if isinstance(node, DataTest) and (subject := attached_id(node, manifest)):
        attached = manifest.nodes.get(subject)
        group = group if attached is None or isinstance(attached, Source) else attached.config.get("group")
    return str(group) if group else None


def logged_group(node: AnyNode, manifest: Manifest) -> dict[str, Any] | None:
    """The group of a node as events have it: its owner's fields are texts."""
    name = group_of(node, manifest)
    group = None if name is None else manifest.groups.get(name)
    if group is None:
        return None
    owner = {key: str(value) for key, value in (group.get("owner") or {}).items() if value is not None}
    return {"name": name, "package_name": manifest.settings.name, "owner": owner}
