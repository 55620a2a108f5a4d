"""seed: a CSV file as a table, loaded by COPY beside the old one and swapped."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from airflow_sqlmodels.errors import Location, ProjectError
from airflow_sqlmodels.manifest.nodes import Seed
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.csv_types import column_type, is_null, plain_value
from airflow_sqlmodels.materializations.hooks import run_inside, run_outside
from airflow_sqlmodels.materializations.leftover import free_candidate
from airflow_sqlmodels.materializations.table import publish_candidate
from airflow_sqlmodels.publish.locks import only_writer

_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class Sheet:
    """A CSV file, read: column names, types, and the rows as text."""

    names: tuple[str, ...]
    types: tuple[str, ...]
    rows: list[list[str]]
    said: frozenset[str]
    """The columns whose type the project says: their cells go out as they are."""


def seed(build: Build) -> Built:
    """Load the file into a new table and publish it."""
    run_outside(build, build.pre_hooks)
    with only_writer(build.session, build.relation, build.log):
        run_inside(build, build.pre_hooks)
        sheet = read_sheet(build)
        candidate = free_candidate(build)
        _create(build, candidate, sheet)
        listed = ", ".join(map(build.dialect.quote, sheet.names))
        copied = build.session.copy(
            f"copy {build.dialect.render(candidate)} ({listed}) from stdin with (format csv)", _blocks(sheet)
        )
        publish_candidate(build, candidate)
    run_outside(build, build.post_hooks)
    rows = copied.rows if copied.rows >= 0 else len(sheet.rows)
    return Built(rows, f"INSERT {rows}")


def read_sheet(build: Build) -> Sheet:
    """The file. Raises ProjectError with the line if it is empty, or a row has more cells than there are columns."""
    assert isinstance(build.node, Seed)
    path = Path(build.node.root) / build.node.path
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=str(build.config.get("delimiter") or ","))
        header = next(reader, None)
        if header is None:
            raise ProjectError(
                "this seed is empty", Location(build.node.at.path, 1), "its first line names the columns"
            )
        names = column_names(header)
        rows = [_row(row, len(names), reader.line_num, build.node.at.path) for row in reader if row]
    said = {str(key).lower(): str(value) for key, value in (build.config.get("column_types") or {}).items()}
    types = tuple(said.get(name.lower()) or column_type(row[index] for row in rows) for index, name in enumerate(names))
    return Sheet(names, types, rows, frozenset(name for name in names if name.lower() in said))


def column_names(header: list[str]) -> tuple[str, ...]:
    """The columns' names: a double gets a number, an empty one a letter, as in dbt."""
    seen: dict[str, int] = {}
    names = []
    for index, cell in enumerate(header):
        name = cell.strip() or chr(ord("a") + index % 26)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}_{seen[name]}")
    return tuple(names)


def _row(row: list[str], width: int, line: int, path: str) -> list[str]:
    if len(row) > width:
        raise ProjectError(f"this row has {len(row)} cells, and there are {width} columns", Location(path, line),
                           "quote cells that hold the delimiter")  # fmt: skip
    return row + [""] * (width - len(row))


def _create(build: Build, candidate: Relation, sheet: Sheet) -> None:
    name, quote = build.dialect.render(candidate), build.dialect.quote
    columns = ", ".join(f"{quote(each)} {kind}" for each, kind in zip(sheet.names, sheet.types, strict=True))
    build.session.execute(f"create table {name} ({columns})")


def _blocks(sheet: Sheet) -> Iterator[bytes]:
    """The rows as CSV in blocks; a null is an empty cell without quotes."""
    kinds: Mapping[int, str] = dict(enumerate(sheet.types))
    said = {index for index, name in enumerate(sheet.names) if name in sheet.said}
    out = io.StringIO()
    for row in sheet.rows:
        cells = (_cell(value, kinds[index], index in said) for index, value in enumerate(row))
        out.write(",".join(cells) + "\n")
        if out.tell() > _BLOCK:
            yield out.getvalue().encode()
            out = io.StringIO()
    if out.tell():
        yield out.getvalue().encode()


def _cell(value: str, kind: str, said: bool) -> str:
    plain = (None if is_null(value) else value) if said else plain_value(value, kind)
    return "" if plain is None else '"' + plain.replace('"', '""') + '"'
