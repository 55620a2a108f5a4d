"""Flags of ~/.dbt/user_settings.yml: what a user wants of each project that says nothing of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.project.yaml_text import parse_yaml, plain

_FILE = Path(".dbt", "user_settings.yml")
_VARS = "vars_text"
_NOT_HERE = {"project_dir"}
"""What is needed to know which project is asked first."""


def user_settings() -> Mapping[str, Any]:
    """`flags:` of the file in the home folder. As with dbt, one that cannot be read says nothing."""
    try:
        place = Path.home() / _FILE
        text = place.read_text(encoding="utf-8") if place.is_file() else ""
        content = plain(parse_yaml(text, _FILE.name)) if text else None
    except (OSError, RuntimeError, UnicodeDecodeError, ProjectError):  # RuntimeError: there is no home folder
        return {}
    flags = content.get("flags") if isinstance(content, dict) else None
    return flags if isinstance(flags, dict) else {}


def wanted(
    settings: Mapping[str, Any], unsaid: Mapping[str, tuple[click.Context, click.Parameter]], project: Mapping[str, Any]
) -> dict[str, Any]:
    """The values of options that neither this call nor the project's flags say.

    `unsaid` has each option that the call left out. Raises BadParameter for a value that the option cannot have.
    """
    names = {_VARS if name == "vars" else name: name for name in settings}
    asked = {key: settings[name] for key, name in names.items() if key in unsaid and project.get(name) is None}
    return {
        key: _read(value, *unsaid[key]) for key, value in asked.items() if value is not None and key not in _NOT_HERE
    }


def _read(value: Any, context: click.Context, option: click.Parameter) -> Any:
    """A value of the file as if it stood on the command line."""
    if isinstance(value, dict):
        value = json.dumps(value)
    if getattr(option, "multiple", False) and not isinstance(value, list):
        value = [value]
    return option.type_cast_value(context, value)
