"""What is said before the first node runs: the version, what the project holds, how many run at a time."""

from __future__ import annotations

import time
from collections import Counter

import click

from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.cli.log_format import event
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.version import VERSION

_WORDS = {"operation": "project hook"}

_BEHIND_MACROS = ("semantic_model", "saved_query", "unit_test")
"""Where dbt counts these."""


def found_line(manifest: Manifest) -> str:
    """`5 models, 3 seeds, 20 data tests, 41 macros`."""
    counts = Counter(node_id.partition(".")[0] for node_id in manifest.nodes)
    del counts["function"]  # dbt does not count them
    late = {kind: counts.pop(kind) for kind in _BEHIND_MACROS if kind in counts}
    every = [*counts.items(), ("macro", len(manifest.macros)), *late.items()]
    listed = [(_WORDS.get(kind, kind.replace("_", " ")), count) for kind, count in every]
    return ", ".join(f"{count} {_plural(word) if count != 1 else word}" for word, count in listed)


def tell_opening(flags: Flags, manifest: Manifest, invocation: str, threads: int, nodes: int) -> None:
    """The lines, or the events that stand for them."""
    log = flags.log
    found, target = found_line(manifest), manifest.settings.target.name
    concurrency = f"Concurrency: {threads} threads (target='{target}')"
    lines = (f"Running with sqlmodels={VERSION}", f"Found {found}", "", concurrency, "")
    for line in lines:
        log.note(line)
    if not log.shows("info"):
        return
    if flags.log_format == "json":
        data = {"version": f"={VERSION}", "log_version": 3}
        click.echo(event("MainReportVersion", "A001", f"Running with sqlmodels={VERSION}", invocation, data))
        click.echo(event("FoundStats", "W006", f"Found {found}", invocation, {"stat_line": found}))
        counted = {"num_threads": threads, "target_name": target, "node_count": nodes}
        click.echo(event("ConcurrencyLine", "Q027", concurrency, invocation, counted))
        return
    now = time.strftime("%H:%M:%S")
    for line in lines:
        click.echo(f"{now}  {line}")


def _plural(word: str) -> str:
    if word == "test":
        return "data tests"
    return f"{word[:-1]}ies" if word.endswith("y") else f"{word[:-2]}es" if word.endswith("is") else f"{word}s"
