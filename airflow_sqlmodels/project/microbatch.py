"""Models with the strategy `microbatch` while the project is loaded: what they lack, and what is odd about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.manifest import Settings
from airflow_sqlmodels.manifest.nodes import AnyNode, Model, NodeId
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.written import place_of_value
from airflow_sqlmodels.templating.batches import BATCHES_FLAG, first_moment, has_batches, in_batches, size_of


def microbatch_warnings(
    settings: Settings, macros: Iterable[MacroId], nodes: Mapping[NodeId, AnyNode]
) -> Iterator[Warned]:
    """All that is odd. Raises ProjectError for a model that lacks what its batches are made by."""
    models = [node for node in nodes.values() if isinstance(node, Model) and has_batches(node)]
    if not models:
        return
    if not in_batches(settings.flags, macros):
        text = (
            "a macro get_incremental_microbatch_sql outside of batches is deprecated: microbatch models are built in "
            f"one piece; without 'flags: {{{BATCHES_FLAG}: false}}' in dbt_project.yml it gets them batch by batch"
        )
        yield Warned(text, "MicrobatchMacroOutsideOfBatchesDeprecation", once=True)
        return
    for model in models:
        _refuse_incomplete(model)
    at_once = sum(model.config.get("concurrent_batches") is True for model in models)
    if at_once:
        count = f"{at_once} microbatch model{'s' if at_once > 1 else ''}"
        text = f"concurrent_batches: true has no effect for {count}: on Postgres batches are built one by one"
        data = {"num_models": at_once, "adapter_type": settings.target.type}
        yield Warned(text, "InvalidConcurrentBatchesConfig", data)
    for model in models:
        yield from _without_event_time(model, nodes)


def _refuse_incomplete(model: Model) -> None:
    size_of(model)
    first_moment(model)
    for key, kind, word in (("lookback", int, "a whole number"), ("concurrent_batches", bool, "true or false")):
        value = model.config.get(key)
        if value is not None and not isinstance(value, kind):
            what = f"the {key} of a microbatch model is {word}, not {value!r}"
            raise ProjectError(what, place_of_value(model, str(value)), f"write it without quotes: {key}: …")


def _without_event_time(model: Model, nodes: Mapping[NodeId, AnyNode]) -> Iterator[Warned]:
    """Of a model each of whose batches would read all rows."""
    times = {node_id: nodes[node_id].config.get("event_time") for node_id in model.depends_on if node_id in nodes}
    for node_id, time in times.items():
        if time and not isinstance(time, str):
            what = f"the event_time of {node_id}, which the microbatch model {model.name!r} reads, is no text: {time!r}"
            raise ProjectError(what, nodes[node_id].at, "event_time: the name of a column")
    if not any(times.values()):
        text = (
            f"{model.path}: the microbatch model {model.name!r} has no input with an event_time: each of its batches "
            "reads all rows, and may write them again"
        )
        yield Warned(text, "MicrobatchModelNoEventTimeInputs", {"model_name": model.name})
