"""Whether a manifest.json is the one that would be written now."""

from __future__ import annotations

from pathlib import Path

from airflow_sqlmodels.manifest.manifest import Manifest

HEAD_BYTES = 4096

COMPILED_KEY = "sqlmodels_compiled"
COMPILED = f'"{COMPILED_KEY}":"yes"'.encode()
"""What the head of a file says that holds the SQL of nodes."""


def is_of(path: Path, manifest: Manifest) -> bool:
    """Whether the file was written from just this manifest: its head says so."""
    try:
        with path.open("rb") as file:
            return bool(manifest.mark) and marked(manifest.mark) in file.read(HEAD_BYTES)
    except OSError:
        return False


def has_compiled(path: Path) -> bool:
    """Whether the file holds the SQL of nodes: its head says so."""
    try:
        with path.open("rb") as file:
            return COMPILED in file.read(HEAD_BYTES)
    except OSError:
        return False


def marked(mark: str) -> bytes:
    """What the head of a file says that was written from the manifest with that mark."""
    return f'"sqlmodels_mark":"{mark}"'.encode()
