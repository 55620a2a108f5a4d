"""Exposures: what reads the models, and is none of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from airflow_sqlmodels.errors import CompilationError, NamingError, ProjectError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.nodes import Exposure, NodeId, SourceRef
from airflow_sqlmodels.project.configs import listed, merge_all
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.references import ref_of
from airflow_sqlmodels.project.shapes import faults
from airflow_sqlmodels.project.yaml_text import plain
from airflow_sqlmodels.templating.metric_names import metric_asked
from airflow_sqlmodels.templating.static import Call

_RENDERED = ("type", "label", "url", "maturity", "depends_on")
"""What may hold templates, beside the description and the config."""

_ASKED = ("ref", "source", "metric")

_OF_OWNERS = ("name", "email")
"""What must be known of an owner; all else may be said, too."""


def exposure(parts: Parts, entry: Entry) -> Exposure:
    """What reads the models, and who owns it."""
    package = entry.file.package
    fqn = (package, *entry.file.folders, entry.name)
    own = parts.own_config("exposure", package, fqn, entry)
    if parts.projects[package].written["exposure"].configs(fqn).get("tags", ()) is None:
        what = f"the tags of the exposure {entry.name!r} have an invalid value: None"
        raise ProjectError(what, entry.at, f"below exposures: of {PROJECT_FILE} write tags: []")
    config = parts.config("exposure", own, entry.at, entry)
    tags = parts.rendered({"tags": entry.content.get("tags")}, package, entry.at, known=True)
    beside = {**tags, **parts.rendered({"meta": entry.content.get("meta")}, package, entry.at, depth=1)}
    layers = _of_all(parts, package), beside, config
    config["tags"] = sorted({tag for each in layers for tag in listed(each.get("tags"))})  # as in dbt
    config["meta"] = merge_all({"meta": each.get("meta")} for each in layers if each.get("meta")).get("meta", {})
    content = parts.rendered({key: entry.content.get(key) for key in _RENDERED}, package, entry.at, known=True)
    content["owner"] = _owner(parts, entry)
    for fault in faults("exposure", {key: each for key, each in content.items() if each is not None}):
        raise ProjectError(fault.what, entry.place(entry.content, fault.key), fault.hint)  # what templates gave
    calls = list(_calls(parts, entry, content["depends_on"] or []))
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
        refs=tuple(ref_of(call) for call in calls if call.name == "ref"),
        source_refs=tuple(SourceRef(*call.args) for call in calls if call.name == "source" and len(call.args) == 2),
        metric_refs=tuple(metric_asked(*call.args) for call in calls if call.name == "metric"),
        type=str(content["type"] or ""),
        owner=content["owner"] or {},
        label=content["label"],
        url=content["url"],
        maturity=content["maturity"],
    )


def _owner(parts: Parts, entry: Entry) -> dict[str, Any]:
    """Who owns it. Only of what dbt itself knows of owners must a template give something."""
    owner, package = entry.content["owner"], entry.file.package
    if not isinstance(owner, dict):  # a template as a whole
        said: dict[str, Any] = parts.rendered({"owner": owner}, package, entry.at, known=True)
        return said["owner"]  # type: ignore[no-any-return]  # its shape is looked at later
    asked = {key: owner[key] for key in _OF_OWNERS if key in owner}
    return {**parts.rendered(owner, package, entry.at), **parts.rendered(asked, package, entry.at, known=True)}


def _calls(parts: Parts, entry: Entry, texts: Iterable[Any]) -> Iterator[Call]:
    """What an exposure says that it depends on.

    Raises CompilationError for what cannot be read, NamingError for what names nothing.
    """
    where = f"depends_on of the exposure {entry.name!r}"
    for text in texts:
        calls = parts.readers.graph.reader.calls("{{ " + str(text) + " }}")
        if calls is None:
            hint = "write ref('model') or source('name', 'table'); in a list in brackets with quotes around it"
            raise CompilationError(f"{where}: {text!r} cannot be read", entry.at, hint)
        for call in calls:
            if call.name in _ASKED and not call.args:
                hint = "as in dbt only texts may stand in its brackets: ref('model')"
                raise NamingError(f"{where}: {text!r} names nothing", entry.at, hint)
            yield call


def _of_all(parts: Parts, package: str) -> Mapping[str, Any]:
    """`exposures: {meta: …, tags: …}` of dbt_project.yml: of exposures alone dbt takes these without a `+`."""
    said: Mapping[str, Any] = plain(parts.projects[package].content.get("exposures") or {})
    return said


def _written(parts: Parts, entry: Entry, written: dict[str, Any]) -> dict[str, Any]:
    """As in dbt, what stands inside `config:` is kept as its templates give it, whatever dbt keeps of other nodes."""
    inside = entry.content.get("config") or {}
    given = parts.rendered({key: plain(inside[key]) for key in inside if key in written}, entry.file.package, entry.at)
    return {**written, **given}
