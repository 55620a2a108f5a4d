"""selectors.yml: selections with a name. Their meaning is `graph.yaml_selectors`' business."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.yaml_text import parse_yaml, place_in, plain

SELECTORS_FILE = "selectors.yml"


def read_selectors(root: Path) -> dict[str, Any]:
    """The entries of selectors.yml by name, as they are written. Raises ProjectError if one has no name."""
    path = root / SELECTORS_FILE
    if not path.is_file():
        return {}
    text = text_of(path, SELECTORS_FILE)
    content = parse_yaml(text, SELECTORS_FILE)
    listed = content.get("selectors") if isinstance(content, dict) else None
    found: dict[str, Any] = {}
    for index, entry in enumerate(listed or ()):
        if not isinstance(entry, dict) or not entry.get("name"):
            raise ProjectError(
                "a selector has no name", place_in(listed, index, SELECTORS_FILE, text), "begin it with '- name:'"
            )
        found[str(entry["name"])] = plain(entry)
    return found
