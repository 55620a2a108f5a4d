"""Which projects are compared, and how: read from a list in YAML, or made up for a folder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

COMMANDS = ("build", "build")
"""The second time, incremental models and snapshots have something to start from."""

DATABASE = "parity"
"""The same name for all runs: it stands in compiled SQL, and in rows that hold names of relations."""

_KNOWN = Path(__file__).with_name("known.yml")


@dataclass(frozen=True, slots=True)
class Known:
    """A reason that is understood, and the differences that it explains."""

    reason: str
    names: tuple[str, ...] = ("*",)
    """Patterns of unique ids and relations, as a shell has them."""
    parts: tuple[str, ...] = ("*",)
    """Patterns of what was compared."""


@dataclass(frozen=True, slots=True)
class Project:
    """A project to compare."""

    name: str
    root: Path
    """What is copied: the repository, as projects in it refer to each other."""
    folder: str = "."
    """Below it: where dbt_project.yml lies."""
    repository: str = ""
    commands: tuple[str, ...] = COMMANDS
    selectors: tuple[str, ...] = ()
    """Arguments of `ls`, beside those that every project is asked."""
    environment: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    """Texts to write into it first, by path: what its authors keep out of the repository."""
    flags: Mapping[str, Any] = field(default_factory=dict)
    """What is added to its dbt_project.yml: without them this version of dbt refuses it."""
    overlay: Path | None = None
    """A folder whose files are laid over the repository: a project that uses a package which comes without one."""
    setup: str = ""
    """SQL that makes the data that its sources are."""
    target: str = "postgres"
    schema: str = "dev"
    database: str = DATABASE
    packages: Mapping[str, str] = field(default_factory=dict)
    """Where packages lie among the clones that this project needs in another version than the rest."""
    known: tuple[Known, ...] = ()

    @property
    def is_there(self) -> bool:
        """Whether there is a clone with a dbt_project.yml, or one that is laid over it."""
        roots = (self.root, self.overlay) if self.overlay and self.root.is_dir() else (self.root,)
        return any((root / self.folder / "dbt_project.yml").is_file() for root in roots)


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of projects and where their packages lie."""

    projects: tuple[Project, ...]
    packages: Mapping[str, str]
    """By the name of a package as packages.yml has it, without its owner: its folder among the clones."""


def listed(path: Path, clones: Path) -> Listing:
    """The projects of a list; their repositories are expected in the folder `clones`, under their own names."""
    whole = _read(path)
    return Listing(tuple(_project(each, clones) for each in whole["projects"]), whole.get("packages") or {})


def known_everywhere() -> tuple[Known, ...]:
    """The reasons that hold in any project."""
    return _known(_read(_KNOWN))


def of_folder(folder: Path, commands: tuple[str, ...]) -> Project:
    """A project that is on no list."""
    folder = folder.resolve()
    name = folder.parent.name if folder.name == "integration_tests" else folder.name
    if folder.name == "integration_tests":
        return Project(name, folder.parent, folder.name, commands=commands, known=known_everywhere())
    return Project(name, folder, commands=commands, known=known_everywhere())


def _project(entry: Mapping[str, Any], clones: Path) -> Project:
    repository = entry.get("repository", "")
    clone = entry.get("clone") or repository.rsplit("/", 1)[-1] or entry["name"]
    return Project(
        name=entry.get("name", clone),
        root=clones / clone,
        folder=entry.get("folder", "."),
        repository=repository,
        commands=tuple(entry.get("commands", COMMANDS)),
        selectors=tuple(entry.get("selectors", ())),
        environment=entry.get("environment", {}),
        files=entry.get("files", {}),
        flags=entry.get("flags", {}),
        overlay=_KNOWN.parent / "overlays" / entry["overlay"] if "overlay" in entry else None,
        setup=entry.get("setup", ""),
        target=entry.get("target", "postgres"),
        schema=entry.get("schema", "dev"),
        database=entry.get("database", DATABASE),
        packages=entry.get("packages", {}),
        known=(*_known(entry), *known_everywhere()),
    )


def _known(entry: Mapping[str, Any]) -> tuple[Known, ...]:
    """Its key `known`: a list of reasons, with one pattern or several of names and of parts."""
    return tuple(
        Known(each["reason"], _patterns(each.get("names", "*")), _patterns(each.get("parts", "*")))
        for each in entry.get("known") or ()
    )


def _patterns(said: str | list[str]) -> tuple[str, ...]:
    return (said,) if isinstance(said, str) else tuple(said)


def _read(path: Path) -> dict[str, Any]:
    whole: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return whole
