"""Semantic models, metrics and saved queries: kept for those who read the manifest. Nothing of them is run.

What they mean is a matter of dbt's semantic layer: docs.getdbt.com/docs/build/about-metricflow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from msgspec import Struct, field

from airflow_sqlmodels.errors import NamingError, ProjectError, closest
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.nodes import Metric, NodeId, SavedQuery, SemanticModel
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.references import ref_of
from airflow_sqlmodels.project.resolve import Index, resolved
from airflow_sqlmodels.project.yaml_text import plain

SemanticNode = SemanticModel | Metric | SavedQuery

KINDS = ("semantic_model", "metric", "saved_query")


class _Known(Struct):
    """What the entries name."""

    measures: dict[str, NodeId] = field(default_factory=dict)
    """The semantic model of each measure."""
    metrics: dict[str, NodeId] = field(default_factory=dict)


def semantic_nodes(parts: Parts, entries: Iterable[Entry], index: Index) -> dict[NodeId, SemanticNode]:
    """All of them by id, also what is off. Raises NamingError for a model, measure or metric that is not there."""
    by_kind: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
    for entry in entries:
        if entry.kind in by_kind:
            by_kind[entry.kind].append(entry)
    known = _Known()
    nodes: list[SemanticNode] = []
    for entry in by_kind["semantic_model"]:
        model = _semantic_model(parts, entry, index)
        nodes.append(model)
        for number, measure in enumerate(entry.content.get("measures") or ()):
            if not measure.get("name"):
                at = entry.place(entry.content["measures"], number)
                raise ProjectError("a measure has no name", at, "begin it with '- name:'")
            known.measures[str(measure["name"])] = model.id
            if measure.get("create_metric"):
                nodes.append(_metric_of(parts, entry, measure, model.id))
    known.metrics.update({node.name: node.id for node in nodes if isinstance(node, Metric)})
    known.metrics.update({entry.name: _id("metric", entry) for entry in by_kind["metric"]})
    for entry in by_kind["metric"]:
        _refuse_metric(entry)
        nodes.append(Metric(**_shared(parts, entry), reads=_reads(entry, known)))
    nodes += [SavedQuery(**_shared(parts, entry), reads=_asked(entry, known)) for entry in by_kind["saved_query"]]
    return {node.id: node for node in nodes}


def _refuse_metric(entry: Entry) -> None:
    """Raises ProjectError for a metric that has no type, or a name that queries cannot use."""
    name, wrong = entry.name, ""
    if " " in name:
        wrong = "cannot contain spaces"
    elif len(name) > _LONGEST:
        wrong = f"cannot contain more than {_LONGEST} characters"
    elif not name[0].isalpha():
        wrong = "must begin with a letter"
    elif not name.replace("_", "").isalnum():
        wrong = "must contain only letters, numbers and underscores"
    if wrong:
        raise ProjectError(f"the name of a metric {wrong}: {name!r}", entry.at, "put what people read into 'label'")
    if entry.content.get("type") not in _TYPES:
        raise ProjectError(f"the metric {name!r} has no known type", entry.at, f"write type: {', '.join(_TYPES)}")


_LONGEST = 250
_TYPES = ("simple", "ratio", "cumulative", "derived", "conversion")


def _semantic_model(parts: Parts, entry: Entry, index: Index) -> SemanticModel:
    refs = []
    for call in parts.readers.graph.reader.calls("{{ " + str(entry.content.get("model") or "") + " }}") or []:
        if call.name == "ref" and call.args:
            refs.append(ref_of(call))
    found = resolved(SemanticModel(**_shared(parts, entry), refs=tuple(refs)), index)
    assert found is not None, entry.name
    return found


def _metric_of(parts: Parts, entry: Entry, measure: Mapping[str, Any], model: NodeId) -> Metric:
    """The metric that a measure is by itself (`create_metric: true`)."""
    name = str(measure["name"])
    shared = _shared(parts, entry)
    definition = {"type": "simple", "label": measure.get("label") or name, "type_params": {"measure": name}}
    shared |= {"id": NodeId(f"metric.{entry.file.package}.{name}"), "name": name, "definition": definition}
    shared |= {"fqn": (*shared["fqn"][:-1], name), "description": str(measure.get("description") or "")}
    return Metric(**shared, reads=(model,))


def _shared(parts: Parts, entry: Entry) -> dict[str, Any]:
    package = entry.file.package
    fqn = (package, *entry.file.folders, entry.name)
    own = parts.own_config(entry.kind, package, fqn, entry)
    config = parts.config(entry.kind, own, entry.at, entry)
    return {
        "id": _id(entry.kind, entry),
        "name": entry.name,
        "package": package,
        "path": entry.file.path,
        "fqn": fqn,
        "at": entry.at,
        "description": parts.description(entry.content.get("description"), package, entry.at),
        "tags": tuple(config.get("tags") or ()),
        "meta": plain(config.get("meta") or {}),
        "config": config,
        "own_config": own,
        "files": (entry.file.shown, PROJECT_FILE),
        "definition": {key: plain(value) for key, value in entry.content.items() if key not in ("name", "config")},
    }


def _id(kind: str, entry: Entry) -> NodeId:
    return NodeId(f"{kind}.{entry.file.package}.{entry.name}")


def _reads(entry: Entry, known: _Known) -> tuple[NodeId, ...]:
    """The semantic models and metrics that a metric is made of."""
    said = entry.content.get("type_params") or {}
    conversion = said.get("conversion_type_params") or {}
    measures = [said.get("measure"), conversion.get("base_measure"), conversion.get("conversion_measure")]
    metrics = [said.get("numerator"), said.get("denominator"), *(said.get("metrics") or ())]
    metrics.append((said.get("cumulative_type_params") or {}).get("metric"))
    found = [_named(each, known.measures, "measure", entry) for each in measures if each]
    found += [_named(each, known.metrics, "metric", entry) for each in metrics if each]
    return tuple(dict.fromkeys(found))


def _asked(entry: Entry, known: _Known) -> tuple[NodeId, ...]:
    """The metrics that a saved query asks for."""
    metrics = (entry.content.get("query_params") or {}).get("metrics") or ()
    return tuple(dict.fromkeys(_named(each, known.metrics, "metric", entry) for each in metrics))


def _named(said: Any, known: Mapping[str, NodeId], what: str, entry: Entry) -> NodeId:
    name = str(said.get("name") if isinstance(said, Mapping) else said)
    if name not in known:
        raise NamingError(f"no {what} {name!r}, which {entry.name!r} is made of", entry.at, closest(name, known))
    return known[name]
