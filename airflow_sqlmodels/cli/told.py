"""What was said on the command line, in the form in which run_results.json and templates are told of it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

_WORDS = ("select", "exclude")
"""Options of which one value may hold several."""


def as_told(values: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """The values that were said, by name; `known` has what was read of some: a window, moments, rules of warnings.

    As in dbt a selection is told word by word, and `--no-fail-fast`, which is usual, not at all.
    """
    said = {key: str(value) if isinstance(value, Path) else value for key, value in values.items() if value is not None}
    for key in _WORDS:
        if key in said:
            said[key] = tuple(word for text in said[key] for word in text.split())
    if said.get("fail_fast") is False:
        del said["fail_fast"]
    if known.get("warn_error_options") is not None:
        said["warn_error_options"] = known["warn_error_options"]
    if known.get("sample"):
        window = known["sample"]
        said["sample"] = {"start": window.start.isoformat(), "end": window.end.isoformat()}
    for key in ("event_time_start", "event_time_end"):
        if known.get(key):
            said[key] = known[key].replace(tzinfo=None).isoformat()
    return said
