"""Which warnings are errors, and which are not told: --warn-error and --warn-error-options, with dbt's names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import click

from airflow_sqlmodels.errors import SqlModelsError, closest
from airflow_sqlmodels.project.yaml_text import parse_yaml, plain

TEST_RESULT = "LogTestResult"
"""A data test that warned."""
BROKEN_CONTRACT = "UnversionedBreakingChange"
"""A model without versions that breaks its contract."""
NOTHING_SELECTED = "NoNodesForSelectionCriteria"
"""A selection that names nothing."""

SELECT_IGNORED = "SelectExcludeIgnoredWithSelectorWarning"
"""A selector by name beside expressions, which do not count then."""

Rule = Literal["error", "warn", "silence"]

_OLD = {"include": "error", "exclude": "warn"}
"""What dbt called them before."""


def options_of(text: str) -> dict[str, Any]:
    """The value of --warn-error-options. Raises UsageError if it is none."""
    try:
        said = plain(parse_yaml(text, "--warn-error-options"))
    except SqlModelsError as error:
        raise click.UsageError(str(error)) from None
    form = "write '{error: all, warn: [LogTestResult], silence: [NoNodesForSelectionCriteria]}'"
    if not isinstance(said, dict):
        raise click.UsageError(f"--warn-error-options must be a mapping, not {text!r}: {form}")
    known = ("error", "warn", "silence", *_OLD)
    for key in said:
        if key not in known:
            raise click.UsageError(f"--warn-error-options: unknown key {key!r}, {closest(key, known) or form}")
    return said


def rule_for(name: str, options: Mapping[str, Any] | None, *, strict: bool) -> Rule:
    """What becomes of a warning of that name; "" for those that dbt has no name for."""
    said = {_OLD.get(key, key): value for key, value in (options or {}).items()}
    if name in _listed(said.get("silence")):
        return "silence"
    if name in _listed(said.get("warn")):
        return "warn"
    errors = said.get("error")
    return "error" if strict or errors in ("all", "*") or name in _listed(errors) else "warn"


def _listed(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
