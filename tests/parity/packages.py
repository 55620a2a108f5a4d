"""Puts packages into `dbt_packages` from clones on this machine: the same files for both tools, without a network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment

LEFT_OUT = (".git", "target", "logs", "dbt_packages", "dbt_modules", ".github", ".venv", "venv")


class MissingPackageError(Exception):
    """A package has no clone here."""


def install(project: Path, clones: Path, folders: Mapping[str, str]) -> list[str]:
    """Copy a project's packages and theirs into it; their names. Raises MissingPackageError.

    `folders` says where a package lies among the clones, if not under its own name.
    """
    installed: dict[str, Path] = {}
    waiting = list(_asked_for(project, clones, folders))
    while waiting:
        found = waiting.pop(0)
        name = _settings(found)["name"]
        if name not in installed:
            installed[name] = found
            waiting += _asked_for(found, clones, folders)
    into = project / _folder_of_packages(project)
    shutil.rmtree(into, ignore_errors=True)
    for name, found in installed.items():
        shutil.copytree(found, into / name, ignore=_without_tests_of(found), symlinks=True)
    _write_down(project, into, installed)
    return sorted(installed)


def _folder_of_packages(project: Path) -> str:
    said = _settings(project).get("packages-install-path", "dbt_packages")
    return Environment(autoescape=False).from_string(said).render(env_var=lambda _name, default="dbt_packages": default)


def _without_tests_of(package: Path) -> Callable[[str, list[str]], set[str]]:
    """What is not copied: a package beside its own integration tests holds the project that it is installed into."""
    inside, at_top = shutil.ignore_patterns(*LEFT_OUT), shutil.ignore_patterns(*LEFT_OUT, "integration_tests*")
    return lambda folder, names: (at_top if Path(folder) == package else inside)(folder, names)


def _write_down(project: Path, into: Path, installed: Mapping[str, Path]) -> None:
    """Make packages.yml name all of them: dbt refuses to go on if their number is not the same."""
    for name in ("package-lock.yml", "dependencies.yml"):
        (project / name).unlink(missing_ok=True)
    entries = [{"local": str((into / name).relative_to(project))} for name in installed]
    if entries:
        (project / "packages.yml").write_text(yaml.safe_dump({"packages": entries}), encoding="utf-8")


def _asked_for(project: Path, clones: Path, folders: Mapping[str, str]) -> Iterator[Path]:
    for entry in _entries(project):
        found = _place(entry, project, clones, folders)
        if not (found / "dbt_project.yml").is_file():
            raise MissingPackageError(f"package {_name(entry)}: no clone at {found.name}/")
        yield found


def _entries(project: Path) -> Iterator[Mapping[str, Any]]:
    for name in ("packages.yml", "dependencies.yml"):
        path = project / name
        if path.is_file():
            yield from (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("packages") or ()


def _place(entry: Mapping[str, Any], project: Path, clones: Path, folders: Mapping[str, str]) -> Path:
    if "local" in entry:
        return (project / str(entry["local"])).resolve()
    name = _name(entry)
    return clones / folders.get(name, name) / str(entry.get("subdirectory", "."))


def _name(entry: Mapping[str, Any]) -> str:
    """`dbt_utils` of `dbt-labs/dbt_utils` or of a git address."""
    said = str(entry.get("package") or entry.get("git") or entry.get("local") or entry)
    return said.rstrip("/").rsplit("/", 1)[-1].removesuffix(".git")


def _settings(project: Path) -> dict[str, Any]:
    settings: dict[str, Any] = yaml.safe_load((project / "dbt_project.yml").read_text(encoding="utf-8"))
    return settings
