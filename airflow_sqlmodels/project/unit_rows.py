"""The rows of unit tests as they are written: in YAML, as CSV, as a query, in a fixture file, in a seed."""

from __future__ import annotations

import csv
import datetime
import io
import os
import re
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import Location, ProjectError, closest, line_location
from airflow_sqlmodels.manifest.fixtures import FixtureRows
from airflow_sqlmodels.manifest.nodes import Seed
from airflow_sqlmodels.project.files import SourceFile
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.yaml_text import YamlMap, plain

FORMATS = ("dict", "csv", "sql")
KEYS = ("rows", "format", "fixture")

_BLOCK = re.compile(r":\s*\|[-+0-9]*\s*(#.*)?$")
"""A key whose text begins on the next line, and keeps its lines."""

Row = dict[str, Any]


class RowsReader(Struct, frozen=True):
    """Reads the rows of the unit tests of one entry."""

    parts: Parts
    entry: Entry
    fixtures: Mapping[str, SourceFile]
    """The fixture files of its package, by name."""

    def read(self, holder: YamlMap, at: Location, seed: Seed | None = None) -> FixtureRows:
        """The rows that `holder` gives; those of `seed` if it gives none. Raises ProjectError with the place."""
        kind = str(holder.get("format", "dict"))
        if kind not in FORMATS:
            hint = closest(kind, FORMATS) or f"there are {', '.join(FORMATS)}"
            raise ProjectError(f"no format {kind!r} for rows", self.entry.place(holder, "format"), hint)
        if kind == "dict":
            return self._of_dicts(holder, at, seed)
        name = holder.get("fixture")
        if name is not None:
            return self._of_file(self._fixture(str(name), kind, self.entry.place(holder, "fixture")), kind)
        text = holder.get("rows")
        if not isinstance(text, str):
            what = "CSV as text" if kind == "csv" else "a query as text"
            place = self.entry.place(holder, "rows") if "rows" in holder else at
            raise ProjectError(f"the format {kind} needs {what}, or a fixture", place, _text_hint(kind, text))
        place = self.entry.place(holder, "rows")
        rendered = str(self._rendered(text, place))
        if kind == "sql":
            return FixtureRows(at=place, format=kind, sql=rendered)
        first = place.line + 1 if _BLOCK.search(place.text) else 0
        rows, lines = _of_csv(rendered, place, first)
        return _ordered(FixtureRows(at=place, format=kind, rows=tuple(rows), lines=tuple(lines)))

    def _of_dicts(self, holder: YamlMap, at: Location, seed: Seed | None) -> FixtureRows:
        listed = holder.get("rows")
        if holder.get("fixture") is not None:
            raise ProjectError("a fixture holds rows as CSV or SQL", self.entry.place(holder, "fixture"),
                               "say 'format: csv' or 'format: sql' beside it")  # fmt: skip
        if listed is None and seed is not None:
            return _of_seed(seed, at)
        if listed is None:
            raise ProjectError("there are no rows here", at, "write 'rows: []' for an input without rows")
        place = self.entry.place(holder, "rows")
        if not isinstance(listed, list):
            hint = (
                "say 'format: csv' or 'format: sql' beside them" if isinstance(listed, str) else "begin each with '-'"
            )
            raise ProjectError("rows must be a list", place, hint)
        for index, each in enumerate(listed):
            if not isinstance(each, dict):
                raise ProjectError("a row must name its columns", self.entry.place(listed, index),
                                   "write it as '- {id: 1, name: a}'")  # fmt: skip
        lines = tuple(self.entry.place(listed, index).line for index in range(len(listed)))
        rows = tuple(_scalars(self._rendered(plain(each), place)) for each in listed)
        return _ordered(FixtureRows(at=place, format="dict", rows=rows, lines=lines if all(lines) else ()))

    def _of_file(self, file: SourceFile, kind: str) -> FixtureRows:
        written = file.read()
        text = written.strip()  # as dbt reads all files but those of properties
        above = written[: written.find(text)].count("\n")
        at = Location(file.shown, 1 + above) if above else Location(file.shown)
        if kind == "sql":
            return FixtureRows(at=at, format=kind, sql=text, fixture=file.stem)
        rows, lines = _of_csv(text, at, 1 + above)
        return _ordered(FixtureRows(at=at, format=kind, rows=tuple(rows), lines=tuple(lines), fixture=file.stem))

    def _fixture(self, name: str, kind: str, at: Location) -> SourceFile:
        found = self.fixtures.get(name)
        if found is not None and (ending := _ending(found)) != kind:
            raise ProjectError(f"the fixture {name!r} is a .{ending} file", at, f"say 'format: {ending}'")
        if found is not None:
            return found
        names = [stem for stem, each in self.fixtures.items() if _ending(each) == kind]
        stem = name.removesuffix(f".{kind}")
        hint = f"leave the .{kind} away" if stem in names else closest(stem, names)
        folder = f"{self.parts.projects[self.entry.file.package].paths('test-paths')[0]}/fixtures"
        raise ProjectError(f"no fixture {name!r}", at, hint or f"it must be {folder}/{stem}.{kind}")

    def _rendered(self, value: Any, at: Location) -> Any:
        return self.parts.renderer(self.entry.file.package).value(value, at)


def header_of(seed: Seed) -> list[str]:
    """The columns' names in a seed's file."""
    with open(os.path.join(seed.root, seed.path), encoding="utf-8-sig", newline="") as file:
        return next(csv.reader(file, delimiter=_delimiter(seed)), [])


def _of_seed(seed: Seed, at: Location) -> FixtureRows:
    with open(os.path.join(seed.root, seed.path), encoding="utf-8-sig", newline="") as file:
        rows, _ = _of_csv(file.read(), Location(seed.at.path), 1, _delimiter(seed))
    return _ordered(FixtureRows(at=at, rows=tuple(rows)))


def _ending(fixture: SourceFile) -> str:
    return fixture.path.rpartition(".")[2].lower()


def _delimiter(seed: Seed) -> str:
    return str(seed.config.get("delimiter") or ",")


def _of_csv(text: str, at: Location, first: int, delimiter: str = ",") -> tuple[list[Row], list[int]]:
    """The rows of a CSV, an empty cell is a null, a short row has nulls at its end; and the line of each.

    `first` is the line of the file on which the text begins; 0 if that is not known.
    """
    reader = csv.reader(io.StringIO(text), delimiter=delimiter)
    header = next((cells for cells in reader if cells), [])
    rows, lines = [], []
    for cells in reader:
        line = first + reader.line_num - 1 if first else 0
        if len(cells) > len(header):
            shown = line_location(text, reader.line_num, at.path).text
            place = Location(at.path, line, 0, shown) if first else at
            raise ProjectError(f"this row has {len(cells)} cells, and there are {len(header)} columns", place,
                               "quote cells that hold a comma")  # fmt: skip
        if cells:
            filled: Iterable[str | None] = (*cells, *[None] * (len(header) - len(cells)))
            rows.append({name: cell or None for name, cell in zip(header, filled, strict=True)})
            lines.append(line)
    return rows, lines if first else []


def _ordered(given: FixtureRows) -> FixtureRows:
    """The first row without a null comes first, as in dbt: it is what names the columns of what is expected."""
    whole = next((n for n, row in enumerate(given.rows) if all(value is not None for value in row.values())), 0)
    if not whole:
        return given
    swap = [whole, *range(1, whole), 0, *range(whole + 1, len(given.rows))]
    lines = tuple(given.lines[n] for n in swap) if given.lines else ()
    return type(given)(at=given.at, format=given.format, rows=tuple(given.rows[n] for n in swap), lines=lines,
                       fixture=given.fixture)  # fmt: skip


def _scalars(row: Row) -> Row:
    """The row with dates as text: a saved project knows no dates."""
    dates = (datetime.date, datetime.time)
    return {name: value.isoformat() if isinstance(value, dates) else value for name, value in row.items()}


def _text_hint(kind: str, rows: Any) -> str:
    if isinstance(rows, list):
        return "rows that are a list have the format dict"
    return "write 'rows: |' with the text below it" if kind == "csv" else "write 'rows: select 1 as id'"
