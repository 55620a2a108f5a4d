"""The entries of groups."""

from __future__ import annotations

from typing import Any

from airflow_sqlmodels.manifest.manifest import Manifest


def group_entries(manifest: Manifest) -> dict[str, Any]:
    """All groups of the project, by id."""
    package = manifest.settings.name
    return {
        f"group.{package}.{name}": {
            "name": name,
            "resource_type": "group",
            "package_name": package,
            "path": str(group.get("path", "")).partition("/")[2],
            "original_file_path": group.get("path", ""),
            "unique_id": f"group.{package}.{name}",
            "owner": {"email": None, "name": None, **(group.get("owner") or {})},
            "description": group.get("description"),
            "config": {"meta": {}, **(group.get("config") or {})},
        }
        for name, group in manifest.groups.items()
    }
