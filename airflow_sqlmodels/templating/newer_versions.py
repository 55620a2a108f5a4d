"""What is told of a `ref` without a version, if the model has one above its latest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Model
from airflow_sqlmodels.manifest.versions import rank


class NewerVersion(Struct, frozen=True):
    """A version that a reader will get without asking, once it is called the latest."""

    name: str
    package: str
    version: str
    """What the reader gets today."""
    newest: str

    def text(self, reader: str) -> str:
        """What is said to those who wrote the reader."""
        ref = f"ref('{self.package}', '{self.name}', v='%s')"
        return (
            f"While compiling '{reader}':\nan unpinned reference to the versioned model '{self.name}'\n"
            f"It is {self.name}.v{self.version} today; version {self.newest} is there too, and not yet the latest.\n"
            f"  to try it: {{{{ {ref % self.newest} }}}}\n  to keep to today's: {{{{ {ref % self.version} }}}}\n"
        )

    @property
    def data(self) -> dict[str, str]:
        """What the event holds."""
        return {
            "ref_node_name": self.name,
            "ref_node_package": self.package,
            "ref_node_version": self.version,
            "ref_max_version": self.newest,
        }


def newest_versions(manifest: Manifest) -> dict[str, str]:
    """The highest version of each model that has some; as in dbt, whatever package it is in."""
    newest: dict[str, str] = {}
    for node in manifest.values():
        if isinstance(node, Model) and node.version is not None:
            newest[node.name] = max(newest.get(node.name, node.version), node.version, key=rank)
    return newest


def newer_version(newest: Mapping[str, Any], model: Model) -> NewerVersion | None:
    """The version above the latest one of a model; None if there is none."""
    if model.version is None or rank(newest[model.name]) <= rank(model.latest_version or model.version):
        return None
    return NewerVersion(model.name, model.package, model.version, newest[model.name])
