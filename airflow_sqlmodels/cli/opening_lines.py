"""What is said before the first node runs: the version, what the project holds, how many run at a time."""

from __future__ import annotations

import time
from collections import Counter

import click

from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.cli.log_format import event
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.version import VERSION

_OF_FILES = ("model", "snapshot", "analysis", "test", "seed", "operation")
"""In this order dbt reads the files of a project, and counts what it finds."""

_BEHIND = ("source", "exposure", "metric", "macro", "group", "semantic_model", "saved_query", "unit_test")
"""These come last, and nobody else: functions are not counted."""


def found_line(manifest: Manifest) -> str:
    """`5 models, 3 seeds, 20 data tests, 41 macros`, in dbt's order: that of its files, the project's own first."""
    counts = Counter(node_id.partition(".")[0] for node_id in manifest.nodes)
    counts |= {"macro": len(manifest.macros), "group": len(manifest.groups)}
    kinds = dict.fromkeys((*_kinds_in_files(manifest), "test", *_BEHIND))
    return ", ".join(_counted(kind, counts[kind]) for kind in kinds if counts[kind])


def _kinds_in_files(manifest: Manifest) -> list[str]:
    """The kinds of nodes that files are, project by project; tests of property files are found behind them all."""
    there = {(parts[1], parts[0]) for parts in (node_id.split(".") for node_id in manifest.nodes) if _is_file(parts)}
    packages = dict.fromkeys((manifest.settings.name, *manifest.settings.packages))
    return [kind for package in packages for kind in _OF_FILES if (package, kind) in there]


def _is_file(parts: list[str]) -> bool:
    """Whether the node of an id in parts has a file to itself: the id of another test ends in a hash."""
    return parts[0] != "test" or len(parts) == len(["test", "package", "name"])


def _counted(kind: str, count: int) -> str:
    word = kind.replace("_", " ")
    if count == 1:
        return f"1 {word}"
    return f"{count} {_PLURALS.get(kind, f'{word}s')}"


_PLURALS = {"analysis": "analyses", "saved_query": "saved queries", "test": "data tests"}


def tell_running(flags: Flags) -> None:
    """What is said first, before anything can go wrong."""
    said = f"Running with sqlmodels={VERSION}"
    flags.log.note(said)
    if not flags.log.shows("info"):
        return
    if flags.log_format == "json":
        data = {"version": f"={VERSION}", "log_version": 3}
        click.echo(event("MainReportVersion", "A001", said, flags.log.invocation, data))
    else:
        click.echo(f"{_now()}  {said}")


def tell_opening(flags: Flags, manifest: Manifest, threads: int, nodes: int) -> None:
    """What is said when the project is loaded: lines, or the events that stand for them."""
    log = flags.log
    found, target = found_line(manifest), manifest.settings.target.name
    concurrency = f"Concurrency: {threads} threads (target='{target}')"
    lines = (f"Found {found}", "", concurrency, "")
    for line in lines:
        log.note(line)
    if not log.shows("info"):
        return
    if flags.log_format == "json":
        click.echo(event("FoundStats", "W006", f"Found {found}", log.invocation, {"stat_line": found}))
        counted = {"num_threads": threads, "target_name": target, "node_count": nodes}
        click.echo(event("ConcurrencyLine", "Q027", concurrency, log.invocation, counted))
        return
    now = _now()
    for line in lines:
        click.echo(f"{now}  {line}")


def _now() -> str:
    return time.strftime("%H:%M:%S")
