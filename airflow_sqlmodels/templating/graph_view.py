"""`graph` in templates: the whole project as plain data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.manifest.lost import tests_of_nothing
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.templating.node_view import place_view, template_view

_PARTS: Mapping[str, tuple[str, ...]] = {
    "nodes": ("model", "seed", "snapshot", "test", "analysis", "operation"),
    "sources": ("source",),
    "exposures": ("exposure",),
    "functions": ("function",),
    "unit_tests": ("unit_test",),
    "metrics": ("metric",),
    "semantic_models": ("semantic_model",),
    "saved_queries": ("saved_query",),
}


class GraphView(MutableMapping[str, Any]):
    """Each part is made when it is asked for first. What macros put into it stays for the rest of the run."""

    def __init__(self, manifest: Manifest, dialect: Dialect, kept: MutableMapping[str, Any]) -> None:
        self._manifest = manifest
        self._dialect = dialect
        self._kept = kept

    def __getitem__(self, part: str) -> Any:
        if part not in self._kept:
            self._kept[part] = self._made(part)
        return self._kept[part]

    def __setitem__(self, part: str, value: Any) -> None:
        self._kept[part] = value

    def __delitem__(self, part: str) -> None:
        del self._kept[part]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*_PARTS, "groups", *self._kept)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _made(self, part: str) -> dict[str, Any]:
        if part == "groups":
            return dict(self._manifest.groups)
        kinds = _PARTS[part]
        wanted = (node for node_id, node in self._manifest.items() if node_id.partition(".")[0] in kinds)
        views: dict[str, Any] = {node.id: self._view(node) for node in wanted}
        if part == "nodes":
            for test in tests_of_nothing(self._manifest):
                view = template_view(test, self._dialect)
                views[test.id] = {**view, "config": {**view["config"], "enabled": False}}
        return views

    def _view(self, node: AnyNode) -> dict[str, Any]:
        return {**template_view(node, self._dialect), **place_view(node, self._manifest.settings.target.database)}
