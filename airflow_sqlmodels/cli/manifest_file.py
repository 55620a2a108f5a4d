"""manifest.json, written by every command that loads the project; not, if it is there and nothing changed."""

from __future__ import annotations

from airflow_sqlmodels.artifacts.mark import is_of
from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.project.cache import without_collector


def write_manifest_of(flags: Flags, manifest: Manifest) -> None:
    """Write it below the target folder, unless the flags say not to."""
    path = flags.target_folder(manifest) / "manifest.json"
    if not flags.switch("write_json", manifest, default=True) or is_of(path, manifest):
        return
    # where nothing changed, nothing of this is needed
    from airflow_sqlmodels.artifacts.manifest_json import write_manifest  # noqa: PLC0415
    from airflow_sqlmodels.artifacts.manifest_update import update_manifest  # noqa: PLC0415
    from airflow_sqlmodels.graph.order import graph_of  # noqa: PLC0415
    from airflow_sqlmodels.templating.invocation import Invocation  # noqa: PLC0415

    invocation = Invocation(args=flags.said)
    with without_collector():
        if not update_manifest(path, manifest, invocation):
            write_manifest(path, manifest, graph_of(manifest), invocation)
