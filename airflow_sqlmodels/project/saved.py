"""A worker's way to its node: the saved project, checked only as far as that node needs it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.project.cache import open_saved, read_saved
from airflow_sqlmodels.project.inputs import file_changed, same_env


def load_saved_nodes(
    saved: Path | None, root: Path, env: Mapping[str, str], nodes: Iterable[NodeId]
) -> Manifest | None:
    """The saved project, if there is one and no file that these nodes depend on has changed since; else None.

    Only these files are looked at: the tree is not walked, other nodes are not read.
    """
    known = open_saved(saved)
    if known is None:
        return None
    store, inputs = known
    manifest = read_saved(store)
    if manifest is None or not same_env(inputs, env):
        return None
    for node_id in nodes:
        node = manifest.nodes.get(node_id)
        if node is None or any(file_changed(inputs, os.path.join(root, path)) for path in node.files):
            return None
    return manifest
