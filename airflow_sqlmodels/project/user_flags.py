"""`config:` of profiles.yml: where flags stood before dbt_project.yml had `flags:`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow_sqlmodels.errors import Location, ProjectError, SettingsError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.profiles import find_profiles_file
from airflow_sqlmodels.project.yaml_text import parse_yaml, plain

_KEY = re.compile(r"^(config|['\"]config['\"])\s*:", re.MULTILINE)
_MOVE = f"move what stands below 'config' to 'flags' in {PROJECT_FILE}"


def user_flags(root: Path, profiles_dir: Path | None) -> Mapping[str, Any]:
    """The flags of profiles.yml, if there are any. What is wrong with that file is said when its profile is read."""
    path = find_profiles_file(root, profiles_dir)
    text = path.read_text(encoding="utf-8", errors="replace") if path else ""
    if not _KEY.search(text):  # few have it, and reading YAML takes time
        return {}
    try:
        content = plain(parse_yaml(text, "profiles.yml"))
    except ProjectError:
        return {}
    said = content.get("config") if isinstance(content, dict) else None
    return said if isinstance(said, dict) else {}


def refuse_both(user: Mapping[str, Any], project: Mapping[str, Any]) -> None:
    """Raises SettingsError if flags stand in both files."""
    if user and project:
        what = f"Do not specify both 'config' in profiles.yml and 'flags' in {PROJECT_FILE}"
        raise SettingsError(what, Location(PROJECT_FILE), _MOVE)


def moved_flags() -> Warned:
    """The warning of flags in profiles.yml."""
    text = f"User config should be moved from the 'config' key in profiles.yml to the 'flags' key in {PROJECT_FILE}."
    return Warned(text, "ProjectFlagsMovedDeprecation")
