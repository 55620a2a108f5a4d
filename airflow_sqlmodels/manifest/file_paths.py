"""Paths of files as they are compared: a project may write `./models` for a folder, and keeps the dot in its paths."""

from __future__ import annotations


def plain_path(path: str) -> str:
    """`models/a.sql` of `./models/a.sql`; without what says nothing about the place."""
    if "./" not in path and "//" not in path:
        return path  # as nearly all are, and every node is asked
    return "/".join(part for part in path.split("/") if part not in ("", "."))
