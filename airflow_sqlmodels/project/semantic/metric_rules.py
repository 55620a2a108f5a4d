"""What has to hold of metrics: what they are made of is there, and of a kind that can be made into that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from airflow_sqlmodels.errors import closest
from airflow_sqlmodels.project.semantic.layer import Described, Issue, Layer, Said, listed
from airflow_sqlmodels.project.semantic.naming_rules import usable


def simple(layer: Layer) -> Iterator[Issue]:
    """A metric that is one measure has that one's expression."""
    measures = {each["name"]: each for model in layer.models for each in model.said["measures"]}
    for metric in layer.metrics:
        measure = measures.get((metric.params.get("measure") or {}).get("name"))
        said = metric.params.get("expr")
        if metric.said["type"] != "simple" or measure is None or said is None:
            continue
        if said not in (measure["expr"], measure["name"]):
            wrong = f"the metric {metric.name!r} is a measure, and has an expr of its own"
            yield Issue(metric.node, wrong, "it is not used: remove it", fatal=False)


def aliases(layer: Layer) -> Iterator[Issue]:
    """Measures that a metric takes in under another name can be told from each other and from all measures.

    As in dbt, a metric with such a measure is thus of no use to another metric.
    """
    names = {each["name"] for model in layer.models for each in model.said["measures"]}
    used: dict[str, str] = {}
    for metric in layer.metrics:
        for said in _measures_within(layer, metric):
            alias = said["alias"]
            if alias is None:
                continue
            yield from usable(str(alias), metric.node)
            of = f"the alias {alias!r} of a measure in the metric {metric.name!r}"
            if alias in names:
                yield Issue(metric.node, f"{of} is the name of a measure", "choose another alias")
            if alias in used:
                yield Issue(metric.node, f"{of} is used by {used[alias]!r} already", "choose another alias")
            used[alias] = metric.name


def _measures(metric: Described) -> list[Said]:
    conversion = metric.params.get("conversion_type_params") or {}
    said = (metric.params.get("measure"), conversion.get("base_measure"), conversion.get("conversion_measure"))
    return [each for each in said if each]


def _measures_within(layer: Layer, metric: Described) -> list[Said]:
    """The measures of a metric; of one that is made of metrics, theirs, each once."""
    if own := _measures(metric):
        return own
    by_id = {each.node.id: each for each in layer.metrics}
    found: list[Said] = []
    waiting, seen = list(metric.node.depends_on), {metric.node.id}
    while waiting:
        part = by_id.get(waiting.pop(0))
        if part is None or part.node.id in seen:
            continue
        seen.add(part.node.id)
        theirs = _measures(part)
        found += [each for each in theirs if each not in found]
        if not theirs:
            waiting = [*part.node.depends_on, *waiting]
    return found


def cumulative(layer: Layer) -> Iterator[Issue]:
    """A cumulative metric has one input, and a window or a grain to date."""
    for metric in layer.metrics:
        if metric.said["type"] != "cumulative":
            continue
        own = metric.params.get("cumulative_type_params") or {}
        of = f"the cumulative metric {metric.name!r}"
        if metric.params.get("measure") and own.get("metric"):
            yield Issue(
                metric.node, f"{of} has a measure and a metric", "the measure is not used: remove it", fatal=False
            )
        window, grain = own.get("window"), own.get("grain_to_date")
        if window and grain:
            yield Issue(metric.node, f"{of} has a window and a grain_to_date", "keep one of the two")
        if grain and not layer.is_granularity(str(grain)):
            yield Issue(metric.node, f"{of} has the grain_to_date {grain!r}, which is no granularity", _GRAINS)
        if window:
            yield from _window(layer, metric, window)


_GRAINS = "there are day, week, month, quarter, year and smaller ones"


def _window(layer: Layer, metric: Described, window: object, *, custom: bool = False) -> Iterator[Issue]:
    grain = str(window.get("granularity")) if isinstance(window, dict) else ""
    if not layer.is_granularity(grain, custom=custom):
        wrong = f"the metric {metric.name!r} has a window with the granularity {grain or window!r}"
        yield Issue(metric.node, f"{wrong}, which is none", f"write '7 days'; {_GRAINS}")


def derived(layer: Layer) -> Iterator[Issue]:
    """A derived metric uses all its inputs, under names that differ."""
    for metric in layer.metrics:
        if metric.said["type"] != "derived":
            continue
        of, inputs = f"the derived metric {metric.name!r}", metric.params.get("metrics") or []
        if not inputs:
            yield Issue(metric.node, f"{of} has no input metrics", "add them below 'metrics' or 'input_metrics'")
        expr = metric.params.get("expr")
        if not expr:
            yield Issue(metric.node, f"{of} has no expr", "add one that uses all its metrics", fatal=False)
        names = {each["name"] for each in inputs}
        for each in inputs:
            yield from _input(layer, metric, each, names)
            used = each["alias"] or each["name"]
            if expr and used not in expr:
                wrong = f"{of} does not use its input {used!r}: {expr}"
                yield Issue(metric.node, wrong, "use it in the expr, or remove the input", fatal=False)


def _input(layer: Layer, metric: Described, said: Said, names: set[str]) -> Iterator[Issue]:
    of = f"the input {said['name']!r} of the metric {metric.name!r}"
    if said["alias"]:
        yield from usable(str(said["alias"]), metric.node)
        if said["alias"] in names:
            yield Issue(metric.node, f"{of} has the alias {said['alias']!r}, which is used already", "choose another")
            names.add(said["alias"])
    if said["offset_window"]:
        yield from _window(layer, metric, said["offset_window"], custom=True)
    grain = said["offset_to_grain"]
    if grain and not layer.is_granularity(str(grain)):
        yield Issue(metric.node, f"{of} has the offset_to_grain {grain!r}, which is no granularity", _GRAINS)
    if said["offset_window"] and grain:
        yield Issue(metric.node, f"{of} has an offset_window and an offset_to_grain", "keep one of the two")


def conversion(layer: Layer) -> Iterator[Issue]:
    """A conversion metric counts two things of one entity, which both semantic models know."""
    for metric in layer.metrics:
        said = metric.params.get("conversion_type_params")
        if metric.said["type"] == "conversion" and said:
            yield from _both_sides(layer, metric, said)


def _side(layer: Layer, metric: Described, said: Said, side: str) -> Iterator[Issue]:
    """What is wrong with one of the two things by itself."""
    of, measure, other = f"the conversion metric {metric.name!r}", said[f"{side}_measure"], said[f"{side}_metric"]
    if measure and other:
        yield Issue(metric.node, f"{of} has a {side}_measure and a {side}_metric", "remove the measure", fatal=False)
        return
    found = layer.metric_named.get(str((other or {}).get("name")))
    if found is not None and found.said["type"] != "simple":
        yield Issue(metric.node, f"{of} is made of {found.name!r}, which is no simple metric", "choose a simple one")
    if other and _counted(layer, said, side) is None:
        wrong = f"{of} has the {side}_metric {other['name']!r}, which belongs to no semantic model"
        yield Issue(metric.node, wrong, "write that metric below the model that it counts")


class _Counted:
    """One of the two things: the semantic model that it belongs to, how it is counted, and its name."""

    def __init__(self, model: Described, what: str, said: Said, agg: object, expr: object) -> None:
        self.model, self.what, self.name, self.filter = model, what, said["name"], said["filter"]
        self.agg, self.expr = agg, expr


def _both_sides(layer: Layer, metric: Described, said: Said) -> Iterator[Issue]:
    of = f"the conversion metric {metric.name!r}"
    for side in ("base", "conversion"):
        yield from _side(layer, metric, said, side)
    base, converted = _counted(layer, said, "base"), _counted(layer, said, "conversion")
    if base is None or converted is None:
        return
    for found in (base, converted):
        yield from _is_counted(metric, found, of)
    if converted.filter is not None:
        wrong = f"{of} filters its {converted.what} {converted.name!r}, which is not supported in full"
        yield Issue(metric.node, wrong, "filter the base instead", fatal=False)
    yield from _known_to(metric, said, base, converted, of)
    if said["window"]:
        yield from _window(layer, metric, said["window"])


def _counted(layer: Layer, said: Said, side: str) -> _Counted | None:
    """What one side counts; None if it cannot be told."""
    measure, metric = said[f"{side}_measure"], said[f"{side}_metric"]
    if measure and not metric:
        for model in layer.models:
            for each in model.said["measures"]:
                if each["name"] == measure["name"]:
                    return _Counted(model, "measure", measure, each["agg"], each["expr"])
    found = None if measure or not metric else layer.metric_named.get(metric["name"])
    params = {} if found is None else found.params.get("metric_aggregation_params") or {}
    home = next((each for each in layer.models if each.name == params.get("semantic_model")), None)
    if found is None or home is None:
        return None
    return _Counted(home, "metric", metric, params["agg"], found.params.get("expr"))


def _is_counted(metric: Described, side: _Counted, of: str) -> Iterator[Issue]:
    if side.agg not in ("count", "count_distinct") and (side.agg != "sum" or side.expr != "1"):
        wrong = f"{of} needs counts, and the {side.what} {side.name!r} has the aggregation {side.agg!r}"
        yield Issue(metric.node, wrong, "choose one with count, count_distinct, or sum of 1")


def _known_to(metric: Described, said: Said, base: _Counted, converted: _Counted, of: str) -> Iterator[Issue]:
    for side, found in (("base", base), ("conversion", converted)):
        entities = [each["name"] for each in found.model.said["entities"]]
        if said["entity"] not in entities:
            wrong = f"{of} has the entity {said['entity']!r}, which the semantic model {found.model.name!r} has not"
            yield Issue(metric.node, wrong, closest(str(said["entity"]), entities) or f"it has {listed(entities)}")
        known = [*entities, *(each["name"] for each in found.model.said["dimensions"])]
        for each in said["constant_properties"] or ():
            name = each.get(f"{side}_property")
            if name not in known:
                wrong = f"{of} has the {side}_property {name!r}, which the semantic model {found.model.name!r} has not"
                yield Issue(metric.node, wrong, closest(str(name), known))


def twice(layer: Layer) -> Iterator[Issue]:
    """A measure that comes twice into a metric, once with a filter, has an alias there."""
    for metric in layer.metrics:
        said = _measures_within(layer, metric)
        for name in (name for name, count in Counter(each["name"] for each in said).items() if count > 1):
            same = [each for each in said if each["name"] == name]
            if all(each == same[0] for each in same):
                wrong = f"the metric {metric.name!r} takes in the measure {name!r} twice, in the same way"
                yield Issue(metric.node, wrong, "that may be a mistake", fatal=False)
            elif any(each["filter"] is not None and each["alias"] is None for each in same):
                wrong = f"the metric {metric.name!r} takes in the measure {name!r} twice, with different filters"
                yield Issue(metric.node, wrong, "give those with a filter an alias")
