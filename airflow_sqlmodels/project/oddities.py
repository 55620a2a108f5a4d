"""What a project's files may say, but probably do not mean: told, and an error under --warn-error."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from airflow_sqlmodels.errors import ProjectError, SettingsError, SqlModelsError, closest
from airflow_sqlmodels.manifest.nodes import (
    DataTest,
    Exposure,
    Model,
    Node,
    NodeId,
    Seed,
    Snapshot,
    Source,
    resource_type,
)
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.behaviour_flags import unknown_flags
from airflow_sqlmodels.project.files import stem_of
from airflow_sqlmodels.project.installed import outdated
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import NAMELESS, SINGULAR, TWICE, UNKNOWN, Entry
from airflow_sqlmodels.project.settings import CONFIG_KEYS, ProjectFile, outdated_keys, twice_in

_REFERRED = ("model", "seed", "snapshot")
"""The kinds that ref() finds."""
_DESCRIBED = ("model", "seed", "analysis", "function", SINGULAR)
"""The kinds that are files, of which an entry only tells more."""
_EXPOSURE_NAME = re.compile(r"[\w-]+$")


def oddities(
    project: ProjectFile, parts: Parts, built: Iterable[Node], entries: Iterable[Entry]
) -> Iterator[str | Warned]:
    """All of them. Raises ProjectError for what the project's flags make an error of."""
    yield from outdated_keys(project)
    yield from unknown_flags(project)
    yield from outdated(project)
    yield from _of_absent_packages(built)
    yield from _of_entries(parts, built, entries)
    yield from _same_names(built)
    yield from _without_schema(built)
    yield from _spaces(parts, built, entries)


def _of_entries(parts: Parts, built: Iterable[Node], entries: Iterable[Entry]) -> Iterator[Warned]:
    # a version's entry is named like its file
    names = {(node.id.partition(".")[0], node.package, stem_of(node.path)) for node in built}
    names |= {("snapshot", node.package, node.name) for node in built if isinstance(node, Snapshot)}
    names |= {(SINGULAR, node.package, node.name) for node in built if isinstance(node, DataTest)}
    used = {(node.id.partition(".")[0], node.name, node.patch_path) for node in built}
    off = _turned_off(built)
    for entry in entries:
        yield from _deprecated(entry)
        _refuse_many_disabled(entry, off)
        if entry.file.package != parts.settings.name:
            continue
        if entry.kind == UNKNOWN:
            yield Warned(str(SqlModelsError(f"unknown key {entry.name!r}", entry.at, entry.text)))
        if entry.kind == NAMELESS:
            what = f"Unable to parse {entry.name!r} from here on: this entry has no name"
            yield Warned(str(SqlModelsError(what, entry.at, "begin it with '- name:'")))
        described = entry.kind in _DESCRIBED or _is_patch(entry)
        if described and (entry.kind, entry.name, entry.file.shown) not in used:
            yield from _nothing_to_describe(entry, names)


def _refuse_many_disabled(entry: Entry, off: Mapping[NodeId, list[str]]) -> None:
    """Raises ProjectError if it turns on one of several models of a name, each of which its own file turns off."""
    if entry.kind != "model" or entry.config.get("enabled") is not True:
        return
    paths = off.get(NodeId(f"model.{entry.file.package}.{entry.name}"), [])
    if len(paths) > 1:
        listed = "".join(f"\n  - {path}" for path in paths)
        what = f"Found {len(paths)} matching disabled nodes for model {entry.name!r}:{listed}"
        raise ProjectError(what, entry.at, "turn one of them on in its own file")


def _turned_off(built: Iterable[Node]) -> dict[NodeId, list[str]]:
    """The files of each node that no file turns on."""
    found: dict[NodeId, list[str]] = {}
    for node in built:
        found.setdefault(node.id, []).append(node.path)
    on = {node.id for node in built if node.config.get("enabled", True)}
    return {node_id: paths for node_id, paths in found.items() if node_id not in on}


def _is_patch(entry: Entry) -> bool:
    """Whether it describes a snapshot of another file, and is none itself."""
    return entry.kind == "snapshot" and "relation" not in entry.content


def _nothing_to_describe(entry: Entry, names: set[tuple[str, str, str]]) -> Iterator[Warned]:
    other = next((kind for kind in _REFERRED if (kind, entry.file.package, entry.name) in names), None)
    if other is not None and other != entry.kind and entry.kind in _REFERRED:
        key, right = CONFIG_KEYS[entry.kind], CONFIG_KEYS[other]
        what = f"{entry.name!r} is a {other} node, but it is specified in the {key} section of {entry.file.shown}"
        text = str(SqlModelsError(what, entry.at, f"put it under {right}:"))
        data = {"patch_name": entry.name, "resource_type": other, "plural_resource_type": right, "yaml_key": key}
        yield Warned(text, "WrongResourceSchemaFile", {**data, "file_path": entry.file.shown})
    elif (entry.kind, entry.file.package, entry.name) not in names:
        known = [name for kind, _, name in names if kind == entry.kind]
        kind = entry.kind.replace("_", " ")
        patch = f"Did not find matching node for patch with name {entry.name!r}"
        what = f"{patch}: there is no {kind} {entry.name!r} to describe"
        text = str(SqlModelsError(what, entry.at, "" if entry.name in known else closest(entry.name, known)))
        yield Warned(text, "NoNodeForYamlKey", {"patch_name": entry.name, "file_path": entry.file.shown})


def _deprecated(entry: Entry) -> Iterator[Warned]:
    if entry.kind == TWICE:
        yield twice_in(entry.name, entry.at, once=True)
    elif entry.kind == "exposure" and not _EXPOSURE_NAME.match(entry.name):
        what = f"the 'name' of an exposure should contain only letters, numbers, and underscores: {entry.name!r}"
        text = str(SqlModelsError(what, entry.at, "put what people read into 'label'"))
        yield Warned(text, "ExposureNameDeprecation", {"exposure": entry.name}, once=True)


def _same_names(built: Iterable[Node]) -> Iterator[Warned]:
    """Nodes of different kinds with one name: `ref` means the seed, else the snapshot."""
    seen: dict[tuple[str, str], Model | Seed | Snapshot] = {}
    for node in built:
        if not isinstance(node, (Model, Seed, Snapshot)) or not node.config.get("enabled", True) or _has_version(node):
            continue
        other = seen.setdefault((node.package, node.name), node)
        if resource_type(other) != resource_type(node):
            text = f"{node.path}: {other.path} has the same name {node.name!r}, and ref() means but one of them"
            data = {"resource_name": node.name, "unique_id1": other.id, "unique_id2": node.id}
            data["package_name"] = node.package
            yield Warned(text, "DuplicateNameDistinctNodeTypesDeprecation", data)


def _has_version(node: Node) -> bool:
    return isinstance(node, Model) and node.version is not None


def _without_schema(built: Iterable[Node]) -> Iterator[Warned]:
    """Nodes that a project's generate_schema_name gives none: Postgres takes the first of its search path."""
    for node in built:
        if isinstance(node, (Model, Seed, Snapshot)) and not node.relation.schema and node.config.get("enabled", True):
            what = f"Node {node.id!r} has a schema set to None as a result of a generate_schema_name call."
            text = f"{node.path}: {what} Let it give a name in every case"
            data = {"resource_unique_id": node.id}
            yield Warned(text, "GenerateSchemaNameNullValueDeprecation", data, once=True)


def _spaces(parts: Parts, built: Iterable[Node], entries: Iterable[Entry]) -> Iterator[Warned]:
    """Names with spaces. Raises SettingsError if the project's flags refuse them."""
    flags = parts.settings.flags
    enabled = [node for node in built if node.config.get("enabled", True)]
    nodes = [(each.id, each.path) for each in enabled if " " in each.name and not isinstance(each, (Source, Exposure))]
    spaced = (each for each in enabled if isinstance(each, Source) and " " in each.source_name)
    sources = {NodeId(f"source.{each.package}.{each.source_name}"): each.path for each in spaced}
    semantic = [entry for entry in entries if entry.kind == "semantic_model" and " " in entry.name]
    sources |= {NodeId(f"semantic_model.{each.file.package}.{each.name}"): each.file.path for each in semantic}
    for found, flag, usual in (
        (nodes, "require_resource_names_without_spaces", True),
        (list(sources.items()), "require_source_and_semantic_model_names_without_spaces", False),
    ):
        listed = "".join(f"\n  - {unique_id} ({path})" for unique_id, path in found)
        if found and flags.get(flag, usual):
            raise SettingsError(f"Resource names cannot contain spaces:{listed}", None, "rename them")
        for unique_id, path in found[:1]:
            text = f"{path}: Found spaces in the name of `{unique_id}`"
            yield Warned(text, "SpacesInResourceNameDeprecation", {"unique_id": unique_id}, once=True)
            data = {"count_invalid_names": len(found), "show_debug_hint": True}
            yield Warned(f"names with spaces:{listed}", "ResourceNamesWithSpacesDeprecation", data, once=True)


def _of_absent_packages(built: Iterable[Node]) -> Iterator[str]:
    """A warning for each package that tests name and that is not installed: they fail when they run."""
    found: dict[str, list[DataTest]] = {}
    for node in built:
        if isinstance(node, DataTest) and node.generic and node.problems and node.config.get("enabled", True):
            found.setdefault(node.generic.partition(".")[0], []).append(node)
    for tests in found.values():
        problem, more = tests[0].problems[0], f" and {len(tests) - 1} more" if len(tests) > 1 else ""
        yield str(SqlModelsError(f"{problem.what}{more}: this fails when it runs", problem.at, problem.hint))
