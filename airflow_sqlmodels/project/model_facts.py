"""What properties tell of a model for those who read the manifest or `graph`: nothing of it changes how it is built."""

from __future__ import annotations

import datetime
from typing import Any

from airflow_sqlmodels.errors import ProjectError, closest
from airflow_sqlmodels.project.properties import Entry, columns_in
from airflow_sqlmodels.project.yaml_text import YamlMap


def time_spine(entry: Entry | None) -> dict[str, Any] | None:
    """Which of its columns hold points in time. Raises ProjectError for columns that it does not describe."""
    said = None if entry is None else entry.content.get("time_spine")
    if said is None or entry is None:
        return None
    if not isinstance(said, YamlMap) or not said.get("standard_granularity_column"):
        raise ProjectError(
            "time_spine has no standard_granularity_column", entry.place(entry.content, "time_spine"),
            "name the column of the points in time: {standard_granularity_column: day}",
        )  # fmt: skip
    _check_time_spine(entry, said)
    return {
        "standard_granularity_column": str(said["standard_granularity_column"]),
        "custom_granularities": [
            {"name": each.get("name"), "column_name": each.get("column_name")}
            for each in said.get("custom_granularities") or ()
        ],
    }


def _check_time_spine(entry: Entry, said: YamlMap) -> None:
    columns = {str(each["name"]): each for each in columns_in(entry, entry.content)}
    name = str(said["standard_granularity_column"])
    at = entry.place(said, "standard_granularity_column")
    if name not in columns:
        what = f"Time spine standard granularity column must be defined on the model: it describes no column {name!r}"
        raise ProjectError(what, at, closest(name, columns) or "describe it below 'columns:', with its granularity")
    if not columns[name].get("granularity"):
        what = f"Time spine standard granularity column must have a granularity defined: {name!r} has none"
        raise ProjectError(what, entry.place(columns[name], "name"), "add 'granularity: day' to the column")
    for each in said.get("custom_granularities") or ():
        own = str(each.get("column_name") or each.get("name"))
        if own not in columns:
            what = f"Time spine custom granularity columns do not exist in the model: it describes no column {own!r}"
            raise ProjectError(what, entry.place(said, "custom_granularities"), closest(own, columns))


def deprecation_date(entry: Entry | None) -> str | None:
    """As a time in ISO 8601; where no zone is given, the local one. Raises ProjectError if it is no date."""
    said = None if entry is None else entry.content.get("deprecation_date")
    if said is None or entry is None:
        return None
    try:
        when = datetime.datetime.fromisoformat(str(said))
    except ValueError:
        place = entry.place(entry.content, "deprecation_date")
        raise ProjectError(f"deprecation_date: {str(said)!r} is no date", place, "write 2024-01-31") from None
    return (when if when.tzinfo else when.astimezone()).isoformat()
