"""vars.yml: the variables of a project in a file of their own, beside dbt_project.yml."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow_sqlmodels.errors import Location, SettingsError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.yaml_text import parse_yaml, place_in, with_numbers

VARS_FILE = "vars.yml"


def file_vars(root: Path, shown: str, project: Mapping[str, Any], at: Location) -> dict[str, Any]:
    """What vars.yml in a project's folder says; empty if it says nothing. `at` is where the project says `vars:`.

    Raises SettingsError if that is no mapping, or if the project itself has variables as well.
    """
    path = root / VARS_FILE
    if not path.is_file():
        return {}
    text = text_of(path, shown + VARS_FILE)
    content = parse_yaml(text, shown + VARS_FILE)
    if content is not None and not isinstance(content, dict):
        raise SettingsError("this file must be a mapping", Location(shown + VARS_FILE, 1), "begin with 'vars:'")
    said = (content or {}).get("vars")
    if not said:
        return {}
    if not isinstance(said, dict):
        place = place_in(content, "vars", shown + VARS_FILE, text)
        raise SettingsError("vars must be a mapping", place, "write each as 'name: value'")
    if project.get("vars"):
        what = f"Variables cannot be defined in both {VARS_FILE} and {PROJECT_FILE}."
        raise SettingsError(what, at, f"keep those of one file: {VARS_FILE} has {len(said)}")
    return dict(with_numbers(said))
