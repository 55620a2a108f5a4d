"""What is said at the end: what went wrong, where, how to look at it, and the count."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import click

from airflow_sqlmodels.errors import DataTestError, SqlModelsError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Model, Operation, resource_type
from airflow_sqlmodels.run.result import Result

COUNTED = (
    ("PASS", ("success", "pass")),
    ("WARN", ("warn",)),
    ("ERROR", ("error", "fail", "partial success")),
    ("SKIP", ("skipped",)),
    ("NO-OP", ("no-op",)),
    ("REUSED", ("reused",)),
)
"""The words of the last line, and the statuses they stand for."""


def count_line(results: Sequence[Result]) -> str:
    """`Done. PASS=3 WARN=0 ERROR=1 SKIP=2 NO-OP=0 REUSED=0 TOTAL=6`."""
    counts: Counter[str] = Counter(result.status for result in results)
    words = (f"{word}={sum(counts[status] for status in statuses)}" for word, statuses in COUNTED)
    return f"Done. {' '.join(words)} TOTAL={len(results)}"


def failed(results: Sequence[Result]) -> bool:
    """Whether the exit code is 1: skipped steps count, as in dbt."""
    return any(result.status in ("error", "fail", "skipped", "partial success") for result in results)


def summary(manifest: Manifest, results: Sequence[Result], seconds: float, interrupted: bool) -> Iterator[str]:
    """The lines at the end of a run."""
    yield ""
    yield finished_line(manifest, results, seconds)
    yield ""
    yield verdict(results, interrupted)
    for result in to_explain(results):
        yield ""
        yield from failure(manifest, result)
    yield ""
    yield count_line(results)


def to_explain(results: Sequence[Result]) -> Iterator[Result]:
    """What has more to tell than its verdict. An ephemeral model that could not be compiled stands here once."""
    broken: set[str] = set()
    for result in results:
        model = result.broken_model
        if model is None and result.status in ("error", "fail", "warn"):
            yield result
        elif model is not None and model not in broken:
            broken.add(model)
            yield Result(node=model, status="error", message=str(result.error), error=result.error)


def failure(manifest: Manifest, result: Result) -> Iterator[str]:
    """What went wrong with one node: the place, the message, for a test the query that shows the rows."""
    node = manifest[result.node]
    title = {"warn": "Warning", "fail": "Failure"}.get(result.status, result.error.kind if result.error else "Error")
    colour = "yellow" if result.status == "warn" else "red"
    yield f"{click.style(title, fg=colour)} in {resource_type(node)} {node.name} ({node.at})"
    for line in (result.message or "").splitlines():
        yield f"  {line}"
    query = _query(result)
    if query:
        yield "  to see the rows:"
        yield from (f"    {line}" for line in query.strip().splitlines())


def ended_by_failures(manifest: Manifest, results: Sequence[Result], more: str = "") -> SqlModelsError:
    """The error that ends a command which builds nothing: as in dbt a Runtime Error, with those of the nodes in it."""
    told = [f"  {click.unstyle(line)}" for result in to_explain(results) for line in failure(manifest, result)]
    return SqlModelsError("\n".join(told), None, more)


def _query(result: Result) -> str:
    if result.node.startswith("unit_test."):
        return ""  # it says itself which rows differ
    if isinstance(result.error, DataTestError) and result.error.failed:
        return result.error.failed[0].query
    return result.compiled_sql if result.status == "warn" else ""


def finished_line(manifest: Manifest, results: Sequence[Result], seconds: float) -> str:
    """`Finished running 1 seed, 3 table models in 0 hours 0 minutes and 1.52 seconds (1.52s).`"""
    return f"Finished running {kinds(manifest, results)}{duration(seconds)} ({seconds:.2f}s)."


def kinds(manifest: Manifest, results: Sequence[Result]) -> str:
    """`1 seed, 3 table models`."""
    counts: Counter[str] = Counter()
    for result in results:
        node = manifest[result.node]
        kind = "project hook" if isinstance(node, Operation) else resource_type(node)
        counts[f"{node.materialized} model" if isinstance(node, Model) else kind] += 1
    words = (
        ("data test" if kind == "test" and count > 1 else kind.replace("_", " "), count)
        for kind, count in sorted(counts.items())
    )
    return ", ".join(_many(count, word) for word, count in words) or "nothing"


def duration(seconds: float) -> str:
    """` in 0 hours 0 minutes and 1.52 seconds`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f" in {hours} hours {minutes} minutes and {rest:.2f} seconds"


def verdict(results: Sequence[Result], interrupted: bool) -> str:
    """How it went, in a line."""
    counts = Counter(result.status for result in results)
    errors, partly, warnings = error_count(results), counts["partial success"], counts["warn"]
    warned = _many(warnings, "warning")
    if interrupted:
        return click.style("Stopped by ctrl-c; running statements were cancelled at the server.", fg="yellow")
    partial = f"{partly} partial success{'' if partly == 1 else 'es'}"
    if errors:
        return click.style(f"Completed with {_many(errors, 'error')}, {partial}, and {warned}:", fg="red")
    if partly:
        return click.style(f"Completed with {partial} and {warned}", fg="yellow")
    if warnings:
        return click.style(f"Completed with {warned}:", fg="yellow")
    return click.style("Completed successfully", fg="green")


def error_count(results: Sequence[Result]) -> int:
    """How many; as in dbt, also those that an ephemeral model kept from being built."""
    return sum(result.status in ("error", "fail") or result.broken_model is not None for result in results)


def _many(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
