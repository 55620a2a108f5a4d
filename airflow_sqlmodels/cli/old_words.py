"""Words of the command line that have another name today."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from airflow_sqlmodels.cli.warnings import TODAY, old_keys
from airflow_sqlmodels.manifest.warned import Warned

_OLD_SELECT = ("--models", "--model", "-m")


def old_words(context: click.Context, options: Mapping[str, Any] | None) -> Iterator[Warned]:
    """A warning for each of them that was used. `options` is what holds of --warn-error-options."""
    old = old_keys(options)
    if old:
        listed = " and ".join(f"'{key}' is called '{TODAY[key]}' today" for key in old)
        data = {"found_include": "include" in old, "found_exclude": "exclude" in old}
        yield Warned(f"warn_error_options: {listed}", "WEOIncludeExcludeDeprecation", data)
    args: list[str] = (context.find_root().obj or {}).get("args") or []
    used = next((arg.partition("=")[0] for arg in args if arg.partition("=")[0] in _OLD_SELECT), None)
    if used is not None:
        yield Warned(f"{used} is called --select today", "ModelParamUsageDeprecation", {})
