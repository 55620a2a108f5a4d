"""Where saved manifests lie, and when one may be used. A project that did not change is not read again."""

from __future__ import annotations

import contextlib
import functools
import gc
import hashlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from airflow_sqlmodels.manifest.cache_folder import cache_folder
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.store import (
    Broken,
    Store,
    manifest_records,
    open_store,
    read_manifest,
    write_store,
)
from airflow_sqlmodels.project.choices import Choices
from airflow_sqlmodels.project.inputs import Inputs, input_records
from airflow_sqlmodels.version import VERSION


class Known(Struct, frozen=True):
    """A saved project and which of its files have changed since."""

    store: Store
    inputs: Inputs
    manifest: Manifest
    changed: frozenset[str]


@functools.cache
def _reader() -> tuple[tuple[str, int], ...]:
    """The files that make a manifest, with their sizes: what they make is saved, and changes when they do."""
    package = Path(__file__).parent.parent
    files = (
        each for folder in _READING for each in os.scandir(package / folder) if each.name.endswith((".py", ".sql"))
    )
    return tuple(sorted((each.name, each.stat().st_size) for each in files))


_READING = (
    *("dialects", "manifest", "project", "project/semantic"),
    *("templating", "templating/entries", "templating/library"),
)


def saved_path(root: Path, choices: Choices) -> Path | None:
    """The file for this project with these choices; None if nothing is saved."""
    folder = cache_folder()
    if folder is None:
        return None
    return folder / f"{root.name}-{made_for(root, choices)}.sqlm"


def made_for(root: Path, choices: Choices) -> str:
    """A hash of everything but files and environment that a manifest depends on."""
    made_of = (
        str(root),
        choices.target,
        choices.vars,
        choices.env,
        choices.user_flags,
        choices.said_flags,
        VERSION,
        _reader(),
        sys.version_info[:2],
    )
    return hashlib.blake2b(repr(made_of).encode(), digest_size=10).hexdigest()


def open_saved(path: Path | None) -> Store | None:
    """The saved form; None if there is none that can be used."""
    if path is None:
        return None
    try:
        return open_store(path)
    except (OSError, Broken):
        return None


def read_saved(store: Store) -> Manifest | None:
    """The manifest in a store; None if it cannot be used."""
    try:
        return read_manifest(store)
    except Broken:
        return None


def save(path: Path | None, manifest: Manifest, inputs: Inputs) -> None:
    """Keep the manifest. A disk that is full or read-only costs the next start some time, nothing else."""
    if path is None:
        return
    with contextlib.suppress(OSError):
        write_store(path, _records(manifest, inputs))
        _remove_old(path.parent)


def _remove_old(folder: Path) -> None:
    """Remove what belongs to checkouts and options of long ago."""
    oldest = time.time() - _KEPT_DAYS * 86_400
    for entry in os.scandir(folder):
        if entry.name.endswith(_OWN_FILES) and entry.stat().st_mtime < oldest:
            os.unlink(entry.path)


_KEPT_DAYS = 30
_OWN_FILES = (".sqlm", ".tasks")


@contextlib.contextmanager
def without_collector() -> Iterator[None]:
    """Python's cyclic garbage collector would walk over everything that is loaded, again and again, to find nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _records(manifest: Manifest, inputs: Inputs) -> Iterator[tuple[str, bytes]]:
    yield from input_records(inputs)
    yield from manifest_records(manifest)
