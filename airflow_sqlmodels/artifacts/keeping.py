"""manifest.json, kept up to date: written as a whole, in a part, or not at all if it says already what it should."""

from __future__ import annotations

from pathlib import Path

from airflow_sqlmodels.artifacts.mark import is_of
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.project.cache import without_collector
from airflow_sqlmodels.templating.invocation import Invocation


def keep_manifest(path: Path, manifest: Manifest, invocation: Invocation) -> None:
    """Bring the file up to date."""
    if is_of(path, manifest):
        return
    # where nothing changed, nothing of this is needed
    from airflow_sqlmodels.artifacts.manifest_json import write_manifest  # noqa: PLC0415
    from airflow_sqlmodels.artifacts.manifest_update import update_manifest  # noqa: PLC0415
    from airflow_sqlmodels.graph.order import graph_of  # noqa: PLC0415

    with without_collector():
        if not update_manifest(path, manifest, invocation):
            write_manifest(path, manifest, graph_of(manifest), invocation)
