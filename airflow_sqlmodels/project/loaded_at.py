"""How a source says when it was loaded: a column or a query, of the table or of the source as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.project.properties import Entry

FIELD, QUERY = "loaded_at_field", "loaded_at_query"


def loaded_at(entry: Entry, table: Mapping[str, Any]) -> dict[str, Any]:
    """`loaded_at_field` and `loaded_at_query` of a table as they are written; a key that nobody says is not there.

    Raises ProjectError if both are said at one level, or if the column has no name.
    """
    for holder, level in ((table, "table"), (entry.content, "source")):
        _refuse(entry, holder, level)
    says_field, says_query = FIELD in table or FIELD in _config(table), _says(table, QUERY) is not None
    found = {}
    if says_field or _says(entry.content, FIELD) is not None:
        found[FIELD] = _says(table if says_field else entry.content, FIELD)
    if says_query or FIELD in table or _config(table).get(FIELD) or _says(entry.content, QUERY) is not None:
        own = says_query or FIELD in table or bool(_config(table).get(FIELD))
        found[QUERY] = _says(table if own else entry.content, QUERY)
    return found


def _refuse(entry: Entry, holder: Mapping[str, Any], level: str) -> None:
    if holder.get(FIELD) == "":
        what = f"{FIELD} cannot be an empty string"
        raise ProjectError(what, entry.place(holder, FIELD), f"without one write '{FIELD}: null'")
    present = FIELD in holder if level == "table" else bool(holder.get(FIELD))
    if (present or _config(holder).get(FIELD)) and _says(holder, QUERY):
        place = holder if QUERY in holder else _config(holder)
        raise ProjectError(f"Cannot specify both {FIELD} and {QUERY} at {level} level", entry.place(place, QUERY))


def _says(holder: Mapping[str, Any], key: str) -> Any:
    return holder.get(key) or _config(holder).get(key)


def _config(holder: Mapping[str, Any]) -> Mapping[str, Any]:
    said = holder.get("config")
    return said if isinstance(said, Mapping) else {}
