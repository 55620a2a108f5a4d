"""The entry of a node in manifest.json: what templates see of it, and what only this file says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from msgspec import structs

from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import (
    Analysis,
    AnyNode,
    DataTest,
    Exposure,
    Function,
    Metric,
    Model,
    Operation,
    SavedQuery,
    Seed,
    SemanticModel,
    Snapshot,
    Source,
    UnitTest,
)
from airflow_sqlmodels.manifest.relation import Quoting
from airflow_sqlmodels.templating.blocks import find_blocks, trimmed_body
from airflow_sqlmodels.templating.call_names import OVERRIDDEN
from airflow_sqlmodels.templating.entries.attached import attached_id
from airflow_sqlmodels.templating.entries.checksums import (
    contract_checksum,
    seed_checksum,
    text_checksum,
    unit_test_checksum,
)
from airflow_sqlmodels.templating.entries.primary_key import TestsOf, primary_key
from airflow_sqlmodels.templating.entries.semantic import completed
from airflow_sqlmodels.templating.entries.shape import whole_config
from airflow_sqlmodels.templating.entries.view import node_view, relation_name
from airflow_sqlmodels.templating.inline_config import inline_config, is_literal

Entry = dict[str, Any]

_WithTemplate = Model | Snapshot | Analysis | DataTest | Function | Operation

WITH_TEMPLATE = (Model, Snapshot, Analysis, DataTest, Function, Operation)
"""The kinds that have a template of their own in dbt: it is made for them what it is for models."""


def node_json(node: AnyNode, manifest: Manifest, made: float, tests: TestsOf = MappingProxyType({})) -> Entry:
    """The entry of a node. `tests` are the generic tests of each: models get their primary keys from them."""
    dialect = dialect_named(manifest.settings.target.type)
    first = {"unique_id": node.id}  # by which it is found when the file is brought up to date
    texts = captured_texts(node, manifest) if isinstance(node, WITH_TEMPLATE) else {}
    view = {**first, **_BLANK.get(type(node), {}), **node_view(node, dialect, texts), "created_at": made}
    if "depends_on" not in view:
        view["depends_on"] = {"macros": [], "nodes": list(node.depends_on)}
    for key in _WITHOUT.get(type(node), ()):
        view.pop(key, None)
    view["config"] = whole_config(view["resource_type"], view["config"])
    if isinstance(node, UnitTest):
        return {**view, "checksum": unit_test_checksum(node, view)}
    if isinstance(node, (SemanticModel, Metric, SavedQuery)):
        return completed(node, view, manifest)
    if isinstance(node, Exposure):
        return view
    view |= {"doc_blocks": list(node.doc_blocks), "patch_path": _patch_path(node, manifest, view)}
    if isinstance(node, WITH_TEMPLATE):
        view |= _template_part(node, manifest, view)
    view |= _own_part(node, manifest, tests, view)
    return view


def _own_part(node: AnyNode, manifest: Manifest, tests: TestsOf, view: Mapping[str, Any]) -> Entry:
    """What only some kinds have."""
    match node:
        case Model():
            return {"primary_key": primary_key(node, tests.get(node.id, ()))}
        case DataTest():
            return _test_part(node, manifest, view)
        case Snapshot():
            return _snapshot_part(node, manifest)
        case Analysis() | Operation():
            place = {"database": manifest.settings.target.database, "schema": node.schema}
            return {**place, "alias": node.name, "relation_name": None}
        case Seed():
            return {
                "checksum": seed_checksum(node, manifest.settings.flags.get("maximum_seed_size_mib")),
                "raw_code": "",
                "root_path": node.root,
                "depends_on": {"macros": list(node.called)},
            }
        case Source():
            return _source_part(node, manifest, view)
        case _:
            return {}


def _template_part(node: _WithTemplate, manifest: Manifest, view: Mapping[str, Any]) -> Entry:
    contract = {"enforced": False, "alias_types": True, "checksum": None, **view.get("contract", {})}
    if isinstance(node, Model) and contract["enforced"] is True:
        contract["checksum"] = contract_checksum(node, view)
    return {
        "checksum": text_checksum(node.raw_code if isinstance(node, _ALONE) else _file_text(node, manifest)),
        "contract": contract,
    }


_ALONE = (Model, Analysis, DataTest, Function)
"""The kinds whose file holds nothing else."""


def captured_texts(node: _WithTemplate, manifest: Manifest) -> dict[str, str]:
    """The texts of the `config(...)` in its template, where dbt keeps these and not the values."""
    if (isinstance(node, Model) and node.language != "sql") or not manifest.settings.compares_as_written:
        return {}
    texts = inline_config(node.raw_code)
    if texts.keys().isdisjoint(node.own_config):  # the call stands where it is not reached
        return {}
    if isinstance(node, Model) and is_literal(node.raw_code):
        own_macros = (f"macro.{each}.{name}" for each in {node.package, manifest.settings.name} for name in OVERRIDDEN)
        return texts if any(MacroId(each) in manifest.macros for each in own_macros) else {}
    return {} if isinstance(node, DataTest) and _is_read_at_once(node) else texts


def _is_read_at_once(test: DataTest) -> bool:
    """Whether it is one of the two tests that dbt does not render to read them."""
    return not _READ_AT_ONCE.isdisjoint(test.macros)


_READ_AT_ONCE = frozenset(("macro.dbt.test_unique", "macro.dbt.test_not_null"))


def _patch_path(node: AnyNode, manifest: Manifest, view: Mapping[str, Any]) -> str | None:
    """The properties file, as part of the package that has it: that may be another than the node's."""
    said: str | None = view.get("patch_path")
    settings = manifest.settings
    if said is None or node.patch_path is None or len(settings.packages) == 1:
        return said
    full = f"{settings.root}/{node.patch_path}"
    for name, folder in settings.packages.items():
        if folder != settings.root and full.startswith(f"{folder}/"):
            return f"{name}://{full[len(folder) + 1 :]}"
    return f"{settings.name}://{node.patch_path}"


def kept_rows(test: DataTest, manifest: Manifest, *, asked: bool = False) -> str | None:
    """The relation that keeps a test's rows at fault; `asked`: by --store-failures, for which dbt names it always."""
    kept = asked or test.config.get("store_failures_as") not in (None, "ephemeral")
    return dialect_named(manifest.settings.target.type).render(test.relation) if kept and test.relation else None


def _test_part(test: DataTest, manifest: Manifest, view: Mapping[str, Any]) -> Entry:
    """What follows from the node it stands under, and where its failing rows are kept."""
    said: Entry = {}
    said["relation_name"] = kept_rows(test, manifest)
    if test.generic is None:
        return said
    said |= {"checksum": {"name": "none", "checksum": ""}}
    if _is_read_at_once(test):  # its arguments are not rendered
        macros = [each for each in test.macros if each in _READ_AT_ONCE]
        said["depends_on"] = {"macros": macros, "nodes": view["depends_on"]["nodes"]}
    found = attached_id(test, manifest)
    attached = found and (manifest.nodes.get(found) or manifest.disabled[found][0])
    kind, _, rest = (test.attached_node or "").partition(".")
    if not attached:
        return {**said, "file_key_name": f"{kind}s.{rest.partition('.')[2]}" if kind else None, "attached_node": None}
    if found != test.attached_node:
        said["attached_node"] = found
    name = attached.source_name if isinstance(attached, Source) else attached.name
    said["file_key_name"] = f"{kind}s.{name}"
    if not isinstance(attached, Source):
        said["group"] = attached.config.get("group")
    if isinstance(attached, Model) and attached.version and _is_read_at_once(test):
        refs = ((each, (each.name, each.version) == (attached.name, attached.version)) for each in test.refs)
        said["refs"] = [
            {"name": each.name, "package": each.package, "version": attached.said_version if own else each.version}
            for each, own in refs
        ]
    return said


def _source_part(node: Source, manifest: Manifest, view: Mapping[str, Any]) -> Entry:
    """In this file alone the project's quoting counts for sources: `source()` does not know it, as in dbt."""
    said, usual = view["quoting"], manifest.settings.quoting
    parts = ("database", "schema", "identifier")
    quoting = Quoting(*(usual.get(part) is not False if said.get(part) is None else said[part] for part in parts))
    relation = structs.replace(node.relation, quoting=quoting)
    return {
        "path": node.path,
        "relation_name": relation_name(dialect_named(manifest.settings.target.type), relation),
        **{f"unrendered_{key}": node.written.get(key) for key in ("schema", "database")},
    }


def _snapshot_part(node: Snapshot, manifest: Manifest) -> Entry:
    """A snapshot of a SQL file has its block as it is written; one of properties counts as a file of its own."""
    if not node.path.endswith(".sql"):
        return {"path": f"{node.name}.sql"}
    blocks = find_blocks(_file_text(node, manifest), node.path)
    found = (each for each in blocks if (each.kind, each.name) == ("snapshot", node.name))
    return next(({"raw_code": trimmed_body(each)} for each in found), {})


def _file_text(node: AnyNode, manifest: Manifest) -> str:
    """The whole file that a node stands in, with others, and with the line ends that it has; "" if it is gone."""
    root = manifest.settings.packages.get(node.package, manifest.settings.root)
    try:
        return (Path(root) / node.path).read_bytes().decode("utf-8-sig")
    except OSError:
        return ""


_TEMPLATED: Entry = {"build_path": None, "compiled_path": None, "functions": []}
_BLANK: dict[type, Entry] = {
    Model: {**_TEMPLATED, "constraints": []},
    Operation: _TEMPLATED,
    Seed: {"build_path": None},
    Snapshot: _TEMPLATED,
    Analysis: _TEMPLATED,
    Function: _TEMPLATED,
    DataTest: _TEMPLATED,
    Metric: {"metrics": [], "refs": [], "sources": []},
    SavedQuery: {"refs": []},
}
"""Fields that readers expect, and that say nothing here."""

_WITHOUT: dict[type, tuple[str, ...]] = {
    Exposure: ("columns", "patch_path"),
    Source: ("depends_on",),
    SemanticModel: ("functions", "meta", "metrics", "sources", "tags"),
    SavedQuery: ("meta",),
}
"""Fields that templates see, and that the schema of the file does not allow."""
