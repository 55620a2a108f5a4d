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
    # few projects have such a file
    from pathspec import PathSpec  # noqa: PLC0415
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern  # noqa: PLC0415

    # of these, `a/*` names what lies in the folders of `a` too
    lines = text_of(file, IGNORE_FILE).splitlines()
    return PathSpec.from_lines(GitIgnoreSpecPattern, lines).match_file


def _nothing(_path: str) -> bool:
    return False
