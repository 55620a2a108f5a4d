"""Runs a model with the strategy `microbatch`: one batch of time after the other, each a build of its own.

Pre-hooks belong to the first batch, post-hooks to the last. A batch that fails does not keep the others from being
built, unless it is the first.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Literal, cast

from msgspec import Struct, structs

from airflow_sqlmodels.errors import SqlModelsError, UnreachableError
from airflow_sqlmodels.manifest.nodes import Model
from airflow_sqlmodels.run.result import Result, Status
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.templating.batches import (
    Batch,
    batches_between,
    begin_of,
    end_of,
    first_moment,
    size_of,
    start_of_lookback,
)
from airflow_sqlmodels.templating.invocation import EarlierBatches, Span
from airflow_sqlmodels.templating.sampling import Window


class Part(Struct, frozen=True):
    """One batch among the others."""

    batch: Batch
    first: bool
    last: bool
    anew: bool
    """Whether a full refresh begins with it."""


BuildPart = Callable[[Answerer, Part], Result]


class BatchNews(Struct, frozen=True, kw_only=True):
    """What happens to a batch, for who looks on."""

    node: Model
    label: str
    number: int
    total: int
    status: Literal["started", "success", "error", "skipped"] = "started"
    message: str = ""
    """What the warehouse said of it."""
    seconds: float = 0.0
    error: SqlModelsError | None = None

    @property
    def what(self) -> str:
        """`batch 2026-01-31 of marts.orders`."""
        return f"batch {self.label} of {self.node.relation}"

    @property
    def line(self) -> str:
        """A line as dbt says it, which is filled with dots up to the verdict."""
        did, verdict = {
            "started": ("START", "RUN"),
            "success": ("OK created", f"{self.message} in {self.seconds:.2f}s"),
            "error": ("ERROR creating", f"ERROR in {self.seconds:.2f}s"),
            "skipped": ("SKIP", "SKIP"),
        }[self.status]
        return f"Batch {f'{self.number} of {self.total} {did} {self.what} ':.<80} [{verdict}]"

    @property
    def lines(self) -> tuple[str, ...]:
        """The line, and what went wrong."""
        return (self.line,) if self.error is None else (self.line, str(self.error))


TellBatch = Callable[[BatchNews], None]


def run_batches(means: Answerer, node: Model, build: BuildPart, *, whole: bool, tell: TellBatch) -> Result:
    """Build all batches; `whole`: from the beginning on. Raises ProjectError if the config names no batches."""
    earlier = means.invocation.batches.get(node.id)
    batches = batches_of(means, node, whole=whole) if earlier is None else _again(node, earlier)
    well: list[Batch] = []
    failed: list[Batch] = []
    last: Result | None = None
    errors: list[SqlModelsError] = []
    for number, part in enumerate(_parts(batches, anew=earlier is None), 1):
        news, began = BatchNews(node=node, label=part.batch.label, number=number, total=len(batches)), _now()
        tell(news)
        try:
            last = build(replace(means, batch=part.batch), part)
        except UnreachableError:
            raise
        except SqlModelsError as error:
            tell(structs.replace(news, status="error", seconds=_now() - began, error=error))
            failed.append(part.batch)
            errors.append(error)
            if part.first and earlier is None:
                failed += batches[1:]
                for skipped, each in enumerate(batches[1:], 2):
                    tell(structs.replace(news, status="skipped", number=skipped, label=each.label))
                break
        else:
            tell(structs.replace(news, status="success", seconds=_now() - began, message=str(last.message)))
            well.append(part.batch)
    return _result(node, last, well, failed, errors, () if earlier is None else earlier.successful)


def _now() -> float:
    return time.perf_counter()


def _again(node: Model, earlier: EarlierBatches) -> list[Batch]:
    """The batches that failed before, and no others: their time is known."""
    size = size_of(node)
    return [Batch(Window(start, end), size) for start, end in earlier.failed]


def batches_of(means: Answerer, node: Model, *, whole: bool) -> list[Batch]:
    """The batches of this run."""
    size, begin = size_of(node), first_moment(node)
    said = means.invocation
    now = said.as_of or datetime.datetime.now(datetime.UTC)
    end = said.event_time_end or end_of(now, size)
    if said.sample is not None:  # as in dbt: only the batches that it touches
        return batches_between(begin_of(said.sample.start, size), end_of(said.sample.end, size), size)
    if said.event_time_start:
        start = begin_of(said.event_time_start, size)
    elif whole:
        start = begin_of(begin, size)
    else:
        start = max(start_of_lookback(end, size, int(node.config.get("lookback") or 0)), begin_of(begin, size))
    return batches_between(start, end, size)


def _parts(batches: list[Batch], *, anew: bool) -> Iterator[Part]:
    for index, batch in enumerate(batches):
        yield Part(batch, index == 0, index == len(batches) - 1, anew and index == 0)


def _result(
    node: Model,
    last: Result | None,
    well: list[Batch],
    failed: list[Batch],
    errors: list[SqlModelsError],
    before: Iterable[Span],
) -> Result:
    """`before` are the batches that need not be done again: as in dbt, they are told of with the others."""
    count = len(well) + len(failed)
    successful = [*_shown(each.window.span for each in well), *_shown(before)]
    details = {"batch_results": {"successful": successful, "failed": _shown(each.window.span for each in failed)}}
    base = last or Result(node=node.id, status="success")
    if not failed:
        return structs.replace(base, status="success", message="SUCCESS", failures=0, details=details)
    if well:
        said, status = f"PARTIAL SUCCESS ({len(well)}/{count})", "partial success"
    else:
        labels = ", ".join(each.label for each in failed)
        said, status = f"{len(failed)} of {count} batches failed: {labels}\n{errors[0]}", "error"
    return structs.replace(
        base, status=cast("Status", status), message=said, failures=0, error=errors[0], details=details
    )


def _shown(spans: Iterable[Span]) -> list[list[str]]:
    return [[start.isoformat(), end.isoformat()] for start, end in spans]
