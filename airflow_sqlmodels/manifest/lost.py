"""Tests that name something that is not there: as in dbt they are among the nodes that others see, turned off."""

from __future__ import annotations

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import DataTest


def tests_of_nothing(manifest: Manifest) -> list[DataTest]:
    """Those that nobody turned off."""
    disabled = (node for several in manifest.disabled.values() for node in several)
    return [node for node in disabled if isinstance(node, DataTest) and node.config.get("enabled", True) is not False]
