"""Configs of dbt_project.yml for folders or nodes that are not there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.nodes import AnyNode, resource_type
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.settings import CONFIG_KEYS, ProjectFile

Fqn = tuple[str, ...]

_KINDS = {kind: key.replace("-", "_") for kind, key in CONFIG_KEYS.items() if kind != "analysis"}
"""What dbt calls the configs of each kind that it looks at."""


def unused_configs(project: ProjectFile, nodes: Iterable[AnyNode], disabled: Iterable[AnyNode]) -> Iterator[Warned]:
    """A warning that lists them, if there are any. As in dbt, a disabled node of whatever kind is one that is there."""
    there: dict[str, set[Fqn]] = {kind: set() for kind in _KINDS}
    for node in nodes:
        there.setdefault(resource_type(node), set()).update(_prefixes(node.fqn))
    off = {prefix for node in disabled for prefix in _prefixes(node.fqn)}
    unused = [
        ".".join((name, *path))
        for kind, name in _KINDS.items()
        for path in _paths(project.trees[kind].tree)
        if path not in there[kind] and path not in off
    ]
    if unused:
        listed = "".join(f"\n- {each}" for each in unused)
        text = f"Configuration paths exist in {PROJECT_FILE} that do not apply to any resources:{listed}"
        yield Warned(text, "UnusedResourceConfigPath", {"unused_config_paths": unused})


def _prefixes(fqn: Fqn) -> Iterator[Fqn]:
    return (fqn[:length] for length in range(len(fqn) + 1))


def _paths(tree: Mapping[str, Any], above: Fqn = ()) -> Iterator[Fqn]:
    """Each path that has configs, once."""
    if any(key.startswith("+") or not isinstance(value, Mapping) for key, value in tree.items()):
        yield above
    for key, value in tree.items():
        if isinstance(value, Mapping) and not key.startswith("+"):
            yield from _paths(value, (*above, key))
