"""Which files a project consists of. It lists them, it does not read them."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator

from msgspec import Struct

from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.project.ignored import ignoring
from airflow_sqlmodels.project.settings import ProjectFile
from airflow_sqlmodels.project.text_files import with_plain_ends, written_in

_SQL_KINDS = {
    "model-paths": "model",
    "snapshot-paths": "snapshot",
    "test-paths": "test",
    "analysis-paths": "analysis",
    "macro-paths": "macro",
    "function-paths": "function",
}
_WITH_PROPERTIES = (
    *("model-paths", "seed-paths", "snapshot-paths", "analysis-paths", "macro-paths", "test-paths"),
    "function-paths",
)
_OTHER_LANGUAGES = (".py", ".js")
"""What else the body of a function may be written in."""
_JINJA = (".j2", ".jinja2", ".jinja")
"""What may stand behind the extension, for editors."""
_GENERIC = "generic"
"""The folder under test-paths that holds test macros, not tests."""
_FIXTURES = "fixtures"
"""The folder under test-paths that holds rows for unit tests."""


class SourceFile(Struct, frozen=True):
    """One file of a project."""

    kind: str
    """model, snapshot, test, analysis, function, macro, seed, fixture, properties or docs."""
    package: str
    base: str
    """The resource folder in which it was found: `models`."""
    path: str
    """Relative to the root of its package."""
    shown: str
    """Relative to the root project."""
    full: str
    """Absolute."""

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders between the resource folder and the file."""
        return tuple(self.path[len(self.base) + 1 :].split("/")[:-1])

    @property
    def stem(self) -> str:
        """The file's name without its extension."""
        return stem_of(self.path)

    def read(self) -> str:
        """The text, with line ends as `\\n`. A byte order mark is dropped."""
        return with_plain_ends(self.written())

    def written(self) -> str:
        """The text with the line ends that it has: what `raw_code` shows, as in dbt.

        Raises ProjectError if it is not UTF-8.
        """
        return written_in(self.full, self.shown)


def find_files(project: ProjectFile, *, jinja_extensions: bool = False) -> list[SourceFile]:
    """All files of a project that matter, ordered by path; one that two settings name is found once.

    With `jinja_extensions` a file may have one more extension: `orders.sql.j2` is `orders.sql`.
    """
    found: dict[tuple[str, str], SourceFile] = {}
    for file in _all(project, jinja_extensions):
        found.setdefault((file.kind, file.path), file)
    return sorted(found.values(), key=lambda file: (file.kind, file.path))


def _all(project: ProjectFile, jinja_extensions: bool) -> Iterator[SourceFile]:
    is_ignored = ignoring(project.root)
    for key in (*_WITH_PROPERTIES, "docs-paths"):
        for base in project.paths(key):
            for path in _walk(project, base):
                kind = _kind(_without_jinja(path) if jinja_extensions else path, key, base)
                if kind and not is_ignored(path):
                    full = os.path.join(project.root, path)
                    yield SourceFile(kind, project.name, base, path, project.shown + path, full)


def stem_of(path: str) -> str:
    """The name of a file without its extension, or both of them."""
    name = _without_jinja(path.rpartition("/")[2])
    return name.rpartition(".")[0] or name


def _without_jinja(path: str) -> str:
    for extension in _JINJA:
        path = path.removesuffix(extension)
    return path


def _kind(path: str, key: str, base: str) -> str | None:
    extension = path[path.rfind(".") :].lower()
    inside = path[len(base) + 1 :]
    if key == "test-paths" and inside.startswith(_FIXTURES + "/") and extension in (".csv", ".sql"):
        return "fixture"
    if extension == ".sql":
        kind = _SQL_KINDS.get(key)
        return "macro" if kind == "test" and inside.startswith(_GENERIC + "/") else kind
    if extension in _OTHER_LANGUAGES and key == "function-paths":
        return "function"
    if extension == ".py":
        return "model" if key == "model-paths" else None
    if extension in (".yml", ".yaml"):
        return "properties" if key in _WITH_PROPERTIES else None
    if extension == ".csv":
        return "seed" if key == "seed-paths" else None
    return "docs" if extension == ".md" and key == "docs-paths" else None


def _walk(project: ProjectFile, base: str) -> Iterator[str]:
    waiting = [base]
    while waiting:
        folder = waiting.pop()
        try:
            entries = list(os.scandir(os.path.join(project.root, folder)))
        except (FileNotFoundError, NotADirectoryError):
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}"
            if entry.is_dir():
                waiting.append(path)
            elif not entry.name.startswith("."):
                yield path


def all_paths(projects: Iterable[ProjectFile], files: Iterable[SourceFile]) -> list[str]:
    """The absolute paths of all files that a load reads, each once."""
    own = (os.path.join(project.root, PROJECT_FILE) for project in projects)
    return list(dict.fromkeys((*own, *(file.full for file in files))))
