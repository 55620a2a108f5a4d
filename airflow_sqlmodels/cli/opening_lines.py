"""What is said before the first node runs: the version, what the project holds, how many run at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.cli.opening import Opened, open_all
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


def tell_running(flags: Flags, *, shown: bool = True) -> None:
    """What is said first, before anything can go wrong. `shown`: on a console of plain lines too."""
    data = {"version": f"={VERSION}", "log_version": 3}
    tell_event(flags, "MainReportVersion", "A001", f"Running with sqlmodels={VERSION}", data, shown=shown)


def begin(flags: Flags, *, shown: bool = True) -> Opened:
    """The loaded project; what runs and what it holds are said."""
    tell_running(flags, shown=shown)
    opened = open_all(flags)
    tell_found(flags, opened.manifest, shown=shown)
    return opened


def tell_found(flags: Flags, manifest: Manifest, *, shown: bool = True) -> None:
    """What the loaded project holds: said before it is known which of it is meant."""
    name = manifest.settings.target.type
    data = {"adapter_name": name, "adapter_version": f"={VERSION}"}
    tell_event(flags, "AdapterRegistered", "E034", f"Registered adapter: {name}={VERSION}", data, shown=False)
    found = found_line(manifest)
    tell_event(flags, "FoundStats", "W006", f"Found {found}", {"stat_line": found}, shown=shown)


def tell_concurrency(flags: Flags, opened: Opened, nodes: int, *, shown: bool = True) -> None:
    """How many of the chosen nodes run at a time."""
    threads, target = flags.threads or opened.profile.target.threads, opened.manifest.settings.target.name
    data = {"num_threads": threads, "target_name": target, "node_count": nodes}
    _blank(flags, shown=shown)
    said = f"Concurrency: {threads} threads (target='{target}')"
    tell_event(flags, "ConcurrencyLine", "Q027", said, data, shown=shown)
    _blank(flags, shown=shown)


def _blank(flags: Flags, *, shown: bool) -> None:
    tell_event(flags, "Formatting", "Z017", "", {"msg": ""}, shown=shown)


def tell_event(
    flags: Flags, name: str, code: str, message: str, data: Mapping[str, Any], *, shown: bool = False
) -> None:
    """An event or a line; a command whose output is the answer itself has no lines around it."""
    if shown or flags.log.json:
        flags.log.happened(name, code, message, data, "info")
    else:
        flags.log.note(message, "info", name, code, data)
