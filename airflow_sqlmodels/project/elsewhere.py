"""What one package says of a model or seed that stands in another one."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry

Key = tuple[str, str, str]
"""Kind, package and name."""


def described_elsewhere(parts: Parts, built: Iterable[AnyNode]) -> dict[Key, Entry]:
    """For nodes that their own package does not describe: the entry of another package that holds for them.

    As in dbt, it holds if that package has no node of the name itself, or its own is disabled.
    """
    enabled = {
        (node.id.partition(".")[0], node.package, node.name)
        for node in built
        if node.config.get("enabled", True) is not False
    }
    found: dict[Key, Entry] = {}
    for key, entry in parts.entries.items():
        if entry.kind in ("model", "seed") and entry.version is None and key not in enabled:
            others = ((entry.kind, package, entry.name) for package in (parts.settings.name, *parts.projects))
            other = next((each for each in others if each in enabled and each not in parts.entries), None)
            if other is not None:
                found[other] = entry
    return found
