"""A seed's CSV file, read as a stream: once for the columns and their types, once for the rows."""

from __future__ import annotations

import contextlib
import csv
import io
import itertools
import string
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import CompilationError, Location, ProjectError
from airflow_sqlmodels.materializations.csv_types import TypeGuess, plain_values

_BLOCK = 1 << 18
"""Characters of CSV that go out at once."""
_ROWS = 500
"""Rows that are held at once: few enough for long cells."""
_LONGEST_CELL = 1 << 27


class CsvFile(Struct, frozen=True):
    """A file that is there. Raises SqlModelsError, when read, with the line of what is wrong."""

    path: Path
    shown: str
    """The path for messages."""
    delimiter: str = ","

    def columns(self, said: Mapping[str, str]) -> list[SeedColumn]:
        """Its columns; `said` has the types that the project says, by name: as in dbt, exactly as in the file."""
        with self._rows() as (names, rows):
            guesses = [None if name in said else TypeGuess() for name in names]
            for cells in _by_column(rows):
                for guess, values in zip(guesses, cells, strict=True):
                    if guess is not None:
                        guess.add(values)
        return [
            SeedColumn(name, said[name] if guess is None else guess.sql_type, guess is None)
            for name, guess in zip(names, guesses, strict=True)
        ]

    def blocks(self, columns: Sequence[SeedColumn]) -> Iterator[bytes]:
        """Its rows as CSV that COPY reads, in blocks; a null is an empty cell without quotes."""
        out = io.StringIO()
        with self._rows() as (_, rows):
            for cells in _by_column(rows):
                written = (each.cells(values) for each, values in zip(columns, cells, strict=True))
                out.writelines(",".join(row) + "\n" for row in zip(*written, strict=True))
                if out.tell() > _BLOCK:
                    yield out.getvalue().encode()
                    out = io.StringIO()
        yield out.getvalue().encode()

    @contextlib.contextmanager
    def _rows(self) -> Iterator[tuple[tuple[str, ...], Iterator[list[str]]]]:
        """The columns' names, and the rows as wide as that."""
        csv.field_size_limit(_LONGEST_CELL)
        try:
            with self.path.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.reader(file, delimiter=self.delimiter)
                header = next(reader, None)
                if header == []:  # as in dbt, an empty first line names no column, and the second is a row
                    header = [""] * self._widest()
                if not header:
                    raise CompilationError(
                        "this seed is empty", Location(self.shown, 1), "its first line names the columns"
                    )
                names = column_names(header)
                yield names, self._even(reader, len(names))
        except FileNotFoundError:
            raise ProjectError("this seed's file is gone", Location(self.shown)) from None
        except UnicodeDecodeError as error:
            raise ProjectError(f"this seed is not UTF-8: {error.reason} at byte {error.start}", Location(self.shown),
                               "save it as UTF-8") from None  # fmt: skip

    def _widest(self) -> int:
        """How many cells the longest row has."""
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            return max(map(len, csv.reader(file, delimiter=self.delimiter)))

    def _even(self, reader: Any, width: int) -> Iterator[list[str]]:
        """The rows, short ones filled up: an empty line, too, is a row, as in dbt."""
        try:
            for row in reader:
                if len(row) == width:
                    yield row
                elif len(row) > width:
                    raise CompilationError(
                        f"this row has {len(row)} cells, and there are {width} columns",
                        Location(self.shown, reader.line_num),
                        "quote cells that hold the delimiter",
                    )
                else:
                    yield row + [""] * (width - len(row))
        except csv.Error as error:
            raise CompilationError(f"this is not CSV: {error}", Location(self.shown, reader.line_num)) from error


class SeedColumn(Struct, frozen=True):
    """A column of a seed."""

    name: str
    sql_type: str
    is_said: bool
    """Whether the project says its type: then its cells go out as they are."""

    def cells(self, values: Sequence[str]) -> list[str]:
        """Values as COPY reads them."""
        plain = plain_values(values, "text" if self.is_said else self.sql_type)
        return ["" if value is None else '"' + value.replace('"', '""') + '"' for value in plain]


def _by_column(rows: Iterator[list[str]]) -> Iterator[Iterator[tuple[str, ...]]]:
    """Some rows at a time, as the cells of each column: most columns can be looked at as a whole."""
    while some := list(itertools.islice(rows, _ROWS)):
        yield zip(*some, strict=True)


def column_names(header: Sequence[str]) -> tuple[str, ...]:
    """The columns' names, spaces included: a double gets a number, an empty one a letter, as in dbt.

    >>> column_names(["id", "", "id", " id"])
    ('id', 'b', 'id_2', ' id')
    """
    seen: dict[str, int] = {}
    names = []
    for index, cell in enumerate(header):
        name = cell or string.ascii_lowercase[index % 26] * (index // 26 + 1)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(names)
