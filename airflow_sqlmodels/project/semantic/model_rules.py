"""What has to hold of semantic models: their times, keys and measures fit together, and each other's."""

from __future__ import annotations

from collections.abc import Iterator

from airflow_sqlmodels.errors import closest
from airflow_sqlmodels.project.semantic.layer import Described, Issue, Layer, Said, a, elements, listed

_NEEDS_TIME = "add a dimension of that name with 'type: time'"


def times(layer: Layer) -> Iterator[Issue]:
    """What is aggregated lies on a time dimension of its semantic model."""
    for model in layer.models:
        there = [each["name"] for each in model.said["dimensions"] if each["type"] == "time"]
        usual = _usual_time(model)
        if usual is not None and usual not in there:
            wrong = (
                f"the default agg_time_dimension {usual!r} is no time dimension of the semantic model {model.name!r}"
            )
            yield Issue(model.node, wrong, closest(usual, there) or _NEEDS_TIME)
        for measure in model.said["measures"]:
            own = measure["agg_time_dimension"] or usual
            if own is None:
                wrong = (
                    f"the measure {measure['name']!r} of the semantic model {model.name!r} has no agg_time_dimension"
                )
                yield Issue(model.node, wrong, "add it, or the usual one: 'defaults: {agg_time_dimension: …}'")
            elif own not in there:
                wrong = f"the agg_time_dimension {own!r} of the measure {measure['name']!r} is no time dimension"
                yield Issue(model.node, f"{wrong} of {model.name!r}", closest(own, there) or _NEEDS_TIME)


def _usual_time(model: Described) -> str | None:
    return (model.said["defaults"] or {}).get("agg_time_dimension")


def consistency(layer: Layer) -> Iterator[Issue]:
    """A name is the same kind of element in all semantic models, and a dimension of the same type."""
    kinds: dict[str, str] = {}
    dimensions: dict[str, Said] = {}
    for model in layer.models:
        own: set[str] = set()
        for what, element in elements(model):
            name = str(element["name"])
            if kinds.setdefault(name, what) != what and name not in own:
                wrong = (
                    f"the element {name!r} is {a(what)} in the semantic model {model.name!r}, and {a(kinds[name])} too"
                )
                yield Issue(model.node, wrong, "give one of them another name")
            own.add(name)
        for each in model.said["dimensions"]:
            before = dimensions.setdefault(each["name"], each)
            for key in ("type", "is_partition"):
                if before[key] != each[key]:
                    wrong = f"the dimension {each['name']!r} has the {key} {each[key]!r} in {model.name!r}"
                    yield Issue(model.node, f"{wrong}, and {before[key]!r} elsewhere", "it must be the same everywhere")


def keys(layer: Layer) -> Iterator[Issue]:
    """A semantic model with dimensions has one primary entity; with it, each dimension is there once."""
    pairs: dict[tuple[str, str], str] = {}
    for model in layer.models:
        primary = [each["name"] for each in model.said["entities"] if each["type"] == "primary"]
        said = model.said["primary_entity"]
        if len(primary) > 1:
            wrong = f"the semantic model {model.name!r} has several primary entities: {listed(primary)}"
            yield Issue(model.node, wrong, "it can have one only")
        elif primary and said is not None:
            wrong = (
                f"the semantic model {model.name!r} has the primary entity {primary[0]!r} and primary_entity: {said}"
            )
            yield Issue(model.node, wrong, "keep one of the two")
        elif not primary and said is None and model.said["dimensions"]:
            wrong = f"the semantic model {model.name!r} has dimensions, and no primary entity"
            yield Issue(model.node, wrong, "add an entity with 'type: primary', or 'primary_entity: …'")
        key = said if said is not None else next(iter(primary), None)
        for each in model.said["dimensions"] if key is not None else ():
            other = pairs.setdefault((str(key), each["name"]), model.name)
            if other != model.name:
                wrong = (
                    f"the primary entity {key!r} of the semantic model {model.name!r} has a dimension {each['name']!r}"
                )
                yield Issue(model.node, f"{wrong} in {other!r} too", "give one of them another name")


def validity(layer: Layer) -> Iterator[Issue]:
    """Windows of validity have a beginning and an end, a natural entity and no measures."""
    for model in layer.models:
        dimensions = [each for each in model.said["dimensions"] if (each["type_params"] or {}).get("validity_params")]
        natural = [each["name"] for each in model.said["entities"] if each["type"] == "natural"]
        if len(set(natural)) > 1:
            wrong = f"the semantic model {model.name!r} has several natural entities: {listed(natural)}"
            yield Issue(model.node, wrong, "it can have one only")
        if natural and not dimensions:
            wrong = f"the semantic model {model.name!r} has a natural entity, and no window of validity"
            yield Issue(model.node, wrong, "add validity_params to two time dimensions, or give it another type")
        if dimensions:
            yield from _window(model, dimensions, bool(natural))


def _window(model: Described, dimensions: list[Said], natural: bool) -> Iterator[Issue]:
    of = f"the semantic model {model.name!r} has a window of validity"
    said = [each["type_params"]["validity_params"] for each in dimensions]
    if len(said) != len(("start", "end")) or [sum(each[key] for each in said) for key in ("is_start", "is_end")] != [
        1,
        1,
    ]:
        hint = "it takes two time dimensions with validity_params: one with 'is_start: true', one with 'is_end: true'"
        yield Issue(model.node, f"{of} that is not complete: {listed(each['name'] for each in dimensions)}", hint)
    if not natural:
        yield Issue(model.node, f"{of}, and no natural entity", "add an entity with 'type: natural'")
    if any(each["type"] in ("primary", "unique") for each in model.said["entities"]):
        yield Issue(model.node, f"{of} and a primary or unique entity", "only natural and foreign ones go with it")
    if model.said["measures"]:
        yield Issue(model.node, f"{of} and measures", "remove the measures or the validity_params")


def measures(layer: Layer) -> Iterator[Issue]:
    """Measures say what their aggregation needs, and no more."""
    for model in layer.models:
        for measure in model.said["measures"]:
            of = f"the measure {measure['name']!r} of {model.name!r}"
            for what, hint in (*_count(measure), *_percentile(measure)):
                yield Issue(model.node, f"{of} {what}", hint)
            if measure["non_additive_dimension"]:
                for what, hint in _non_additive(model, measure):
                    yield Issue(model.node, f"{of} has a non_additive_dimension {what}", hint)


def _count(measure: Said) -> Iterator[tuple[str, str]]:
    if measure["agg"] != "count":
        return
    if measure["expr"] is None:
        yield "counts, and has no expr", "write 'expr: 1' to count all rows"
    elif measure["expr"].lower().startswith("distinct "):
        yield f"counts {measure['expr']!r}", "write 'agg: count_distinct', without 'distinct' in the expr"


def _percentile(measure: Said) -> Iterator[tuple[str, str]]:
    params, agg = measure["agg_params"] or {}, measure["agg"]
    wanted = params.get("percentile")
    if agg == "percentile":
        if wanted is None:
            yield "is a percentile, and does not say which", "add 'agg_params: {percentile: 0.5}'"
        elif not 0 < float(wanted) < 1:
            yield f"has the percentile {wanted}", "write a number between 0 and 1: 0.65; for the ends use min and max"
    elif agg == "median":
        if wanted is not None and wanted != _MEDIAN:
            yield f"is a median with the percentile {wanted}", "remove the percentile"
        if params.get("use_discrete_percentile"):
            yield "is a median with use_discrete_percentile", "remove it"
    elif any(params.values()):
        said = [key for key, value in params.items() if value]
        yield f"has agg_params that only percentiles have: {listed(said)}", "remove them, or write 'agg: percentile'"


_MEDIAN = 0.5


def _non_additive(model: Described, measure: Said) -> Iterator[tuple[str, str]]:
    said, dimensions = measure["non_additive_dimension"], {each["name"]: each for each in model.said["dimensions"]}
    found = dimensions.get(said["name"])
    if found is None:
        yield f"{said['name']!r} that the semantic model has not", closest(str(said["name"]), dimensions)
    elif found["type"] != "time":
        yield f"{said['name']!r} that is no time dimension", "choose a time dimension"
    time = dimensions.get(measure["agg_time_dimension"] or _usual_time(model))
    if found is not None and time is not None:
        grains = [(each["type_params"] or {}).get("time_granularity") for each in (found, time)]
        if None not in grains and grains[0] != grains[1]:
            yield (
                f"with the granularity {grains[0]!r}, and an agg_time_dimension with {grains[1]!r}",
                "make them the same",
            )
    if said["window_choice"] not in ("min", "max"):
        yield f"with the window_choice {said['window_choice']!r}", "there are min and max"
    unknown = set(said["window_groupings"]) - {each["name"] for each in model.said["entities"]}
    if unknown:
        yield (
            f"with window_groupings that are no entities: {listed(sorted(unknown))}",
            "name entities of the semantic model",
        )
