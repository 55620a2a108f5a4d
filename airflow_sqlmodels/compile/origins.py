"""Which line of a template a place in its SQL came from, and nothing where that is not sure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from pathlib import Path

from msgspec import Struct

from airflow_sqlmodels.errors import Location, WarehouseError, location_in
from airflow_sqlmodels.manifest.nodes import Templated
from airflow_sqlmodels.warehouse.refusals import pointed_at

MOST_LINES = 5_000
"""Longer texts are not compared: that would take seconds."""

_EXPRESSION = re.compile(r"\{\{(?![-+]).*?(?<![-+])\}\}")
_CHOICE = re.compile(r"\{%[-+]?\s*(?:if|macro|call)\b")
"""Where these are, a line that was written may be no line of the SQL."""
_ONLY_TAGS = re.compile(r"\s*(?:\{%(?![-+])(?:(?!%\}).)*(?<![-+])%\}\s*)+")
_OTHER_TAG = re.compile(r"\{%|\{#|\{\{|\}\}|%\}|#\}")


_BEHIND_CTES = "\n) "
"""What stands before the first line of a query that reads ephemeral models."""


class Template(Struct, frozen=True):
    """A template and where it stands."""

    path: str
    """Relative to the project's root."""
    text: str
    line: int = 1
    """The line of the file on which it begins."""
    indent: int = 0
    """How far to the right of the file's margin its lines stand, in characters."""

    def at(self, line: int, column: int) -> Location:
        """The place in the file of a place in the template; its column is 0 if that is not known."""
        shown = " " * self.indent + self.text.split("\n")[line - 1].rstrip("\r")
        return Location(self.path, self.line + line - 1, column + self.indent if column else 0, shown)


class CompiledText(Struct, frozen=True):
    """SQL, what people find it under, and the templates it was made of."""

    sql: str
    label: str
    """`target/compiled/shop/models/orders.sql`."""
    templates: tuple[Template, ...] = ()

    def at(self, offset: int) -> Location:
        """Where the character `offset` (counted from 0) came from: a template's line, else a line of the SQL."""
        for sql in (self.sql, self.sql.replace(_BEHIND_CTES, "\n)\n")):
            place = location_in(sql, offset, self.label)
            for template in self.templates:
                found = origin_of(template.text, sql, place.line, place.column)
                if found is not None:
                    return template.at(*found)
        return location_in(self.sql, offset, self.label)

    def placed(self, error: WarehouseError) -> WarehouseError:
        """The error with its place; the error itself if it does not point into this SQL."""
        offset = error.position - 1 - error.statement.find(self.sql)
        if not error.position or not self.sql or self.sql not in error.statement or not 0 <= offset <= len(self.sql):
            return error
        what = error.what.removesuffix(pointed_at(error.statement, error.position))
        return type(error)(what, self.at(offset), error.hint, error.sqlstate, error.statement, error.position)


def template_of(node: Templated) -> Template:
    """The template of a node that has a file of its own."""
    return Template(node.at.path, node.raw_code, node.body_line)


def template_in(root: Path, paths: Sequence[str], text: str) -> Template | None:
    """The template `text`, found in the first of these files that holds it exactly once; None if none does.

    Hooks are written among other things: in a call of `config`, in YAML.
    """
    wanted = text.strip().split("\n")
    for path in paths:
        try:
            lines = (root / path).read_text(encoding="utf-8").splitlines()
        except OSError:
            continue
        found = [n for n, line in enumerate(lines) if wanted[0].rstrip() in line and _goes_on(lines[n:], wanted)]
        if len(found) == 1:
            return Template(path, "\n".join(wanted), found[0] + 1, lines[found[0]].index(wanted[0].rstrip()))
    return None


def origin_of(raw: str, sql: str, line: int, column: int) -> tuple[int, int] | None:
    """Line and column (counted from 1; column 0 unknown) of the template `raw` that a place in its SQL came from.

    A line comes from the line that is equal to it, if there are as many of both; or from a line with `{{ }}` in it,
    if the text around the braces fits, and no other line does. None for all others: macros and loops made them.
    """
    ours = ["" if _ONLY_TAGS.fullmatch(each) else each for each in raw.split("\n")]
    theirs = [each if each.strip() else "" for each in sql.split("\n")]
    if max(len(ours), len(theirs)) > MOST_LINES:
        return None
    index = line - 1
    for tag, start, end, begin, stop in SequenceMatcher(None, ours, theirs, autojunk=False).get_opcodes():
        if not begin <= index < stop:
            continue
        text, twin = theirs[index], start + index - begin
        if tag == "equal":
            return (twin + 1, column) if ours.count(text) == theirs.count(text) else None
        fitting = [number for number, each in enumerate(ours) if _fits(each, text)]
        if len(fitting) != 1 or not start <= fitting[0] < end:
            return None
        same_size = fitting[0] == twin and end - start == stop - begin
        pairs = zip(ours[start:end], theirs[begin:stop], strict=False)
        in_step = same_size and all(our == their or _fits(our, their) for our, their in pairs)
        alone = not _CHOICE.search(raw) and sum(_fits(ours[fitting[0]], each) for each in theirs) == 1
        return (fitting[0] + 1, _column(ours[fitting[0]], text, column)) if in_step or alone else None
    return None


def _fits(ours: str, theirs: str) -> bool:
    """Whether a line with `{{ }}` can have become that line of SQL. One without any word of its own is not sure."""
    literals = _EXPRESSION.split(ours)
    if len(literals) == 1 or not "".join(literals).strip() or any(map(_OTHER_TAG.search, literals)):
        return False
    return _pattern(ours).fullmatch(theirs) is not None


def _column(ours: str, theirs: str, column: int) -> int:
    """The column of `ours` for a column of `theirs`; for what an expression gave, that of its braces."""
    found = _pattern(ours).fullmatch(theirs)
    if found is None:
        return 0
    at = 0
    for number, piece in enumerate(_pieces(ours), 1):
        if found.end(number) >= column:
            inside = 0 if _EXPRESSION.fullmatch(piece) else column - 1 - found.start(number)
            return at + inside + 1
        at += len(piece)
    return 0


def _pattern(line: str) -> re.Pattern[str]:
    return re.compile(
        "".join("(.*?)" if _EXPRESSION.fullmatch(each) else f"({re.escape(each)})" for each in _pieces(line))
    )


def _pieces(line: str) -> list[str]:
    """The line's expressions and what stands between them."""
    return [piece for piece in re.split(f"({_EXPRESSION.pattern})", line) if piece]


def _goes_on(lines: Sequence[str], wanted: Sequence[str]) -> bool:
    pairs = zip(lines[1:], wanted[1:], strict=False)
    return len(lines) >= len(wanted) and all(their.strip() in our for our, their in pairs)
