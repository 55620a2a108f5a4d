"""What installing packages has to know of the project itself; neither a profile nor variables are needed for it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import Location, ProjectError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.project.rendering import YamlRenderer
from airflow_sqlmodels.project.settings import PACKAGES_FOLDER
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.yaml_text import parse_yaml, place_in, plain
from airflow_sqlmodels.templating.variables import EnvVar, Var


class Home(Struct, frozen=True):
    """A project that asks for packages."""

    name: str
    root: Path
    folder: Path
    """Where its packages are."""
    flags: Mapping[str, Any]


def home_of(root: Path, variables: Mapping[str, Any]) -> Home:
    """The project in `root`. Raises ProjectError if it has no dbt_project.yml, or that has no name."""
    path = root / PROJECT_FILE
    if not path.is_file():
        raise ProjectError(f"no {PROJECT_FILE} in {root}", None, "name the project's folder with --project-dir")
    text = text_of(path, PROJECT_FILE)
    content = parse_yaml(text, PROJECT_FILE) or {}
    render = YamlRenderer({"env_var": EnvVar({}), "var": Var(variables, str, strict=False)})

    def rendered(key: str) -> Any:
        return plain(render.value(content.get(key), place_in(content, key, PROJECT_FILE, text)))

    if not rendered("name"):
        raise ProjectError(f"{PROJECT_FILE} has no name", Location(PROJECT_FILE), "add 'name: my_project' to it")
    folder = root / str(rendered("packages-install-path") or PACKAGES_FOLDER)
    if folder.resolve() in (root.resolve(), *root.resolve().parents):
        at = place_in(content, "packages-install-path", PROJECT_FILE, text)
        raise ProjectError(f"packages-install-path is {folder}, which holds the project itself", at)
    return Home(str(rendered("name")), root, folder, rendered("flags") or {})
