"""Groups of models, as property files declare them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airflow_sqlmodels.project.configs import ConfigTree, merge_plainly
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.yaml_text import plain

_HOOKS = frozenset(("pre-hook", "post-hook", "pre_hook", "post_hook"))


def groups(parts: Parts, entries: Iterable[Entry]) -> dict[str, dict[str, Any]]:
    """By name: what is said of each, where, and its config."""
    return {
        entry.name: {**entry.content, "path": entry.file.path, "config": _config(parts, entry)}
        for entry in entries
        if entry.kind == "group"
    }


def _config(parts: Parts, entry: Entry) -> dict[str, Any]:
    """As in dbt, that of models in its folder is part of it, but for hooks; all of `meta` adds up."""
    package, root = entry.file.package, parts.settings.name
    fqn = (package, *entry.file.folders, entry.name)
    own = parts.rendered(plain(entry.content.get("config") or {}), package, entry.at, depth=2)
    layers = [_of_models(parts, package, fqn), own]
    if package != root:
        layers.append(_of_models(parts, root, fqn))
    found: dict[str, Any] = {}
    for layer in layers:
        found = _over(found, layer)
    return {key: value for key, value in found.items() if key not in _HOOKS}


def _of_models(parts: Parts, package: str, fqn: tuple[str, ...]) -> dict[str, Any]:
    return ConfigTree(parts.projects[package].trees["model"].tree, _over).configs(fqn)


def _over(base: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    meta = {**(base.get("meta") or {}), **(more.get("meta") or {})}
    return merge_plainly(base, {**more, "meta": meta} if meta else more)
