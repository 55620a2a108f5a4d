"""Semantic models, metrics and saved queries: kept for those who read the manifest. Nothing of them is run.

What they mean is a matter of dbt's semantic layer: docs.getdbt.com/docs/build/about-metricflow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from airflow_sqlmodels.errors import CompilationError, NamingError, ProjectError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.nodes import Metric, NodeId, SavedQuery, SemanticModel
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.references import ref_of
from airflow_sqlmodels.project.resolve import Index, partly_resolved, resolved
from airflow_sqlmodels.project.semantic.elements import described
from airflow_sqlmodels.project.semantic.inputs import Known, metric_named, of_metric
from airflow_sqlmodels.project.semantic.metrics import in_one_form, refuse_name_and_type
from airflow_sqlmodels.project.semantic.of_models import Home, inside_of_models
from airflow_sqlmodels.project.yaml_text import YamlMap, plain

SemanticNode = SemanticModel | Metric | SavedQuery

KINDS = ("semantic_model", "metric", "saved_query")

_LATER = ("description", "filter", "where")
"""What is no template of ours: descriptions are rendered apart, conditions by those who ask for metrics."""


class Semantics(Struct, frozen=True):
    """The semantic layer of a project."""

    enabled: dict[NodeId, SemanticNode] = field(default_factory=dict)
    disabled: dict[NodeId, SemanticNode] = field(default_factory=dict)

    def add(self, node: SemanticNode) -> None:
        """Raises NamingError for a second one of that name."""
        twin = self.enabled.get(node.id) or self.disabled.get(node.id)
        if twin is not None:
            kind = node.id.partition(".")[0].replace("_", " ")
            raise NamingError(f"two of the kind {kind} are named {node.name!r}: the other is at {twin.at}", node.at,
                               "give one of them another name")  # fmt: skip
        (self.disabled if node.config.get("enabled") is False else self.enabled)[node.id] = node


class _MetricEntry(Struct, frozen=True):
    """A metric on its way to becoming a node."""

    entry: Entry
    home: Home | None = None
    """The semantic model it stands in."""


def semantic_nodes(parts: Parts, entries: Iterable[Entry], index: Index) -> Semantics:
    """All of them. Raises ProjectError for a model, measure or metric that nothing is called."""
    by_kind: dict[str, list[Entry]] = {kind: [] for kind in KINDS}
    files: dict[str, int] = {}
    for entry in entries:
        files.setdefault(entry.file.shown, len(files))
        if entry.kind in by_kind:
            by_kind[entry.kind].append(entry)
    inside = list(inside_of_models(parts, entries, index))
    found, known = Semantics(), Known()
    of_measures: list[_MetricEntry] = []
    written = (*(each.semantic_model for each in inside), *by_kind["semantic_model"])
    for entry in sorted(written, key=lambda entry: files[entry.file.shown]):
        model = _semantic_model(parts, entry, index)
        found.add(model)
        known.semantic_models[model.name] = model.id
        of_measures += [_MetricEntry(each) for each in _measures(entry, model, known)]
    metrics = [_MetricEntry(entry, each.home) for each in inside for entry in each.metrics]
    metrics += [_MetricEntry(entry) for entry in by_kind["metric"]]
    metrics = sorted((*metrics, *of_measures), key=lambda each: files[each.entry.file.shown])  # as dbt comes upon them
    for metric in _metrics(parts, metrics, known):
        found.add(metric)
    for entry in by_kind["saved_query"]:
        found.add(_saved_query(parts, entry, known))
    return found


def _semantic_model(parts: Parts, entry: Entry, index: Index) -> SemanticModel:
    said = entry.content["model"]
    calls = parts.readers.graph.reader.calls("{{ " + said + " }}")
    if calls is None:
        what = f"the model of the semantic model {entry.name!r} cannot be read: {said!r}"
        raise CompilationError(what, entry.place(entry.content, "model"), "write model: ref('…')")
    refs = [ref_of(call) for call in calls if call.name == "ref" and call.args]
    shared = _shared(parts, entry)
    meta = shared["config"].get("meta") or {}
    shared["definition"] |= described(parts, entry, shared["definition"], meta)
    model = SemanticModel(**shared, refs=tuple(refs))
    if model.config.get("enabled") is False:
        return partly_resolved(model, index)
    found = resolved(model, index)
    assert found is not None, entry.name
    return found


def _measures(entry: Entry, model: SemanticModel, known: Known) -> Iterator[Entry]:
    """Notes the measures of a semantic model; the metrics that they are by themselves (`create_metric: true`)."""
    listed = entry.content.get("measures") or ()
    for number, measure in enumerate(listed):
        at = entry.place(listed, number)
        if not measure.get("name"):
            raise ProjectError("a measure has no name", at, "begin it with '- name:'")
        name = str(measure["name"])
        known.measures[name] = model
        if measure.get("create_metric"):
            content = YamlMap()
            content |= {
                "name": name,
                "label": measure.get("label") or name,
                "type": "simple",
                "type_params": {"measure": name, "expr": measure.get("expr") or name},
                "description": measure.get("description") or f"Metric created from measure {name}",
                "config": {key: model.config[key] for key in ("enabled", "meta")},
            }
            yield Entry("metric", name, content, entry.file, at, entry.text)


def _metrics(parts: Parts, entries: Iterable[_MetricEntry], known: Known) -> list[Metric]:
    made = [_metric(parts, each) for each in entries]
    known.metrics |= {metric.name: metric.id for metric, _ in made}
    known.disabled |= {metric.name for metric, _ in made if metric.config.get("enabled") is False}
    return [
        metric if metric.name in known.disabled else replace(metric, reads=of_metric(entry, metric.definition, known))
        for metric, entry in made
    ]


def _metric(parts: Parts, each: _MetricEntry) -> tuple[Metric, Entry]:
    entry = each.entry
    refuse_name_and_type(entry)
    shared = _shared(parts, entry)
    definition = in_one_form(entry, shared["definition"], each.home)
    if each.home is None and "type_params" in entry.content:
        shared["tags"] = _listed(entry.content.get("tags"))
        shared["meta"] = plain(shared["config"].get("meta") or shared["definition"].get("meta") or {})
    return Metric(**{**shared, "definition": definition}), entry


def _saved_query(parts: Parts, entry: Entry, known: Known) -> SavedQuery:
    shared = _shared(parts, entry)
    tags = (*_listed(entry.content.get("tags")), *_listed(shared["config"].get("tags")))
    shared["tags"] = tuple(sorted(set(tags)))
    shared["config"] = _config_of_query(shared["config"])
    _refuse_exports(entry, shared["definition"], shared["config"])
    asked = (entry.content.get("query_params") or {}).get("metrics") or ()
    if shared["config"].get("enabled") is False:
        return SavedQuery(**shared)
    return SavedQuery(**shared, reads=tuple(dict.fromkeys(metric_named(each, entry, known) for each in asked)))


def _config_of_query(config: dict[str, Any]) -> dict[str, Any]:
    """Its config, in which as in dbt a schema is a text, and a cache is on or off."""
    schema, cache = config.get("schema"), config["cache"]
    texts = {} if schema is None else {"schema": str(schema)}
    return {**config, **texts, "cache": {"enabled": cache.get("enabled", False)}}


_EXPORTED_AS = ("table", "view")


def _refuse_exports(entry: Entry, said: Mapping[str, Any], config: Mapping[str, Any]) -> None:
    """Raises ProjectError for an export that does not say what it is to become: itself, or its saved query."""
    written = entry.content.get("exports")
    for number, each in enumerate(said.get("exports") or ()):
        wanted = {**config, **(each.get("config") or {})}.get("export_as")
        if str(wanted).lower() not in _EXPORTED_AS:
            has = "no export_as" if wanted is None else f"the export_as {wanted!r}, which is none"
            what = f"the export {each.get('name')!r} of the saved query {entry.name!r} has {has}"
            raise ProjectError(what, entry.place(written, number), "write 'config: {export_as: table}', or view")


def _shared(parts: Parts, entry: Entry) -> dict[str, Any]:
    package = entry.file.package
    fqn = (package, *entry.file.folders, entry.name)
    own = parts.own_config(entry.kind, package, fqn, entry)
    definition = {key: value for key, value in entry.content.items() if key not in ("name", "config")}
    return {
        "id": NodeId(f"{entry.kind}.{package}.{entry.name}"),
        "name": entry.name,
        "package": package,
        "path": entry.file.path,
        "fqn": fqn,
        "at": entry.at,
        "description": parts.description(entry.content.get("description"), package, entry.at),
        "config": parts.config(entry.kind, own, entry.at, entry),
        "own_config": own,
        "written": _written(parts, entry, own),
        "files": (entry.file.shown, PROJECT_FILE),
        "definition": _rendered(parts, entry, definition),
    }


def _written(parts: Parts, entry: Entry, own: Mapping[str, Any]) -> dict[str, Any]:
    """Where what dbt keeps as written is not the config: of these two kinds it passes over dbt_project.yml."""
    if entry.kind not in ("semantic_model", "saved_query"):
        return {}
    said = parts.config_of(entry, entry.file.package)
    return {key: said.get(key) for key, value in own.items() if said.get(key) != value}


def _rendered(parts: Parts, entry: Entry, value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            key: plain(each) if key in _LATER else _rendered(parts, entry, each)
            for key, each in value.items()
        }  # fmt: skip
    if isinstance(value, list):
        return [_rendered(parts, entry, each) for each in value]
    return parts.renderer(entry.file.package).value(value, entry.at)


def _listed(said: Any) -> tuple[str, ...]:
    return tuple(map(str, said)) if isinstance(said, list) else () if said is None else (str(said),)
