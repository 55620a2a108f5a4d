"""seed: a CSV file as a table, loaded by COPY beside the old one and swapped.

Readers see the old rows or the new. Unlike in dbt, a file with other columns needs no --full-refresh: the table is made
anew every time, and views that need a column that is gone stop it before anything changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.errors import CompilationError, WarehouseError
from airflow_sqlmodels.manifest.nodes import Seed
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.csv_file import CsvFile, SeedColumn
from airflow_sqlmodels.materializations.hooks import run_inside, run_outside
from airflow_sqlmodels.materializations.replacing import replaced
from airflow_sqlmodels.materializations.writing import writing_of
from airflow_sqlmodels.warehouse.session import Outcome
from airflow_sqlmodels.warehouse.turns import apart


def seed(build: Build) -> Built:
    """Load the file into a new table and publish it. Reading a large one takes a while without waiting for anybody."""
    return apart(lambda: _seed(build))


def _seed(build: Build) -> Built:
    file, said = csv_of(build), said_types(build)
    columns = file.columns(said)
    _tell_unknown(build, said.keys() - {column.name for column in columns})
    run_outside(build, build.pre_hooks)
    with writing_of(build) as writing:
        run_inside(build, build.pre_hooks)
        copied = replaced(build, writing, "table", lambda candidate: _load(build, candidate, file, columns))
    run_outside(build, build.post_hooks)
    return Built(copied.rows, f"{'CREATE' if build.full_refresh else 'INSERT'} {copied.rows}")


def csv_of(build: Build) -> CsvFile:
    """The seed's file. Raises CompilationError if its delimiter is none."""
    assert isinstance(build.node, Seed)
    said = build.config.get("delimiter")
    delimiter = "," if said is None else str(said)
    if len(delimiter) != 1:
        raise CompilationError(f"a delimiter is one character, not {delimiter!r}", build.node.at)
    return CsvFile(Path(build.node.root) / build.node.path, build.node.at.path, delimiter)


def said_types(build: Build) -> dict[str, str]:
    """The types that the project says for columns, by name."""
    return {str(name): str(kind) for name, kind in (build.config.get("column_types") or {}).items()}


def _tell_unknown(build: Build, names: Iterable[str]) -> None:
    """Tell of types for columns that the file does not have. No warning: as in dbt --warn-error lets it pass."""
    listed = ", ".join(sorted(names))
    if listed:
        found = f"Column types specified for non-existent columns in seed {build.node.name!r}: {listed}"
        build.log(f"[WARNING]: {build.node.at.path}: {found}; they do not count")


def _load(build: Build, candidate: Relation, file: CsvFile, columns: list[SeedColumn]) -> Outcome:
    unlogged = bool(build.config.get("unlogged"))
    names = [_written(build, column) for column in columns]
    types = [(name, column.sql_type) for name, column in zip(names, columns, strict=True)]
    build.session.execute(ddl.create_table(build.dialect, candidate, types, unlogged=unlogged))
    if build.rendering is not None and build.rendering.means.invocation.empty:
        return Outcome(0, "INSERT 0 0")
    target = f"{build.dialect.render(candidate)} ({', '.join(names)})"
    try:
        return build.session.copy(f"copy {target} from stdin with (format csv)", file.blocks(columns))
    except WarehouseError as error:
        error.add_note(f"while {build.node.at.path} was loaded")
        raise


def _written(build: Build, column: SeedColumn) -> str:
    return column.name if build.config.get("quote_columns") is False else build.dialect.quote(column.name)
