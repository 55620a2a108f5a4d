"""index.html: the parts of the page put together into one file that needs nothing else from anywhere."""

from __future__ import annotations

import html
import json
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from airflow_sqlmodels.artifacts.json_text import write_text

_SCRIPTS = ("markdown.js", "project.js", "lineage.js", "pages.js", "main.js")
"""In the order of their dependency."""

_KEPT = {
    *("unique_id", "name", "resource_type", "package_name", "original_file_path", "fqn", "description", "tags", "meta"),
    *("config", "docs", "database", "schema", "alias", "identifier", "relation_name", "raw_code", "compiled_code"),
    *("depends_on", "columns", "access", "group", "version", "latest_version", "source_name", "source_description"),
    *("loader", "column_name", "attached_node", "test_metadata", "type", "owner", "label", "url", "maturity", "model"),
    *("patch_path", "freshness", "loaded_at_field"),
}
"""What the page shows of a node."""


def write_page(folder: Path, title: str) -> None:
    """Write index.html, which reads manifest.json and catalog.json beside it."""
    write_text(folder / "index.html", page(title, "null"))


def write_static_page(folder: Path) -> None:
    """Write static_index.html, with what manifest.json and catalog.json say inside."""
    manifest, path = json.loads((folder / "manifest.json").read_bytes()), folder / "catalog.json"
    catalog = json.loads(path.read_bytes()) if path.is_file() else {}
    data = {"manifest": shown(manifest), "catalog": catalog}
    write_text(folder / "static_index.html", page(manifest["metadata"].get("project_name") or "", _in_script(data)))


def page(title: str, data: str) -> str:
    """The whole page. `data` is a JavaScript expression; null: the page fetches what it shows."""
    parts = files(__package__ or __name__)
    script = "\n".join((parts / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    filled = {"title": html.escape(title), "style": (parts / "page.css").read_text(encoding="utf-8"), "data": data}
    text = (parts / "page.html").read_text(encoding="utf-8")
    for name, value in {**filled, "script": script}.items():
        before, _, after = text.partition(f"<!-- {name} -->")
        text = before + value + after
    return text


def shown(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """The part of a manifest.json that the page shows."""
    kinds = ("nodes", "sources", "exposures", "unit_tests")
    kept = {kind: {node_id: _kept(node) for node_id, node in manifest.get(kind, {}).items()} for kind in kinds}
    names = ("project_name", "generated_at", "adapter_type", "dbt_version")
    head = {name: manifest["metadata"].get(name) for name in names}
    docs = {key: doc for key, doc in manifest.get("docs", {}).items() if key.endswith(".__overview__")}
    return {"metadata": head, **kept, "docs": docs}


def _kept(node: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in node.items() if key in _KEPT}


def _in_script(data: Any) -> str:
    """JSON that cannot end the script in which it stands."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
