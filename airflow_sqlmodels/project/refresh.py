"""One model changed: it alone is read again, and put into the saved project in the place of the old one.

Only if nothing else can be affected: it keeps its id, its relation and its kind, and all that it reads is known.
Anything else is left to a whole load, which also finds the words for what is wrong.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import Struct, structs

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.manifest import Manifest, Since
from airflow_sqlmodels.manifest.nodes import Function, Model, NodeId, Ref, Seed, Snapshot, Source, SourceRef
from airflow_sqlmodels.manifest.store import Stored, node_record, rewrite_store
from airflow_sqlmodels.project import template_nodes
from airflow_sqlmodels.project.cache import Known
from airflow_sqlmodels.project.files import SourceFile
from airflow_sqlmodels.project.fingerprint import Fingerprints, with_names
from airflow_sqlmodels.project.inputs import Inputs, input_records, mark_of
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.resolve import NODE_FIRST, resolved
from airflow_sqlmodels.templating.batches import has_batches


class SavedIndex(Struct, frozen=True):
    """Finds nodes by the names that `ref` and `source` use, in a saved project."""

    manifest: Manifest

    def find(self, ref: Ref, package: str) -> Model | Seed | Snapshot | None:
        """The node that a ref in a template of `package` means."""
        settings = self.manifest.settings
        order = (package, settings.name) if settings.flag(NODE_FIRST) else (settings.name, package)
        packages = (ref.package,) if ref.package else dict.fromkeys((*order, *settings.packages))
        for owner in packages:
            for kind in ("seed", "snapshot", "model"):  # as in `resolve`
                node = self.manifest.nodes.get(NodeId(f"{kind}.{owner}.{ref.name}"))
                if isinstance(node, (Model, Seed, Snapshot)):
                    return node
        return None

    def source(self, wanted: SourceRef, package: str) -> Source | None:
        """The table that a `source(...)` in a template of `package` means."""
        settings = self.manifest.settings
        order = (package, settings.name) if settings.flag(NODE_FIRST) else (settings.name, package)
        for owner in dict.fromkeys((*order, *settings.packages)):
            node = self.manifest.nodes.get(NodeId(f"source.{owner}.{wanted.source}.{wanted.table}"))
            if isinstance(node, Source):
                return node
        return None

    def function(self, ref: Ref, package: str) -> Function | None:
        """The function that a `function(...)` in a template of `package` means."""
        settings = self.manifest.settings
        order = (package, settings.name) if settings.flag(NODE_FIRST) else (settings.name, package)
        for owner in (ref.package,) if ref.package else (*order, *settings.packages):
            node = self.manifest.nodes.get(NodeId(f"function.{owner}.{ref.name}"))
            if isinstance(node, Function):
                return node
        return None

    def is_disabled(self, _name: str) -> bool:
        """Never: what cannot be found is left to a whole load."""
        return False


def properties_of(manifest: Manifest, changed: Iterable[SourceFile], files: Iterable[SourceFile]) -> list[SourceFile]:
    """The property files that describe the models of these files."""
    nodes = (manifest.nodes.get(_id_of(file)) for file in changed)
    wanted = {node.patch_path for node in nodes if node is not None and node.patch_path}
    return [file for file in files if file.shown in wanted]


def refreshed_models(parts: Parts, manifest: Manifest, changed: Iterable[SourceFile]) -> dict[NodeId, Model] | None:
    """The models of these files, read again; None if more than they is affected."""
    fingerprints = Fingerprints(parts.readers.graph)
    index = SavedIndex(manifest)
    found: dict[NodeId, Model] = {}
    for file in changed:
        old, new = manifest.nodes.get(_id_of(file)), template_nodes.model(parts, file)
        if not isinstance(old, Model) or not _only_within(old, new) or _has_unit_tests(manifest, old):
            return None
        if old.patch_path != new.patch_path:  # another package describes it
            return None
        with contextlib.suppress(ProjectError):  # a whole load says it better
            final = resolved(new, index)
            if new.metric_refs and final is not None:
                final = structs.replace(final, metric_ids=_metric_ids(old, new))
            if final is not None and not _reads_ephemeral(final, manifest):
                found[new.id] = with_names(fingerprints.of(final), manifest.nodes)
        if new.id not in found:
            return None
    return found


def save_refreshed(path: Path, known: Known, models: dict[NodeId, Model], inputs: Inputs, made_for: str) -> Manifest:
    """The manifest with these models in it, saved; it was made from `inputs`."""
    mark = mark_of(inputs, made_for)
    records = dict(input_records(inputs, known.changed))
    records["mark"] = mark.encode()
    records.update((node_id, node_record(node)) for node_id, node in models.items())
    with contextlib.suppress(OSError):
        rewrite_store(path, known.store, records)
    before = known.manifest
    assert isinstance(before.nodes, Stored)
    same_edges = all(models[node_id].depends_on == _depends_on(before, node_id) for node_id in models)
    since = Since(before.mark, tuple(models)) if same_edges else None
    return replace(before, nodes=before.nodes.with_values(models), mark=mark, since=since)


def _depends_on(manifest: Manifest, node_id: NodeId) -> tuple[NodeId, ...]:
    node = manifest[node_id]
    assert isinstance(node, Model)
    return node.depends_on


def _only_within(old: Model, new: Model) -> bool:
    """Whether nobody but the model itself can notice the change: others know its relation, its kind, what it reads."""
    return (
        new.relation == old.relation
        and new.materialized != "ephemeral"  # it is part of what its readers send
        and _decided(new) == _decided(old)
        and set(new.refs) <= set(old.refs)  # a new edge could close a ring
        and set(new.function_refs) <= set(old.function_refs)
        and set(new.metric_refs) <= set(old.metric_refs)
        and not old.problems  # some of them are found when all is known
        and not has_batches(new)  # what its batches need is looked for in what it reads
    )


_ITS_OWN = ("tags", "meta", "docs", "pre_hook", "post_hook")
"""Configs that nobody asks for but the model itself, and that no check of the whole project looks at."""


def _decided(model: Model) -> dict[str, Any]:
    """The configs that others, or warnings, depend on."""
    return {key: value for key, value in model.config.items() if key not in _ITS_OWN}


def _metric_ids(old: Model, new: Model) -> tuple[NodeId, ...]:
    """The metrics that the model asks for, all of which it has asked for before."""
    known = dict(zip(old.metric_refs, old.metric_ids, strict=True))
    return tuple(known[ref] for ref in new.metric_refs)


def _has_unit_tests(manifest: Manifest, model: Model) -> bool:
    """Whether unit tests were made with what the model said before."""
    return any(each.startswith("unit_test.") and each.split(".")[2] == model.name for each in manifest.nodes)


def _reads_ephemeral(node: Model, manifest: Manifest) -> bool:
    parents = (manifest.nodes.get(node_id) for node_id in node.depends_on)
    return any(isinstance(parent, Model) and parent.materialized == "ephemeral" for parent in parents)


def _id_of(file: SourceFile) -> NodeId:
    return NodeId(f"model.{file.package}.{file.stem}")
