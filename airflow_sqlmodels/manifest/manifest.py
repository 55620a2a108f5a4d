"""A loaded project: its settings, nodes and macros, by id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct
from msgspec import field as struct_field

from airflow_sqlmodels.manifest.macro import Doc, Macro, MacroId
from airflow_sqlmodels.manifest.nodes import AnyNode, NodeId
from airflow_sqlmodels.manifest.warned import Warned

PROJECT_FILE = "dbt_project.yml"

AS_WRITTEN = "state_modified_compare_more_unrendered_values"
"""The flag of dbt with which states are compared by what is written, not by what its templates give."""


class Target(Struct, frozen=True):
    """Where a project writes, without any secret: what templates see as `target`."""

    name: str
    schema: str
    database: str
    type: str = "postgres"
    profile_name: str = ""
    threads: int = 1
    extra: dict[str, Any] = struct_field(default_factory=dict)
    """Further fields of the profile that are safe to show: host, port, user, role, search_path…"""


class Settings(Struct, frozen=True, kw_only=True):
    """What dbt_project.yml says, with the target and the variables of this run."""

    name: str
    root: str
    """The absolute folder of dbt_project.yml."""
    target: Target
    version: str | None = None
    profile: str = ""
    vars: dict[str, Any] = struct_field(default_factory=dict)
    """`--vars`: above everything."""
    project_vars: dict[str, dict[str, Any]] = struct_field(default_factory=dict)
    """By package: what `var()` finds there, the root project's word for that package included."""
    env: dict[str, str] = struct_field(default_factory=dict)
    """Environment variables the caller sets for the project (`env=` of a DAG): above the process's own."""
    dispatch: tuple[dict[str, Any], ...] = ()
    quoting: dict[str, bool] = struct_field(default_factory=dict)
    query_comment: Any = True
    """What is said in front of each statement; True: the usual."""
    flags: dict[str, Any] = struct_field(default_factory=dict)
    airflow: dict[str, Any] = struct_field(default_factory=dict)
    """The section `airflow:` of dbt_project.yml."""
    packages: dict[str, str] = struct_field(default_factory=dict)
    """Installed packages, the root project among them: name to absolute folder."""
    versions: dict[str, str] = struct_field(default_factory=dict)
    """By package: what it says of its own version."""
    target_path: str = "target"
    log_path: str = "logs"
    clean_targets: tuple[str, ...] = ("target",)
    paths: dict[str, tuple[str, ...]] = struct_field(default_factory=dict)
    """`model-paths` and its siblings, by dbt's name."""

    def flag(self, name: str, default: bool = False) -> bool:
        """A behaviour flag: as `flags:` of dbt_project.yml say, else dbt's default of today."""
        return bool(self.flags.get(name, default))

    @property
    def compares_as_written(self) -> bool:
        """Whether of what `config(...)` and properties say the text counts, not what it gives for this target."""
        return self.flag(AS_WRITTEN, default=True)


class Since(Struct, frozen=True):
    """How a manifest differs from one that was there before: these nodes say something else, no edge is another."""

    mark: str
    """The earlier one's."""
    changed: tuple[NodeId, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest(Mapping[NodeId, AnyNode]):
    """Everything that was found in a project. Look up by id: `manifest[NodeId("model.shop.orders")]`."""

    settings: Settings
    nodes: Mapping[NodeId, AnyNode]
    """Enabled nodes of every kind, sources and exposures included, in the order of their files."""
    macros: Mapping[MacroId, Macro]
    docs: Mapping[str, Doc] = field(default_factory=dict)
    disabled: Mapping[NodeId, tuple[AnyNode, ...]] = field(default_factory=dict)
    """By id all nodes that are turned off: there may be several, one for each kind of warehouse."""
    groups: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    selectors: Mapping[str, Any] = field(default_factory=dict)
    """`selectors.yml`, by name, as written."""
    mark: str = ""
    """A hash of all that it was made from; "" if it was not saved."""
    since: Since | None = None
    """What is new since it was loaded before, if that is known to be little."""
    warnings: tuple[Warned, ...] = ()
    """What is allowed but probably not meant."""

    def __getitem__(self, node_id: NodeId) -> AnyNode:
        return self.nodes[node_id]

    def __iter__(self) -> Iterator[NodeId]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)
