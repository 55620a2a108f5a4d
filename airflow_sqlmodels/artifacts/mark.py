"""Whether a manifest.json is the one that would be written now."""

from __future__ import annotations

from pathlib import Path

from airflow_sqlmodels.manifest.manifest import Manifest

HEAD_BYTES = 4096

COMPILED_KEY = "sqlmodels_compiled"
NOTHING = "no"
"""What it says in the head of a file that holds no SQL of nodes; else it is the digest of what was compiled."""


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
            return holds_compiled(file.read(HEAD_BYTES))
    except OSError:
        return False


def holds_compiled(head: bytes, digest: str = "") -> bool:
    """Whether the head of a file says that it holds the SQL of nodes; with `digest`, just what that stands for."""
    if digest:
        return f'"{COMPILED_KEY}":"{digest}"'.encode() in head
    return f'"{COMPILED_KEY}":"'.encode() in head and not holds_compiled(head, NOTHING)


def marked(mark: str) -> bytes:
    """What the head of a file says that was written from the manifest with that mark."""
    return f'"sqlmodels_mark":"{mark}"'.encode()
