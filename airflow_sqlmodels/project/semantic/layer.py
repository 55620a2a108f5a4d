"""The semantic layer of a project as its rules look at it, and what one of them objects to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.manifest.nodes import AnyNode, Metric, Model, SavedQuery, SemanticModel
from airflow_sqlmodels.project.semantic.nodes import SemanticNode
from airflow_sqlmodels.project.semantic_words import GRANULARITIES
from airflow_sqlmodels.templating.entries.semantic_view import semantic_part

Said = Mapping[str, Any]


class Described(Struct, frozen=True):
    """A node and what is said of it: what manifest.json has of it, defaults filled in."""

    node: SemanticNode
    said: Said

    @property
    def name(self) -> str:
        """Its name."""
        return self.node.name

    @property
    def params(self) -> Said:
        """The parameters of a metric's type."""
        return self.said.get("type_params") or {}


class Layer(Struct, frozen=True):
    """All of it."""

    models: tuple[Described, ...]
    metrics: tuple[Described, ...]
    queries: tuple[Described, ...]
    spines: tuple[Model, ...]
    """The models that hold points in time."""
    metric_named: Mapping[str, Described]

    @property
    def custom_granularities(self) -> tuple[str, ...]:
        """The names of the granularities that time spines add."""
        return tuple(
            str(each["name"]) for spine in self.spines for each in (spine.time_spine or {})["custom_granularities"]
        )

    def is_granularity(self, name: str, *, custom: bool = False) -> bool:
        """Whether there is such a granularity; `custom`: one that a time spine adds will do."""
        bare = name.lower()
        known = (*GRANULARITIES, *(self.custom_granularities if custom else ()))
        return bare in known or (bare.endswith("s") and bare[:-1] in known)


class Issue(Struct, frozen=True):
    """What is wrong with a node."""

    node: AnyNode
    what: str
    hint: str = ""
    fatal: bool = True
    """Whether the project is refused; else it is warned of."""


def layer_of(semantic: Iterable[SemanticNode], nodes: Iterable[AnyNode]) -> Layer:
    """The nodes of the semantic layer, and the time spines among the others."""
    described = [Described(node, semantic_part(node)) for node in semantic]
    metrics = _of(Metric, described)
    spines = (node for node in nodes if isinstance(node, Model) and node.time_spine is not None)
    return Layer(
        _of(SemanticModel, described),
        metrics,
        _of(SavedQuery, described),
        tuple(spines),
        {each.name: each for each in metrics},
    )


def _of(kind: type, described: Iterable[Described]) -> tuple[Described, ...]:
    return tuple(each for each in described if isinstance(each.node, kind))


def elements(model: Described) -> Iterator[tuple[str, Said]]:
    """The elements of a semantic model, each with what it is."""
    for key, what in (("measures", "measure"), ("entities", "entity"), ("dimensions", "dimension")):
        for each in model.said[key]:
            yield what, each


def a(what: str) -> str:
    """The word with its article."""
    return f"an {what}" if what[0] in "aeiou" else f"a {what}"


def listed(names: Iterable[object]) -> str:
    """Names in a row."""
    return ", ".join(repr(each) for each in names)
