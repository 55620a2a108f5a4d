"""A worker's way to its node: the saved project, checked only as far as that node needs it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.manifest.store import Broken
from airflow_sqlmodels.project.cache import open_saved, read_saved
from airflow_sqlmodels.project.inputs import unchanged


def load_saved_nodes(
    saved: Path | None, root: Path, env: Mapping[str, str], nodes: Iterable[NodeId]
) -> Manifest | None:
    """The saved project, if there is one and no file that these nodes depend on has changed since; else None.

    Only these files are looked at: the tree is not walked, other nodes are not read.
    """
    store = open_saved(saved)
    manifest = None if store is None else read_saved(store)
    if store is None or manifest is None:
        return None
    paths = []
    for node_id in nodes:
        node = manifest.nodes.get(node_id)
        if node is None:
            return None
        paths += [os.path.join(root, path) for path in node.files]
    try:
        return manifest if unchanged(store, paths, env) else None
    except Broken:
        return None
