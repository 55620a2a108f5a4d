"""What has to hold of saved queries, and of the conditions of metrics and queries.

    item := Dimension('entity__name') | TimeDimension('entity__name', 'grain') | Entity('name') | Metric('name', […])

each with calls behind it: `.grain('month')`, `.date_part('year')`, `.descending(true)`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from msgspec import Struct

from airflow_sqlmodels.errors import closest
from airflow_sqlmodels.project.semantic.layer import Described, Issue, Layer, Said
from airflow_sqlmodels.project.semantic_words import GRANULARITIES

_KINDS = ("Dimension", "TimeDimension", "Entity", "Metric")
_EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_WORDS = {"true": True, "false": False, "none": None}


class Item(Struct, frozen=True):
    """One item of a query."""

    kind: str
    name: str
    """As written: `order__at`."""
    granularity: str | None = None
    grouped: bool = False
    """Whether a metric says by what it is grouped."""
    further: tuple[str, ...] = ()
    """The calls behind it, `descending` left out."""

    @property
    def element(self) -> str:
        """The name without entities in front and a granularity behind."""
        parts = self.name.lower().split("__")
        timed = self.kind in ("Dimension", "TimeDimension") and len(parts) > 1 and parts[-1] in GRANULARITIES
        return parts[-2] if timed else parts[-1]


class _NoItemError(ValueError):
    """What is written is none."""


def read_item(text: str) -> Item:
    """The item that a text says. Raises ValueError if it is none."""
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise _NoItemError(f"it cannot be read: {error.msg}") from error
    further: list[str] = []
    while isinstance(tree, ast.Call) and isinstance(tree.func, ast.Attribute):
        further += (
            () if tree.func.attr == "descending" else (f"{tree.func.attr}({', '.join(map(ast.unparse, tree.args))})",)
        )
        tree = tree.func.value
    if not isinstance(tree, ast.Call) or not isinstance(tree.func, ast.Name):
        raise _NoItemError("it is no call of Dimension, TimeDimension, Entity or Metric")
    kind = tree.func.id
    if kind not in _KINDS:
        raise _NoItemError(f"{kind!r} is undefined")
    named = {each.arg: each.value for each in tree.keywords}
    first = tree.args[0] if tree.args else next(iter(named.values()), None)
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        raise _NoItemError(f"{kind} has no name")
    second = tree.args[1] if len(tree.args) > 1 else named.get("time_granularity_name")
    grain = second.value if isinstance(second, ast.Constant) and isinstance(second.value, str) else None
    item = Item(kind, first.value, grain, len(tree.args) + len(tree.keywords) > 1, tuple(further))
    if kind in ("Dimension", "TimeDimension") and item.element != _TIME and not _has_entity(item):
        raise _NoItemError(f"{item.name!r} must have the form 'entity__dimension'")
    if item.granularity and any(each.startswith("grain(") for each in further):
        raise _NoItemError("it has two granularities")
    return item


_TIME = "metric_time"
_PAIR = 2


def _has_entity(item: Item) -> bool:
    parts = item.name.split("__")
    return len(parts) - (parts[-1].lower() in GRANULARITIES and len(parts) > _PAIR) == _PAIR


def saved_queries(layer: Layer) -> Iterator[Issue]:
    """They ask for what there is, and are ordered by what they ask for."""
    known = {_TIME, *layer.metric_named}
    for model in layer.models:
        known |= {str(each["name"]) for key in ("dimensions", "entities") for each in model.said[key]}
    for query in layer.queries:
        said = query.said["query_params"]
        asked = [Item("Metric", str(each)) for each in said["metrics"] or ()]
        for text in said["group_by"] or ():
            try:
                item = read_item(str(text))
                if item.kind == "Metric" and not item.grouped:
                    raise _NoItemError("Metric says not by what it is grouped")
            except ValueError as error:
                yield _wrong(query, "group_by", text, str(error))
                continue
            asked.append(item)
            if item.element not in known:
                hint = closest(item.element, known)
                yield Issue(query.node, f"the group_by {text!r} of {query.name!r} names nothing there is", hint)
        yield from _order(query, said, asked)
        limit = said["limit"]
        if limit is not None and int(limit) < 0:
            yield Issue(query.node, f"the limit of {query.name!r} is {limit}", "write a number from 0 on")
        yield from _condition(layer, query, said["where"])


def _order(query: Described, said: Said, asked: list[Item]) -> Iterator[Issue]:
    for text in said["order_by"] or ():
        try:
            item = read_item(str(text))
        except ValueError as error:
            yield _wrong(query, "order_by", text, str(error))
            continue
        if item not in asked:
            wrong = f"the order_by {text!r} of {query.name!r} is none of its metrics and group_by"
            yield Issue(query.node, wrong, "order by what is asked for, as it is written there")


def filters(layer: Layer) -> Iterator[Issue]:
    """The conditions of metrics, and of what they are made of."""
    for metric in layer.metrics:
        yield from _condition(layer, metric, metric.said["filter"])
        for key in ("measure", "numerator", "denominator"):
            yield from _condition(layer, metric, (metric.params.get(key) or {}).get("filter"))
        for each in metric.params.get("metrics") or ():
            yield from _condition(layer, metric, each["filter"])


def _condition(layer: Layer, holder: Described, said: Said | None) -> Iterator[Issue]:
    for each in (said or {}).get("where_filters", ()):
        text = str(each["where_sql_template"])
        for found in _EXPRESSION.finditer(text):
            try:
                item = read_item(found[1])
                if item.kind == "Metric" and not item.grouped:
                    raise _NoItemError("Metric says not by what it is grouped")
            except ValueError as error:
                yield _wrong(holder, "filter", text, str(error))
                continue
            grain = item.granularity
            if item.kind == "TimeDimension" and grain and not layer.is_granularity(grain, custom=True):
                wrong = f"the filter {text!r} of {holder.name!r} has the granularity {grain!r}, which is none"
                yield Issue(holder.node, wrong, closest(grain, GRANULARITIES), fatal=False)


def _wrong(holder: Described, key: str, text: object, why: str) -> Issue:
    return Issue(
        holder.node, f"the {key} {text!r} of {holder.name!r} is wrong: {why}", "write Dimension('entity__name')"
    )
