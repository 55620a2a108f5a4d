"""Packages into their folder: all are fetched first, then each takes the place of its predecessor by renaming."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from airflow_sqlmodels.project.installed import RECORD
from airflow_sqlmodels.project.packages.asked import LocalPackage
from airflow_sqlmodels.project.packages.fetch import Fetcher, Found, at_once
from airflow_sqlmodels.project.packages.lock import lock_text

STAGING = "__installing__"
"""How the folder begins in which packages wait; dbt and the loader pass it over."""


def install(found: Sequence[Found], fetcher: Fetcher, folder: Path) -> None:
    """Put the packages into `folder`, and remove what else lies there. If one cannot be fetched, nothing changes."""
    folders = at_once(fetcher.files, found)
    folder.mkdir(parents=True, exist_ok=True)
    staging = Path(tempfile.mkdtemp(prefix=STAGING, dir=folder))
    try:
        for each, files in zip(found, folders, strict=True):
            _put(each, files, staging / each.name)
        for each in found:
            _exchange(staging / each.name, folder / each.name, staging / f"{each.name}.old")
        _remove_others(folder, {each.name for each in found})
        text = lock_text([(each.package, each.name) for each in found], "")
        (folder / RECORD).write_text(text, encoding="utf-8")
    finally:
        shutil.rmtree(staging, ignore_errors=True)


def empty(folder: Path) -> None:
    """Remove all packages."""
    if folder.is_dir():
        _remove_others(folder, set())
        (folder / RECORD).unlink(missing_ok=True)


def _put(found: Found, files: Path, place: Path) -> None:
    if isinstance(found.package, LocalPackage):
        _link(files, place)
    else:
        shutil.move(files, place)


def _link(files: Path, place: Path) -> None:
    """A link, so that edits are seen at once; a copy where there are no links."""
    try:
        # relative to the place to which it is renamed
        place.symlink_to(os.path.relpath(files, place.parent.parent.resolve()), target_is_directory=True)
    except OSError:
        shutil.copytree(files, place)


def _exchange(new: Path, place: Path, old: Path) -> None:
    if os.path.lexists(place):
        place.rename(old)
    new.rename(place)


def _remove_others(folder: Path, kept: set[str]) -> None:
    for path in folder.iterdir():
        if path.name in kept or not (path.is_dir() or path.is_symlink()):
            continue
        if path.is_symlink():
            path.unlink()
        else:
            shutil.rmtree(path)
