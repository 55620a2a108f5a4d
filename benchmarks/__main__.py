"""`python -m benchmarks [--models 1000 5000] [--runs 5] [--dbt PATH] [--only load dags build readers tasks]`."""

from __future__ import annotations

import argparse
import contextlib
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

from benchmarks.building import measure_building
from benchmarks.dags import measure_dags
from benchmarks.loading import measure_loading
from benchmarks.project import Shape, make_project
from benchmarks.readers import measure_readers
from benchmarks.tasks import measure_tasks
from benchmarks.timing import ROOT, Row, environment, median_of, told_by
from docs.demo import postgres

KINDS = ("import", "load", "dags", "build", "readers", "tasks")


def main() -> int:
    """Measure, and print the table line by line as it grows."""
    arguments = _arguments()
    console = Console()
    table = Table("what", "ours", "other", "ratio", "compared with")
    with _folder() as name, postgres.running(Path(name) / "pg") as server:
        with server.connect("postgres") as connection:
            connection.execute("create database bench")
        for row in _rows(Path(name), server, arguments):
            table.add_row(row.what, _shown(row.ours), _shown(row.other), _ratio(row), row.against)
            console.print(f"{row.what}: {_shown(row.ours)} / {_shown(row.other)}")
    console.print(table)
    return 0


@contextlib.contextmanager
def _folder() -> Iterator[str]:
    """A folder that the server's own account can enter; a socket's path is at most 107 bytes long."""
    with tempfile.TemporaryDirectory(prefix="bench", dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield name


def _rows(folder: Path, server: postgres.Server, arguments: argparse.Namespace) -> Iterator[Row]:
    dsn = f"host={server.socket} user=postgres dbname=bench"
    runs, only = arguments.runs, arguments.only
    if "import" in only:
        yield from _imports(folder, runs)
    for models in arguments.models:
        project = folder / f"p{models}"
        make_project(project, Shape(models))
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute((project / "setup.sql").read_text())  # type: ignore[arg-type]
        if "load" in only:
            yield from measure_loading(folder, project, models, arguments.dbt, runs)
        if "dags" in only:
            yield from measure_dags(folder, project, models, runs)
        if "build" in only and models <= arguments.build:
            yield from measure_building(folder, project, models, dsn, max(runs // 2, 1))
        if "readers" in only and models <= arguments.build:
            yield from measure_readers(folder, project, models, dsn, runs)
        if "tasks" in only and models == arguments.models[-1]:
            with server.connect("bench") as connection:
                connection.execute((ROOT / "sql_project/raw/raw_data.sql").read_text())  # type: ignore[arg-type]
            yield from measure_tasks(folder, project, models, ROOT / "sql_project", dsn, runs)


def _imports(folder: Path, runs: int) -> Iterator[Row]:
    code = "import time; clock = time.perf_counter(); import airflow_sqlmodels; print(time.perf_counter() - clock)"
    yield Row("import airflow_sqlmodels", median_of(lambda: told_by(code, environment(folder)), runs), None, "")


def _shown(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _ratio(row: Row) -> str:
    return "" if row.other is None else f"{row.other / row.ours:.1f}x" if row.other > row.ours else (
        f"1/{row.ours / row.other:.2f}")  # fmt: skip


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--models", type=int, nargs="+", default=[1000, 5000])
    parser.add_argument("--build", type=int, default=1000, help="the largest project that is built whole")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--dbt", help="the dbt command to compare loading with")
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
