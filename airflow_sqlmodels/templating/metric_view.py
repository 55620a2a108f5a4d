"""`metric(...)` in templates that are compiled: what the project says of a metric, and what it is made of."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any

from jinja2.runtime import missing  # type: ignore[attr-defined]  # not listed in __all__

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Metric
from airflow_sqlmodels.templating.entries.node import Entry
from airflow_sqlmodels.templating.environment import Offering


class MetricType(Enum):
    """The type of a metric as templates see it: `{{ metric('m').type.value }}`."""

    SIMPLE = "simple"
    RATIO = "ratio"
    CUMULATIVE = "cumulative"
    DERIVED = "derived"
    CONVERSION = "conversion"


_MADE_OF_OTHERS = ("derived", "ratio")


class MetricView(Offering):
    """A metric: printed it is its name; it has the fields of its entry in manifest.json."""

    __slots__ = ("_entry", "_manifest", "_metric")

    def __init__(self, metric: Metric, manifest: Manifest, entry: Entry) -> None:
        self._metric, self._manifest, self._entry = metric, manifest, entry

    def offered(self, name: str) -> Any:
        """A field, or one of the questions about what it is made of."""
        if name in _QUESTIONS:
            return getattr(self, name)
        if name == "metric_name":
            return self._metric.name
        if name == "type":
            return MetricType(self._entry["type"])
        return self._entry.get(name, missing)

    def __str__(self) -> str:
        return self._metric.name

    def full_metric_dependency(self) -> list[str]:
        """The names of the metric and of all that it is made of."""
        return list(dict.fromkeys(each.name for each, _ in self._made_of()))

    def base_metric_dependency(self) -> list[str]:
        """Those of them that are not made of other metrics."""
        return list(dict.fromkeys(each.name for each, _ in self._made_of() if not _is_made(each)))

    def derived_metric_dependency(self) -> list[str]:
        """Those of them that are."""
        return list(dict.fromkeys(each.name for each, _ in self._made_of() if _is_made(each)))

    def derived_metric_dependency_depth(self) -> list[dict[str, int]]:
        """The same, each with how many steps it is away; once for each way there."""
        return [{each.name: depth} for each, depth in self._made_of() if _is_made(each)]

    def _made_of(self) -> Iterator[tuple[Metric, int]]:
        """The metric and what it is made of, once for each way there, with how many steps it is away."""
        waiting = [(self._metric, 1)]
        while waiting:
            metric, depth = waiting.pop()
            yield metric, depth
            below = (self._manifest.nodes.get(each) for each in metric.reads)
            waiting += reversed([(each, depth + 1) for each in below if isinstance(each, Metric)])


def _is_made(metric: Metric) -> bool:
    return metric.definition["type"] in _MADE_OF_OTHERS


_QUESTIONS = frozenset(
    ("full_metric_dependency", "base_metric_dependency", "derived_metric_dependency", "derived_metric_dependency_depth")
)
