"""What names and labels of the semantic layer must be: usable in queries, and each there once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.project.semantic.layer import Described, Issue, Layer, a, elements
from airflow_sqlmodels.project.semantic_words import GRANULARITIES

_NAME = re.compile(r"[a-z](?:(?!__)[a-z0-9_])*[a-z0-9]")
_FORM = (
    "write small letters, digits and single underscores: at least two characters, a letter first, no underscore last"
)
_TAKEN = {
    "metric_time": "it stands for the time of any metric",
    "mf_internal_uuid": "metricflow names a column of its own so",
}
_SQL_WORDS = frozenset(
    ("and", "as", "create", "distinct", "for", "from", "full", "having", "in", "inner", "into", "is", "join", "left",
     "like", "natural", "not", "null", "on", "or", "right", "select", "union", "using", "where", "with")
)  # fmt: skip
"""Words that are reserved in every warehouse that metricflow knows."""


def names(layer: Layer) -> Iterator[Issue]:
    """Each name can be used in queries, and means one thing within its semantic model."""
    for each in (*layer.models, *layer.metrics, *layer.queries):
        yield from usable(each.name, each.node)
    for model in layer.models:
        seen: dict[str, str] = {}
        for what, element in elements(model):
            name = str(element["name"])
            if name in seen:
                wrong = f"the name {name!r} is that of {a(seen[name])} and of {a(what)}"
                hint = "give one of them another name"
                yield Issue(model.node, f"in the semantic model {model.name!r} {wrong}", hint)
            seen.setdefault(name, what)
            yield from usable(name, model.node)


def usable(name: str, node: AnyNode) -> Iterator[Issue]:
    """What keeps a name from being used in queries."""
    if not _NAME.fullmatch(name):
        yield Issue(node, f"invalid name {name!r} in the semantic layer", _FORM)
    if name.lower() in GRANULARITIES:
        yield Issue(node, f"invalid name {name!r}: it is that of a granularity of time", "choose another name")
    if name.lower() in _TAKEN:
        yield Issue(node, f"invalid name {name!r}: it is reserved, as {_TAKEN[name.lower()]}", "choose another name")


def reserved_words(layer: Layer) -> Iterator[Issue]:
    """Elements and relations are not called like words of SQL."""
    for model in layer.models:
        for what, element in elements(model):
            if str(element["name"]).lower() in _SQL_WORDS:
                wrong = f"{element['name']!r} is a reserved word of SQL, and cannot be the name of {a(what)}"
                yield Issue(model.node, wrong, "choose another name, and put the column into 'expr'")


def granularities(layer: Layer) -> Iterator[Issue]:
    """The granularities that time spines add have names of their own."""
    taken = {str(each["name"]): what for model in layer.models for what, each in elements(model)}
    taken |= {each.name: "metric" for each in layer.metrics}
    taken |= {each.name: "semantic model" for each in layer.models}
    seen: set[str] = set()
    for spine in layer.spines:
        for each in (spine.time_spine or {})["custom_granularities"]:
            name = str(each["name"])
            yield from usable(name, spine)
            if name in taken:
                wrong = f"the name {name!r} of a custom granularity is that of {a(taken[name])} already"
                yield Issue(spine, wrong, "give the granularity another name")
            if name in seen:
                yield Issue(spine, f"two custom granularities are named {name!r}", "give one of them another name")
            seen.add(name)


def labels(layer: Layer) -> Iterator[Issue]:
    """No two metrics, semantic models, or elements of one kind in a semantic model have one label."""
    for what, several in (("metric", layer.metrics), ("semantic model", layer.models)):
        yield from _same_label(what, several)
    entities: dict[str, tuple[str, str]] = {}
    for model in layer.models:
        for key in ("dimensions", "entities", "measures"):
            counts = Counter(each["label"] for each in model.said[key] if each["label"] is not None)
            for label in (label for label, count in counts.items() if count > 1):
                wrong = f"in the semantic model {model.name!r} two {key} have the label {label!r}"
                yield Issue(model.node, wrong, "give one of them another label")
        for each in model.said["entities"]:
            if each["label"] is None:
                continue
            label, other = entities.setdefault(each["name"], (each["label"], model.name))
            if label != each["label"]:
                wrong = f"the entity {each['name']!r} has the label {each['label']!r} in {model.name!r}, and {label!r}"
                yield Issue(model.node, f"{wrong} in {other!r}", "give both the same label, or one of them none")


def _same_label(what: str, several: tuple[Described, ...]) -> Iterator[Issue]:
    seen: dict[str, str] = {}
    for each in several:
        label = each.said["label"]
        if label is not None and label in seen:
            wrong = f"the {what} {each.name!r} has the label {label!r}, which is that of {seen[label]!r} already"
            yield Issue(each.node, wrong, "give one of them another label")
        elif label is not None:
            seen[label] = each.name
