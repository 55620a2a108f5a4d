"""What a generic test stands under, also where its properties call that another kind than it is."""

from __future__ import annotations

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import DataTest, NodeId


def attached_id(test: DataTest, manifest: Manifest) -> NodeId | None:
    """The node of that name that the test reads, where a seed is described below `models:` and the like.

    None if its package has none: as in dbt nothing of another package is meant.
    """
    said = test.attached_node
    if said is None or said in manifest.nodes or said in manifest.disabled:
        return said
    name = said.partition(".")[2]  # with the package
    return next((each for each in test.ref_ids if each.partition(".")[2] == name), None)
