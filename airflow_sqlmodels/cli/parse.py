"""`sqlmodels parse`: reads the project, says what it found, writes manifest.json."""

from __future__ import annotations

import time
from collections import Counter
from pathlib import Path
from typing import Any

import click

from airflow_sqlmodels.artifacts.mark import is_of
from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.opening import open_project
from airflow_sqlmodels.cli.options import global_options
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.project.cache import without_collector


@click.command()
@global_options
@click.pass_context
def parse(context: click.Context, /, **_values: Any) -> int:
    """Read the project and write its manifest."""
    flags = flags_of(context)
    clock = time.perf_counter()
    manifest = open_project(flags)
    seconds = time.perf_counter() - clock
    path = flags.target_folder(manifest) / "manifest.json"
    if flags.switch("write_json", manifest, default=True) and not is_of(path, manifest):
        _write(path, manifest, flags)
    counts = Counter(node_id.partition(".")[0].replace("_", " ") for node_id in manifest.nodes)
    found = ", ".join(f"{count} {kind}{'' if count == 1 else 's'}" for kind, count in sorted(counts.items()))
    if not flags.quiet:
        click.echo(f"Found {found or 'nothing'} and {len(manifest.macros)} macros in {seconds:.2f}s.")
    return 0


def _write(path: Path, manifest: Manifest, flags: Flags) -> None:
    # where nothing changed, nothing of this is needed
    from airflow_sqlmodels.artifacts.manifest_json import write_manifest  # noqa: PLC0415
    from airflow_sqlmodels.artifacts.manifest_update import update_manifest  # noqa: PLC0415
    from airflow_sqlmodels.graph.order import graph_of  # noqa: PLC0415
    from airflow_sqlmodels.templating.invocation import Invocation  # noqa: PLC0415

    invocation = Invocation(args=flags.said)
    with without_collector():
        if not update_manifest(path, manifest, invocation):
            write_manifest(path, manifest, graph_of(manifest), invocation)
