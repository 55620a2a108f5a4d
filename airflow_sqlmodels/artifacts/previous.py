"""run_results.json of a run, dbt's or ours -> what `retry` has to do again."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from airflow_sqlmodels.artifacts.json_text import read_json
from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.templating.invocation import EarlierBatches

_FIRST = "run something first, or name the folder of its run_results.json: --state path/to/artifacts"
_AGAIN = ("error", "fail", "skipped", "partial success", "runtime error")


class Previous(Struct, frozen=True):
    """A run that is over."""

    args: Mapping[str, Any]
    """Its flags, by dbt's name; `which` is the command."""
    statuses: Mapping[str, str]
    """What came of each node."""

    batches: Mapping[str, EarlierBatches] = field(default_factory=dict)
    """Of microbatch models of which some batches failed and others did not: which ones."""
    overloads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Of functions of which some overloads could not be made: those that could."""
    started_at: datetime.datetime | None = None
    """When it began; for microbatch models this is still `now`."""

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
        raise SqlModelsError(f"there is no run_results.json in {str(folder)!r}", None, _FIRST)
    results = content.get("results")
    if not results:  # as in dbt, nothing follows from a run of nothing, not even that nothing is to be done again
        raise SqlModelsError(f"the run_results.json in {str(folder)!r} tells of a run of no node", None, _FIRST)
    statuses = {str(each["unique_id"]): str(each["status"]) for each in results}
    batches = {str(each["unique_id"]): _batches(each["batch_results"]) for each in results if _is_partly_done(each)}
    overloads = {str(each["unique_id"]): _made(each) for each in results if _failed_overloads(each)}
    began = (content.get("metadata") or {}).get("invocation_started_at")
    args, started_at = dict(content.get("args") or {}), _moment(began) if began else None
    return Previous(args, statuses, batches, overloads, started_at)


def _is_partly_done(result: Mapping[str, Any]) -> bool:
    told = result.get("batch_results") or {}
    return bool(told.get("successful") and told.get("failed"))


def _failed_overloads(result: Mapping[str, Any]) -> bool:
    return bool((result.get("overload_results") or {}).get("failed"))


def _made(result: Mapping[str, Any]) -> frozenset[str]:
    return frozenset(map(str, result["overload_results"].get("successful") or ()))


def _batches(told: Mapping[str, Any]) -> EarlierBatches:
    kinds = ([(_moment(start), _moment(end)) for start, end in told[kind]] for kind in ("successful", "failed"))
    return EarlierBatches(*map(tuple, kinds))


def _moment(text: str) -> datetime.datetime:
    """A time as JSON has it; without a zone it is UTC."""
    found = datetime.datetime.fromisoformat(text)
    return found.replace(tzinfo=datetime.UTC) if found.tzinfo is None else found
