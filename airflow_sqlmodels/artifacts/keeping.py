"""manifest.json, kept up to date: written as a whole, in a part, or not at all if it says already what it should."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from airflow_sqlmodels.artifacts.mark import has_compiled, is_of
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.project.cache import without_collector
from airflow_sqlmodels.templating.invocation import Invocation

if TYPE_CHECKING:
    from airflow_sqlmodels.artifacts.compilation import Compilation

SEMANTIC = "semantic_manifest.json"


def keep_manifest(path: Path, manifest: Manifest, invocation: Invocation, *, compiles: bool = False) -> None:
    """Bring the file up to date. What an earlier run compiled goes, unless this one `compiles` and tells its own.

    semantic_manifest.json beside it says nothing that a change within models could change.
    """
    if not path.with_name(SEMANTIC).is_file():
        _write_semantic(path, manifest)
    if is_of(path, manifest) and (compiles or not has_compiled(path)):
        return
    # where nothing changed, nothing of this is needed
    from airflow_sqlmodels.artifacts.manifest_update import update_manifest  # noqa: PLC0415

    with without_collector():
        if not update_manifest(path, manifest, invocation):
            _write(path, manifest, invocation, None)


def keep_compiled(path: Path, manifest: Manifest, invocation: Invocation, compilation: Compilation) -> None:
    """Bring the file up to date with what this run compiled."""
    from airflow_sqlmodels.artifacts.manifest_update import note_compiled  # noqa: PLC0415

    with without_collector():
        if not note_compiled(path, manifest, invocation, compilation):
            _write(path, manifest, invocation, compilation)


def _write_semantic(path: Path, manifest: Manifest) -> None:
    from airflow_sqlmodels.artifacts.semantic_manifest import write_semantic_manifest  # noqa: PLC0415

    write_semantic_manifest(path.with_name(SEMANTIC), manifest)


def _write(path: Path, manifest: Manifest, invocation: Invocation, compilation: Compilation | None) -> None:
    from airflow_sqlmodels.artifacts.graph_summary import write_graph_summary  # noqa: PLC0415
    from airflow_sqlmodels.artifacts.manifest_json import write_manifest  # noqa: PLC0415
    from airflow_sqlmodels.graph.order import graph_of  # noqa: PLC0415

    _write_semantic(path, manifest)
    graph = graph_of(manifest)
    write_manifest(path, manifest, graph, invocation, compilation)
    write_graph_summary(path.with_name("graph_summary.json"), graph, invocation)
