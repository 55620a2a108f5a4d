"""The entries of manifest.json for macros: what they take, and which others they call.

Worked out when the file is written, from the macros' texts: nothing that runs needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.artifacts.macro_texts import MacroText, text_of
from airflow_sqlmodels.manifest.macro import Macro, MacroId
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.project.macro_arguments import FLAG as MACRO_ARGUMENTS
from airflow_sqlmodels.templating.blocks import languages_of, opening_tag
from airflow_sqlmodels.templating.call_graph import CallGraph, call_graph_of
from airflow_sqlmodels.templating.macro_table import BUILT_IN


def macro_entries(manifest: Manifest, made: float) -> dict[str, dict[str, Any]]:
    """The part `macros` of the file."""
    graph, by_name, unread = call_graph_of(manifest), _by_name(manifest), _unread(manifest)
    return {macro.id: _entry(macro, graph, by_name, unread, made) for macro in manifest.macros.values()}


def macro_entry(macro: Macro, manifest: Manifest, made: float) -> dict[str, Any]:
    """The entry of one macro."""
    return _entry(macro, call_graph_of(manifest), _by_name(manifest), _unread(manifest), made)


def _unread(manifest: Manifest) -> tuple[str, ...]:
    """How the paths of macros begin whose arguments are not read from their text."""
    if not manifest.settings.flag(MACRO_ARGUMENTS, default=True):
        return ("",)  # only what property files say of arguments is told
    return tuple({f"{folder}/generic/" for folder in ("tests", *manifest.settings.paths.get("test-paths", ()))})


def _entry(
    macro: Macro, graph: CallGraph, by_name: Mapping[str, Macro], unread: tuple[str, ...], made: float
) -> dict[str, Any]:
    # dbt reads test macros that lie among tests less thoroughly
    text = text_of(macro, graph.reader)
    signature = [] if macro.path.startswith(unread) else [_argument({"name": each}) for each in text.arguments]
    return {
        "created_at": made,
        "config": {"meta": macro.meta, "docs": _docs(macro)},
        "unique_id": macro.id,
        "name": macro.name,
        "resource_type": "macro",
        "package_name": macro.package,
        "path": macro.path,
        "original_file_path": macro.path,
        "macro_sql": macro.as_written,
        "description": macro.description,
        "meta": macro.meta,
        "arguments": [_argument(each) for each in macro.arguments] or signature,
        "depends_on": {"macros": _called(macro, text, graph, by_name)},
        "docs": _docs(macro),
        "patch_path": f"{macro.package}://{macro.patch_path}" if macro.patch_path else None,
        "supported_languages": _languages(macro),
    }


def _languages(macro: Macro) -> list[str] | None:
    tag = opening_tag(macro.text)
    return list(languages_of(macro.text)) if tag is not None and tag.kind == "materialization" else None


def _docs(macro: Macro) -> dict[str, Any]:
    return {"show": True, "node_color": None, **macro.docs}


def _argument(said: dict[str, Any]) -> dict[str, Any]:
    return {"name": said.get("name"), "type": said.get("type"), "description": said.get("description") or ""}


def _by_name(manifest: Manifest) -> dict[str, Macro]:
    """Whom dbt takes for a name that the macro's own package does not have: the project goes before its packages."""
    ranks = {BUILT_IN: 0, manifest.settings.name: 2}
    found: dict[str, Macro] = {}
    for macro in manifest.macros.values():
        before = found.get(macro.name)
        if before is None or ranks.get(macro.package, 1) >= ranks.get(before.package, 1):
            found[macro.name] = macro
    return found


def _called(macro: Macro, text: MacroText, graph: CallGraph, by_name: Mapping[str, Macro]) -> list[MacroId]:
    """The macros that its own text names."""
    found: dict[MacroId, None] = {}
    for name in text.calls:
        if name.startswith("dispatch:"):  # as in dbt, what the name means without prefix and namespace counts too
            called = [_meant(name.rpartition(".")[2].removeprefix("dispatch:"), macro, graph, by_name)]
            called.append(graph.macro_of(name, macro.package))
        else:
            called = [_meant(name, macro, graph, by_name)]
        found.update((each.id, None) for each in called if each is not None)
    return list(found)


def _meant(name: str, caller: Macro, graph: CallGraph, by_name: Mapping[str, Macro]) -> Macro | None:
    """The macro of that name, whatever stands before the dot: as in dbt, `day.date()` is a call of a macro `date`."""
    before, dot, bare = name.rpartition(".")
    if name in (*_NEVER, caller.name) or before in ("?", "adapter") or "." in before:
        return None
    return graph.table.of_package(bare, before if dot else caller.package) or by_name.get(bare)


_NEVER = ("ref", "source", "config")
"""What dbt takes for no macro even if the project has one of that name."""
