"""Whether the packages that a project asks for are there, in the versions that package-lock.yml names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import Location, NamingError
from airflow_sqlmodels.project.settings import ProjectFile, packages_folder
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.yaml_text import parse_yaml, place_in

LOCK_FILE = "package-lock.yml"
ASKING_FILES = ("packages.yml", "dependencies.yml")
RECORD = ".package-lock.yml"
"""In the packages' folder: the lock file from which they were installed. dbt leaves none."""

_HINT = "run: sqlmodels deps"


class _Entries(Struct, frozen=True):
    """The packages of one file."""

    listed: Any
    path: str
    text: str

    def place(self, index: int) -> Location:
        return place_in(self.listed, index, self.path, self.text)

    def versions(self) -> dict[str, str]:
        """By name: the version or commit of those that have one."""
        entries = (each for each in self.listed if isinstance(each, dict))
        said = ((each.get("name"), each.get("version") or each.get("revision")) for each in entries)
        return {str(name): str(version) for name, version in said if name and version}


def about_packages(project: ProjectFile) -> Iterator[Path]:
    """The files that say which packages there should be, and which there are."""
    yield from (project.root / name for name in (LOCK_FILE, *ASKING_FILES))
    yield project.root / packages_folder(project) / RECORD


def refuse_missing(project: ProjectFile, packages: Sequence[ProjectFile]) -> None:
    """Raise NamingError if a package is not installed. Without a lock file names are not known: they are counted."""
    folder = packages_folder(project)
    locked = _entries(project.root, LOCK_FILE)
    installed = {package.name for package in packages}
    for index, entry in enumerate(locked.listed):
        name = entry.get("name") if isinstance(entry, dict) else None
        # a tarball lies under the name that packages.yml gives it, which may be another than its project has
        if name and name not in installed and not (project.root / folder / str(name)).is_dir():
            raise NamingError(f"the package {name!r} is not installed in {folder}", locked.place(index), _HINT)
    for asked in (locked, *(_entries(project.root, name) for name in ASKING_FILES)):
        if len(asked.listed) > len(packages) and (asked is locked or not locked.listed):
            what = f"packages asked for here: {len(asked.listed)}, installed in {folder}: {len(packages)}"
            raise NamingError(what, Location(asked.path), _HINT)


def outdated(project: ProjectFile) -> Iterator[str]:
    """A warning for each package that is installed in another version than the lock file names."""
    folder = packages_folder(project)
    there = _entries(project.root / folder, RECORD).versions()
    for name, version in _entries(project.root, LOCK_FILE).versions().items():
        if there.get(name, version) != version:
            here = f"{there[name]} is installed in {folder}"
            yield f"{LOCK_FILE} names {version} of the package {name!r}, and {here}; {_HINT}"


def _entries(folder: Path, name: str) -> _Entries:
    try:
        text = text_of(folder / name, name)
    except FileNotFoundError:
        return _Entries([], name, "")
    content = parse_yaml(text, name)
    listed = content.get("packages") if isinstance(content, dict) else None
    return _Entries(listed if isinstance(listed, list) else [], name, text)
