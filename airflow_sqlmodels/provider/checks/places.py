"""Where in a file something stands that was found in what the file became."""

from __future__ import annotations

import re

from airflow_sqlmodels.errors import Location, location_in
from airflow_sqlmodels.manifest.nodes import Templated


def place_of_word(node: Templated, word: str) -> Location:
    """The first place of a whole word in a node's own code; else the node's file."""
    text = "\n" * (node.body_line - 1) + node.raw_code
    found = re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)
    return location_in(text, found.start(), node.at.path) if found else Location(node.at.path)
