"""run_results.json of a run, dbt's or ours -> what `retry` has to do again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_sqlmodels.artifacts.json_text import read_json
from airflow_sqlmodels.errors import SqlModelsError

_AGAIN = ("error", "fail", "skipped", "partial success", "runtime error")


@dataclass(frozen=True, slots=True)
class Previous:
    """A run that is over."""

    args: Mapping[str, Any]
    """Its flags, by dbt's name; `which` is the command."""
    statuses: Mapping[str, str]
    """What came of each node."""

    @property
    def command(self) -> str:
        """What was run."""
        return str(self.args.get("which") or "")

    def unfinished(self, *, warnings: bool) -> list[str]:
        """The nodes to run again; with `warnings` also those that warned. Hooks run anyway."""
        again = (*_AGAIN, "warn") if warnings else _AGAIN
        return [each for each, status in self.statuses.items() if status in again and not each.startswith("operation.")]


def read_previous(folder: Path) -> Previous:
    """The run that a folder tells of. Raises SqlModelsError if it tells of none."""
    content = read_json(folder / "run_results.json")
    if content is None:
        hint = "run something first, or name the folder of its run_results.json: --state path/to/artifacts"
        raise SqlModelsError(f"there is no run_results.json in {str(folder)!r}", None, hint)
    statuses = {str(each["unique_id"]): str(each["status"]) for each in content.get("results") or ()}
    return Previous(dict(content.get("args") or {}), statuses)
