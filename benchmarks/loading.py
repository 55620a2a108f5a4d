"""Loading a project: nothing saved, nothing changed, one file changed. Whole processes, against dbt if it is there."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.timing import Row, environment, median_of, seconds_of


def measure_loading(folder: Path, project: Path, models: int, dbt: str | None, runs: int) -> Iterator[Row]:
    """`sqlmodels parse` and `dbt parse`."""
    env = environment(folder)
    ours = str(Path(sys.executable).parent / "sqlmodels")
    file = next((project / "models/layer1").glob("*.sql"))

    def forget() -> None:
        shutil.rmtree(folder / "cache", ignore_errors=True)
        shutil.rmtree(project / "target", ignore_errors=True)

    def change() -> None:
        with file.open("a", encoding="utf-8") as out:
            out.write("-- once more\n")

    def parse(command: str, before: Callable[[], None]) -> float:
        before()
        where = ["--project-dir", str(project), "--profiles-dir", str(project)]
        return seconds_of([command, "parse", *where], env)

    cases = (("nothing saved", forget), ("nothing changed", lambda: None), ("one file changed", change))
    for what, before in cases:
        mine = median_of(lambda before=before: parse(ours, before), runs)  # type: ignore[misc]
        other = None
        if dbt:
            other = median_of(lambda before=before: parse(dbt, before), max(runs // 2, 1))  # type: ignore[misc]
        yield Row(f"load {models} models, {what}", mine, other, "dbt parse")
