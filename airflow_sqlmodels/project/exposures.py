"""Exposures: what reads the models, and is none of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.nodes import Exposure, NodeId, Ref, SourceRef
from airflow_sqlmodels.project.configs import listed, merge_all
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.references import ref_of
from airflow_sqlmodels.project.yaml_text import plain
from airflow_sqlmodels.templating.metric_names import metric_asked

_RENDERED = ("type", "owner", "label", "url", "maturity", "depends_on")
"""What may hold templates, beside the description and the config."""

_BESIDE = ("tags", "meta")
"""What stands beside the config and is added to what all say together."""


def exposure(parts: Parts, entry: Entry) -> Exposure:
    """What reads the models, and who owns it."""
    package = entry.file.package
    fqn = (package, *entry.file.folders, entry.name)
    own = parts.own_config("exposure", package, fqn, entry)
    if parts.projects[package].written["exposure"].configs(fqn).get("tags", ()) is None:
        what = f"the tags of the exposure {entry.name!r} have an invalid value: None"
        raise ProjectError(what, entry.at, f"below exposures: of {PROJECT_FILE} write tags: []")
    config = parts.config("exposure", own, entry.at, entry)
    beside = parts.rendered({key: entry.content.get(key) for key in _BESIDE}, package, entry.at)
    layers = _of_all(parts, package), beside, config
    config["tags"] = sorted({tag for each in layers for tag in listed(each.get("tags"))})  # as in dbt
    config["meta"] = merge_all({"meta": each.get("meta")} for each in layers if each.get("meta")).get("meta", {})
    refs: list[Ref] = []
    found: list[SourceRef] = []
    metrics: list[Ref] = []
    content = parts.rendered({key: entry.content.get(key) for key in _RENDERED}, package, entry.at, known=True)
    for text in content["depends_on"] or []:
        calls = parts.readers.graph.reader.calls("{{ " + str(text) + " }}")
        if calls is None:
            hint = "write ref('model') or source('name', 'table'); in a list in brackets with quotes around it"
            raise ProjectError(f"depends_on of the exposure {entry.name!r}: {text!r} cannot be read", entry.at, hint)
        for call in calls:
            if call.name == "ref" and call.args:
                refs.append(ref_of(call))
            elif call.name == "source" and len(call.args) == 2:
                found.append(SourceRef(*call.args))
            elif call.name == "metric" and call.args:
                metrics.append(metric_asked(*call.args))
    return Exposure(
        id=NodeId(f"exposure.{package}.{entry.name}"),
        name=entry.name,
        package=package,
        path=entry.file.path,
        fqn=fqn,
        at=entry.at,
        description=parts.description(entry.content.get("description"), package, entry.at),
        tags=tuple(config["tags"]),
        meta=plain(config.get("meta") or {}),
        config=config,
        own_config=own,
        written=_written(parts, entry, parts.written_config("exposure", package, fqn, entry, own)),
        files=(entry.file.shown, PROJECT_FILE),
        refs=tuple(refs),
        source_refs=tuple(found),
        metric_refs=tuple(metrics),
        type=str(content["type"] or ""),
        owner=content["owner"] or {},
        label=content["label"],
        url=content["url"],
        maturity=content["maturity"],
    )


def _of_all(parts: Parts, package: str) -> Mapping[str, Any]:
    """`exposures: {meta: …, tags: …}` of dbt_project.yml: of exposures alone dbt takes these without a `+`."""
    said: Mapping[str, Any] = plain(parts.projects[package].content.get("exposures") or {})
    return said


def _written(parts: Parts, entry: Entry, written: dict[str, Any]) -> dict[str, Any]:
    """As in dbt, what stands inside `config:` is kept as its templates give it, whatever dbt keeps of other nodes."""
    inside = entry.content.get("config") or {}
    given = parts.rendered({key: plain(inside[key]) for key in inside if key in written}, entry.file.package, entry.at)
    return {**written, **given}
