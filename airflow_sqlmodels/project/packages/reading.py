"""packages.yml and dependencies.yml, as a list of packages that are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import Location, ProjectError, closest
from airflow_sqlmodels.project.installed import ASKING_FILES
from airflow_sqlmodels.project.packages.asked import Package
from airflow_sqlmodels.project.packages.entries import canonical, package_of
from airflow_sqlmodels.project.packages.secrets import without_secrets, without_users
from airflow_sqlmodels.project.rendering import YamlRenderer
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.yaml_text import parse_yaml, place_in, plain
from airflow_sqlmodels.templating.variables import EnvVar, Var

PACKAGES_FILE, DEPENDENCIES_FILE = ASKING_FILES


class Asked(Struct, frozen=True):
    """What one project asks for."""

    file: str
    """packages.yml or dependencies.yml: where it says so."""
    packages: tuple[Package, ...] = ()
    canonical: tuple[Mapping[str, Any], ...] = ()
    """The entries in the form whose hash dbt writes into the lock file."""


def renderer(variables: Mapping[str, Any]) -> YamlRenderer:
    """What renders the templates of these files; they may read secrets."""
    return YamlRenderer({"env_var": EnvVar({}, secrets_allowed=True), "var": Var(variables, str)})


def read_asked(root: Path, render: YamlRenderer, *, shown: str = "", is_root: bool = True) -> Asked:
    """What the project in `root` asks for. `shown` stands before its files' names when users are told of them.

    As in dbt, templates in the root project's dependencies.yml are not rendered.
    """
    packages, dependencies = (_content(root, name, shown) for name in (PACKAGES_FILE, DEPENDENCIES_FILE))
    if packages.entries is not None and dependencies.entries is not None:
        at = place_in(dependencies.content, "packages", dependencies.path, dependencies.text)
        raise ProjectError(f"{PACKAGES_FILE} lists packages too", at, "keep all of them in one of the two files")
    if dependencies.entries is not None:
        return _asked(DEPENDENCIES_FILE, dependencies, None if is_root else render)
    _refuse_unknown_keys(packages)
    return _asked(PACKAGES_FILE, packages, render)


def packages_in(content: Any, path: str, text: str, render: YamlRenderer | None) -> Asked:
    """The packages of a document that was read already."""
    return _asked(path, _File(content, path, text), render)


class _File(Struct, frozen=True):
    content: Any
    path: str
    text: str

    @property
    def entries(self) -> Any:
        return self.content.get("packages")


def _content(root: Path, name: str, shown: str) -> _File:
    try:
        text = text_of(root / name, shown + name)
    except FileNotFoundError:
        return _File({}, shown + name, "")
    content = parse_yaml(text, shown + name)
    if content is not None and not isinstance(content, dict):
        raise ProjectError("this is not a mapping", Location(shown + name), "begin it with 'packages:'")
    return _File({} if content is None else content, shown + name, text)


def _refuse_unknown_keys(file: _File) -> None:
    for key in file.content:
        if key != "packages":
            at = place_in(file.content, key, file.path, file.text)
            hint = f"it belongs in {DEPENDENCIES_FILE}" if key == "projects" else closest(key, ["packages"])
            raise ProjectError(f"{PACKAGES_FILE} knows no {key!r}", at, hint)


def _asked(name: str, file: _File, render: YamlRenderer | None) -> Asked:
    entries = file.entries or []
    if not isinstance(entries, list):
        at = place_in(file.content, "packages", file.path, file.text)
        raise ProjectError("'packages' is not a list", at, "begin each package with a dash")
    found: list[Package] = []
    canonicals: list[Mapping[str, Any]] = []
    for index, entry in enumerate(entries):
        place = place_in(entries, index, file.path, file.text)
        at = replace(place, text=without_users(place.text))
        if not isinstance(entry, dict):
            what = f"this is not a package: {without_secrets(repr(entry))}"
            raise ProjectError(what, at, "write it as 'package: name' and 'version: …'")
        unrendered = plain(entry)
        rendered = unrendered if render is None else plain(render.value(entry, at))
        found.append(package_of(rendered, unrendered, at))
        canonicals.append(canonical(rendered, unrendered))
    return Asked(name, tuple(found), tuple(canonicals))
