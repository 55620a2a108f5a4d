"""Where in a template something is written."""

from __future__ import annotations

import re

from airflow_sqlmodels.errors import Location, line_location
from airflow_sqlmodels.manifest.nodes import Model

_REFERENCE = r"\b{name}\s*\([^)]*['\"]{target}['\"]"


def place_of(text: str, path: str, name: str, target: str) -> Location:
    """Where a template says `ref('target')` (or `source`), as well as it can be told; the file's beginning else."""
    found = re.search(_REFERENCE.format(name=name, target=re.escape(target)), text)
    if found is None:
        return Location(path, 1)
    offset = found.start() + found.group().rfind(target)
    line = text.count("\n", 0, offset) + 1
    column = offset - text.rfind("\n", 0, offset)
    return Location(path, line, column, line_location(text, line, path).text)


def place_of_value(node: Model, value: str) -> Location:
    """Where a model's file says `value` as a text, else the file itself (a folder's config said it)."""
    offset = next((found for quote in "'\"" if (found := node.raw_code.find(f"{quote}{value}{quote}")) >= 0), -1)
    if offset < 0:
        return Location(node.at.path, 1)
    line = node.raw_code.count("\n", 0, offset)
    column = offset - node.raw_code.rfind("\n", 0, offset) + 1
    return Location(node.at.path, node.body_line + line, column, node.raw_code.split("\n")[line].rstrip("\r"))
