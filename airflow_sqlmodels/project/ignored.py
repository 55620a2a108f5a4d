"""`.dbtignore`: files of a project that are not read, by the patterns of .gitignore; the last that fits decides."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from airflow_sqlmodels.project.text_files import text_of

IGNORE_FILE = ".dbtignore"


def ignoring(root: Path) -> Callable[[str], bool]:
    """Tells of a path, relative to the project's root, whether it is left out."""
    file = root / IGNORE_FILE
    if not file.is_file():
        return _nothing
    import pathspec  # noqa: PLC0415  # few projects have such a file

    lines = text_of(file, IGNORE_FILE).splitlines()
    return pathspec.PathSpec.from_lines("gitignore", lines).match_file


def _nothing(_path: str) -> bool:
    return False
