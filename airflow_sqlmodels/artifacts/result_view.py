"""One node's outcome as macros of on-run-end hooks know it: dbt's attributes, and `to_dict` for all of it."""

from __future__ import annotations

import copy
import datetime
import functools
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from airflow_sqlmodels.artifacts.run_results import result_json
from airflow_sqlmodels.artifacts.sources import AGE, SELECTED
from airflow_sqlmodels.artifacts.unit_node import unit_node
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Model, Source, UnitTest
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.entries.node import WITH_TEMPLATE
from airflow_sqlmodels.templating.entries.shape import plain
from airflow_sqlmodels.templating.graph_view import ProjectEntries


class RunStatus(StrEnum):
    """What can come of a node that is built. Macros compare it with a text, or ask for its `value`."""

    Success = "success"
    Error = "error"
    Skipped = "skipped"
    PartialSuccess = "partial success"
    NoOp = "no-op"


class TestStatus(StrEnum):
    """What can come of a test."""

    __test__ = False

    Pass = "pass"
    Error = "error"
    Fail = "fail"
    Warn = "warn"
    Skipped = "skipped"


class FreshnessStatus(StrEnum):
    """What can come of a source's freshness."""

    Pass = "pass"
    Warn = "warn"
    Error = "error"
    RuntimeErr = "runtime error"
    """It could not be told."""
    Skipped = "skipped"


NodeType = StrEnum(
    "NodeType",
    {
        "Model": "model",
        "Analysis": "analysis",
        "Test": "test",
        "Snapshot": "snapshot",
        "Operation": "operation",
        "Seed": "seed",
        "Function": "function",
        "Source": "source",
        "Exposure": "exposure",
        "Metric": "metric",
        "SavedQuery": "saved_query",
        "SemanticModel": "semantic_model",
        "Unit": "unit_test",
    },
)
"""`resource_type` of a result's node."""

_REFABLE = ("model", "seed", "snapshot")
_UNCOMPILED: Mapping[str, Any] = MappingProxyType(
    {"compiled_code": None, "extra_ctes": [], "extra_ctes_injected": False}
)
"""What the node of a result says of its SQL if it was not compiled; its entry says nothing."""


class Said(dict[str, Any]):
    """Plain data that macros may also ask for as data."""

    def to_dict(self, omit_none: bool = False) -> dict[str, Any]:
        """The data."""
        return plain(self, omit_none)


class ResultConfig(Said):
    """The config of a result's node: what is not set in it is none."""

    def __missing__(self, _key: str) -> None:
        return None


class TimingInfo:
    """One phase of a step. Its times are in UTC, but do not say so."""

    def __init__(self, told: Mapping[str, Any]) -> None:
        self._told = dict(told)
        self.name: str = told["name"]
        self.started_at = _moment(told["started_at"])
        self.completed_at = _moment(told["completed_at"])

    def __repr__(self) -> str:
        return f"TimingInfo(name={self.name!r}, started_at={self.started_at!r}, completed_at={self.completed_at!r})"

    def to_dict(self, omit_none: bool = False) -> dict[str, Any]:  # noqa: ARG002  # dbt's argument: nothing is missing
        """The phase, with its times as texts."""
        return dict(self._told)


class ResultNode(Said):
    """The node of a result: its entry in `graph`, and what dbt's objects say of themselves besides."""

    def __init__(self, entry: Mapping[str, Any], node: AnyNode) -> None:
        super().__init__({key: _said(value) for key, value in entry.items()})
        self._node = node
        self["resource_type"] = NodeType(entry["resource_type"])
        self["config"] = ResultConfig(self["config"])

    def __getattr__(self, name: str) -> Any:
        if name not in _UNCOMPILED or not isinstance(self._node, (*WITH_TEMPLATE, UnitTest)):
            raise AttributeError(name)
        return self[name] if name in self else copy.copy(_UNCOMPILED[name])

    def to_dict(self, omit_none: bool = False) -> dict[str, Any]:
        """The entry as it is in `graph`."""
        return plain({**self, "resource_type": str(self["resource_type"])}, omit_none)

    @property
    def compiled(self) -> bool:
        """Whether there is SQL of it."""
        return bool(self.get("compiled"))

    @property
    def quoting_dict(self) -> dict[str, bool]:
        """What its config says of quoting."""
        return dict(self["config"].get("quoting") or {})

    @property
    def depends_on_nodes(self) -> list[str]:
        """The ids of what it reads."""
        return list((self.get("depends_on") or {}).get("nodes", ()))

    @property
    def depends_on_macros(self) -> list[str]:
        """The ids of the macros that it calls."""
        return list((self.get("depends_on") or {}).get("macros", ()))

    @property
    def identifier(self) -> str:
        """The name of its relation."""
        return str(self.get("alias") or self["name"])

    @property
    def is_ephemeral(self) -> bool:
        """Whether it is part of what reads it."""
        return bool(self["config"].get("materialized") == "ephemeral")

    @property
    def is_ephemeral_model(self) -> bool:
        """The same, of models only."""
        return self.is_refable and self.is_ephemeral

    @property
    def is_refable(self) -> bool:
        """Whether `ref` finds it."""
        return self["resource_type"] in _REFABLE

    @property
    def is_relational(self) -> bool:
        """Whether it has a relation of its own."""
        return self.is_refable or self.should_store_failures

    @property
    def is_versioned(self) -> bool:
        """Whether it is a version of a model."""
        return self.is_refable and self.get("version") is not None

    @property
    def search_name(self) -> str:
        """By what it is selected."""
        return f"{self['name']}.v{self['version']}" if self.is_versioned else str(self["name"])

    @property
    def should_store_failures(self) -> bool:
        """Whether the rows at fault are kept."""
        return bool(self["config"].get("store_failures"))

    @property
    def test_node_type(self) -> str:
        """`generic` or `singular`; nothing for what is no data test."""
        return "" if not isinstance(self._node, DataTest) else "singular" if self._node.generic is None else "generic"

    @property
    def empty(self) -> bool:
        """Whether there is nothing in its template."""
        return isinstance(self._node, Model) and not self._node.raw_code.strip()

    @property
    def file_id(self) -> str:
        """Its file, and the package that has it."""
        return f"{self['package_name']}://{self['original_file_path']}"


class ResultView:
    """One node's outcome, with dbt's attributes."""

    agate_table: None = None
    status: StrEnum

    def __init__(self, manifest: Manifest, entries: ProjectEntries, result: Result) -> None:
        told = result_json(manifest, result)
        self._entries, self._node, self._sql = entries, manifest[result.node], result.compiled_sql
        self.status = self._status(result)
        self.timing = [TimingInfo(each) for each in told["timing"]]
        self.thread_id: str = told["thread_id"]
        self.execution_time: float = told["execution_time"]
        self.adapter_response: dict[str, Any] = told["adapter_response"]
        self.message: str | None = told["message"]
        self.failures: int | None = told["failures"]
        self.batch_results = told["batch_results"]
        self.overload_results = told["overload_results"]

    def _status(self, result: Result) -> StrEnum:
        kind = TestStatus if result.node.startswith(("test.", "unit_test.")) else RunStatus
        return kind(result.status)

    @functools.cached_property
    def node(self) -> ResultNode:
        """The node, made when it is asked for."""
        node, entry = self._node, self._entries.of(self._node)
        if isinstance(node, UnitTest) and not self.skipped:
            manifest = self._entries.manifest
            model = self._entries.of(manifest[node.model])
            entry = unit_node(node, entry, model, self._sql, manifest.settings.target_path)
        return ResultNode(entry, node)

    @property
    def skipped(self) -> bool:
        """Whether it was not run."""
        return self.status == "skipped"

    def to_dict(self, omit_none: bool = False) -> dict[str, Any]:
        """All of it as plain data."""
        told = {
            "status": str(self.status),
            "timing": [each.to_dict() for each in self.timing],
            "thread_id": self.thread_id,
            "execution_time": self.execution_time,
            "adapter_response": self.adapter_response,
            "message": self.message,
            "failures": self.failures,
            "node": self.node.to_dict(omit_none),
            "agate_table": None,
            "batch_results": self.batch_results,
            "overload_results": self.overload_results,
        }
        return {key: value for key, value in told.items() if value is not None or not omit_none}


class FreshnessView(ResultView):
    """What came of a source; of one that told its age, with that."""

    def __init__(self, manifest: Manifest, entries: ProjectEntries, result: Result) -> None:
        super().__init__(manifest, entries, result)
        self._told_age: dict[str, Any] = {}
        if AGE not in result.details:
            return
        self.message, self.adapter_response = None, dict(SELECTED)
        self.age: float = result.details[AGE]
        for key in ("max_loaded_at", "snapshotted_at"):
            self._told_age[key] = text = result.details[key]
            setattr(self, key, None if text is None else datetime.datetime.fromisoformat(text))
        self._told_age["age"] = self.age

    def _status(self, result: Result) -> StrEnum:
        failed = result.status == "error" and AGE not in result.details
        return FreshnessStatus.RuntimeErr if failed else FreshnessStatus(result.status)

    def to_dict(self, omit_none: bool = False) -> dict[str, Any]:
        """All of it as plain data."""
        left_out = ("agate_table", "batch_results", "overload_results")
        told = {key: value for key, value in super().to_dict(omit_none).items() if key not in left_out}
        return told | self._told_age


def result_view(manifest: Manifest, entries: ProjectEntries, result: Result) -> ResultView:
    """The outcome as suits the node."""
    kind = FreshnessView if isinstance(manifest[result.node], Source) else ResultView
    return kind(manifest, entries, result)


def _said(value: Any) -> Any:
    """The value with `to_dict` on what are objects in dbt."""
    if isinstance(value, dict):
        return Said({key: _said(each) for key, each in value.items()})
    return [_said(each) for each in value] if isinstance(value, list) else value


def _moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text).replace(tzinfo=None)
