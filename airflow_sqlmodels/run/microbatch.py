"""Runs a model with the strategy `microbatch`: one batch of time after the other, each a build of its own.

Pre-hooks belong to the first batch, post-hooks to the last. A batch that fails does not keep the others from being
built, unless it is the first.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from msgspec import structs

from airflow_sqlmodels.errors import ProjectError, SqlModelsError, UnreachableError, closest
from airflow_sqlmodels.manifest.nodes import Model
from airflow_sqlmodels.run.result import Result, Status
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.templating.batches import (
    SIZES,
    Batch,
    batches_between,
    begin_of,
    end_of,
    start_of_lookback,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One batch among the others."""

    batch: Batch
    first: bool
    last: bool


BuildPart = Callable[[Answerer, Part], Result]


def is_microbatch(node: Model) -> bool:
    """Whether a model is built by batches."""
    return node.materialized == "incremental" and node.config.get("incremental_strategy") == "microbatch"


def run_batches(means: Answerer, node: Model, build: BuildPart, *, whole: bool, log: Callable[[str], None]) -> Result:
    """Build all batches; `whole`: from the beginning on. Raises ProjectError if the config names no batches."""
    batches = batches_of(means, node, whole=whole)
    well: list[Batch] = []
    failed: list[Batch] = []
    last: Result | None = None
    errors: list[SqlModelsError] = []
    for part in _parts(batches):
        try:
            last = build(replace(means, batch=part.batch), part)
        except UnreachableError:
            raise
        except SqlModelsError as error:
            log(f"the batch {part.batch.label} of {node.relation} failed: {error}")
            failed.append(part.batch)
            errors.append(error)
            if part.first:
                failed += [each for each in batches if each is not part.batch]
                break
        else:
            log(f"the batch {part.batch.label} of {node.relation}: {last.message}")
            well.append(part.batch)
    return _result(node, last, well, failed, errors)


def batches_of(means: Answerer, node: Model, *, whole: bool) -> list[Batch]:
    """The batches of this run."""
    size, begin = _size(node), _begin(node)
    now = datetime.datetime.now(datetime.UTC)
    said = means.invocation
    end = said.event_time_end or end_of(now, size)
    if said.event_time_start:
        start = begin_of(said.event_time_start, size)
    elif whole:
        start = begin_of(begin, size)
    else:
        start = max(start_of_lookback(end, size, int(node.config.get("lookback") or 0)), begin_of(begin, size))
    return batches_between(start, end, size)


def _parts(batches: list[Batch]) -> Iterator[Part]:
    for index, batch in enumerate(batches):
        yield Part(batch, index == 0, index == len(batches) - 1)


def _size(node: Model) -> str:
    said = str(node.config.get("batch_size") or "")
    if said not in SIZES:
        hint = closest(said, SIZES) or f"one of {', '.join(SIZES)}"
        raise ProjectError(f"a microbatch model needs batch_size, not {said!r}", node.at, hint)
    if not node.config.get("event_time"):
        raise ProjectError("a microbatch model needs event_time", node.at, "event_time: the column with its rows' time")
    return said


def _begin(node: Model) -> datetime.datetime:
    said = node.config.get("begin")
    try:
        begin = said if isinstance(said, datetime.datetime) else datetime.datetime.fromisoformat(str(said))
    except ValueError:
        raise ProjectError(f"a microbatch model needs begin, not {said!r}", node.at, "begin: '2024-01-01'") from None
    return begin.replace(tzinfo=datetime.UTC) if begin.tzinfo is None else begin.astimezone(datetime.UTC)


def _result(
    node: Model, last: Result | None, well: list[Batch], failed: list[Batch], errors: list[SqlModelsError]
) -> Result:
    count = len(well) + len(failed)
    details = {"batch_results": {"successful": _shown(well), "failed": _shown(failed)}}
    base = last or Result(node=node.id, status="success")
    if not failed:
        return structs.replace(base, status="success", message="SUCCESS", failures=0, details=details)
    said = f"{len(failed)} of {count} batches failed: {', '.join(each.label for each in failed)}\n{errors[0]}"
    status: Status = "partial success" if well else "error"
    return structs.replace(base, status=status, message=said, failures=0, error=errors[0], details=details)


def _shown(batches: list[Batch]) -> list[list[str]]:
    return [[each.window.start.isoformat(), each.window.end.isoformat()] for each in batches]
