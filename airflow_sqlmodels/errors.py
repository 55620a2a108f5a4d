"""What can go wrong, and how it is said: `path:line:column: what`, the line, a caret, a hint.

    SqlModelsError
    ├── ProjectError          the project's files are wrong; found before anything runs
    │   └── StrictWarningError   a warning, where warnings are errors
    ├── ProfileError          profiles.yml or the connection settings are wrong
    ├── SelectorError         a --select expression is wrong or names nothing
    ├── CompilationError      a template refused while it was rendered
    │   ├── MissingEnvVarError   an environment variable without a default is not set
    │   ├── FailFastError        on purpose, by raise_fail_fast_error or on_configuration_change: fail
    │   └── EphemeralError       that of an ephemeral model, in the query of what reads it
    ├── WarehouseError        the warehouse refused a statement
    │   └── UnreachableError  the warehouse did not answer at all
    ├── PublishError          a finished candidate could not be made visible
    └── DataTestError         data tests found rows at fault

It holds no knowledge of projects or warehouses: callers bring the place and the hint.
"""

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file of the project."""

    path: str
    """Relative to the project's root, with forward slashes."""
    line: int = 0
    """Counted from 1; 0 when only the file is known."""
    column: int = 0
    """Counted from 1, in characters; 0 when only the line is known."""
    text: str = ""
    """The line itself, for the excerpt; empty when it is not at hand."""

    def __str__(self) -> str:
        parts = [self.path, *(str(n) for n in (self.line, self.column) if n)]
        return ":".join(parts)


def location_in(text: str, offset: int, path: str) -> Location:
    """The place of character `offset` (counted from 0) of a file's `text`."""
    before = text[:offset]
    start = before.rfind("\n") + 1
    end = text.find("\n", offset)
    line = text[start:] if end < 0 else text[start:end]
    return Location(path, before.count("\n") + 1, offset - start + 1, line.rstrip("\r"))


def line_location(text: str, line: int, path: str) -> Location:
    """The place of a whole `line` (counted from 1) of a file's `text`."""
    lines = text.split("\n")
    shown = lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else ""
    return Location(path, line, 0, shown)


def closest(name: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word, or "" if none is near."""
    found = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"did you mean {found[0]!r}?" if found else ""


class SqlModelsError(Exception):
    """The root of all errors raised on purpose. `str()` gives the whole message, ready for a person."""

    kind = "Runtime Error"
    """What dbt's users call this family of errors."""

    def __init__(self, what: str, at: Location | None = None, hint: str = "") -> None:
        super().__init__(what, at, hint)
        self.what = what
        self.at = at
        self.hint = hint

    def __str__(self) -> str:
        place = f"{self.at}: " if self.at else ""
        hint = f"\nhint: {self.hint}" if self.hint else ""
        return f"{place}{self.what}{excerpt(self.at)}{hint}"


class ProjectError(SqlModelsError):
    """The files of a project are wrong."""

    kind = "Parsing Error"


def not_utf8(error: UnicodeDecodeError, path: str) -> ProjectError:
    """The error for a file that is not UTF-8, at the line where that shows."""
    line = error.object.count(b"\n", 0, error.start) + 1
    what = f"this file is not UTF-8: {error.reason} at byte {error.start}"
    return ProjectError(what, Location(path, line), "save it as UTF-8")


class StrictWarningError(ProjectError):
    """What would be a warning, if --warn-error did not say that it is an error."""

    kind = "Compilation Error"


class NamingError(ProjectError):
    """A name in the files means nothing, or two things."""

    kind = "Compilation Error"


class CycleError(ProjectError):
    """Nodes read each other in a ring."""

    kind = "Compilation Error"


class SettingsError(ProjectError):
    """dbt_project.yml, or a file of settings beside it, is missing or wrong."""

    kind = "Runtime Error"


class ProfileError(SqlModelsError):
    """profiles.yml, or what it says about the connection, is wrong."""


class ContractChangeError(SqlModelsError):
    """A versioned model no longer keeps a contract that others rely on."""

    kind = "Breaking change to contract"


class SelectorError(SqlModelsError):
    """A selector is malformed, or names nothing."""


class CompilationError(SqlModelsError):
    """A template could not be rendered, or refused by itself (`exceptions.raise_compiler_error`).

    As in dbt also what a materialization, some of which are templates there, refuses in what it is to build.
    """

    kind = "Compilation Error"


class MissingEnvVarError(CompilationError):
    """A template asks for an environment variable that is not set, and names no default; or for one it may not see."""

    kind = "Parsing Error"  # as in dbt, also when it is found while a node runs


class FailFastError(CompilationError):
    """A node refused to go on with what it found in the warehouse (`exceptions.raise_fail_fast_error`)."""

    kind = "FailFast Error"


class EphemeralError(CompilationError):
    """An ephemeral model could not be rendered: what is wrong is not in the node whose query it is part of."""

    def __init__(self, what: str, at: Location | None = None, hint: str = "", model: str = "") -> None:
        super().__init__(what, at, hint)
        self.args = (what, at, hint, model)
        self.model = model
        """The ephemeral model's id."""


class WarehouseError(SqlModelsError):
    """The warehouse refused a statement."""

    kind = "Database Error"

    def __init__(  # all that a warehouse says of a refusal
        self,
        what: str,
        at: Location | None = None,
        hint: str = "",
        sqlstate: str = "",
        statement: str = "",
        position: int = 0,
    ) -> None:
        super().__init__(what, at, hint)
        self.args = (what, at, hint, sqlstate, statement, position)  # so that it pickles
        self.sqlstate = sqlstate
        self.statement = statement
        self.position = position
        """The character of `statement` that the warehouse points at, counted from 1; 0 if it points at none."""


class UnreachableError(WarehouseError):
    """The warehouse did not answer: refused, timed out, or the connection broke."""


class PublishError(SqlModelsError):
    """A finished candidate could not be made visible; readers still see what they saw before."""


@dataclass(frozen=True, slots=True)
class FailedTest:
    """One data test that found rows at fault."""

    test: str
    model: str
    failures: int
    query: str
    """Selects the rows at fault; send it as it is."""
    owner: str


class DataTestError(SqlModelsError):
    """Data tests found rows at fault. `failed` says which; Airflow hands it to failure callbacks."""

    def __init__(
        self, what: str, at: Location | None = None, hint: str = "", failed: Sequence[FailedTest] = ()
    ) -> None:
        super().__init__(what, at, hint)
        self.args = (what, at, hint, tuple(failed))
        self.failed = tuple(failed)


def excerpt(at: Location | None) -> str:
    """The line of `at` with a caret below the column, each behind a newline; "" if the line is not known.

    >>> print(excerpt(Location("a.sql", 2, 4, "a  b")))
    <BLANKLINE>
        a  b
           ^
    """
    if at is None or not at.text.strip():
        return ""
    shown = at.text.expandtabs(1).rstrip()
    indent = len(shown) - len(shown.lstrip())
    line = f"\n    {shown[indent:]}"
    if not at.column:
        return line
    return f"{line}\n    {' ' * max(at.column - 1 - indent, 0)}^"
