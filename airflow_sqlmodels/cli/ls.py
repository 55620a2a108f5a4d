"""`sqlmodels ls`: the selected nodes, one a line, ready for a pipe."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click

from airflow_sqlmodels.artifacts.json_text import to_json
from airflow_sqlmodels.cli.choosing import earlier_state, kinds, warn_ignored, warn_unmatched
from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.opening import open_project, write_manifest
from airflow_sqlmodels.cli.opening_lines import tell_found, tell_running
from airflow_sqlmodels.cli.options import ManyValues, global_options, option, resource_options
from airflow_sqlmodels.cli.telling import tell_warning
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.graph.selection import Found, Selection, select_nodes
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import (
    AnyNode,
    Exposure,
    Metric,
    Model,
    SavedQuery,
    SemanticModel,
    Source,
    UnitTest,
    resource_type,
)
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.templating.entries.live import live_entry
from airflow_sqlmodels.templating.entries.primary_key import tests_of

USUAL = (
    *("model", "snapshot", "seed", "test", "source", "exposure", "unit_test"),
    *("metric", "semantic_model", "saved_query", "function"),
)
EVERY = (*USUAL, "analysis")
_FIRST = ("name", "resource_type", "package_name", "original_file_path", "unique_id")
_REST: Mapping[str, Sequence[str]] = {
    "source": ("source_name", "tags", "config"),
    "exposure": ("tags", "config", "depends_on"),
    **dict.fromkeys(("metric", "saved_query"), ("config", "depends_on", "tags")),
    **dict.fromkeys(("semantic_model", "unit_test"), ("depends_on", "config")),
}
_REST_OF_NODES = ("alias", "config", "tags", "depends_on", "direct_parents")
"""What JSON shows of a resource if nobody asks for other keys, in dbt's order, which is that of its manifest.json."""


@click.command(cls=ManyValues)
@global_options
@option("--select", "-s", multiple=True, help="Nodes to list. Several are a union.")
@option("--models", "-m", "--model", multiple=True, help="The same, for models only.")
@option("--exclude", multiple=True, help="Nodes to leave out.")
@option("--selector", help="A selector of selectors.yml, by name.")
@resource_options
@option("--output", type=click.Choice(("json", "name", "path", "selector")), default="selector", help="How to show it.")
@option("--output-keys", multiple=True, help="The keys to show with --output json.")
@click.pass_context
def ls(context: click.Context, /, output: str, output_keys: Sequence[str], models: Sequence[str], **_rest: Any) -> int:
    """List the selected nodes."""
    flags = flags_of(context)
    if models and (flags.select or flags.resource_type):
        raise click.UsageError("--models goes neither with --select nor with --resource-type", context)
    tell_running(flags, shown=False)
    manifest = open_project(flags)
    tell_found(flags, manifest, shown=False)
    warn_ignored(flags)
    try:
        found = _found(flags, manifest, models)
    finally:  # as in dbt also if nothing can be selected so; behind it, as the state may be in the same folder
        write_manifest(flags, manifest)
    warn_unmatched(flags, manifest, found.unmatched)
    if not found.ids:
        tell_warning(flags, Warned("No nodes selected!", "NoNodesSelected"))
    keys = [key for text in output_keys for key in text.split()]
    shown = _SHOWN[output] if output != "json" else _as_json(manifest, keys)
    lines = [shown(manifest[node_id]) for node_id in found.ids]
    if flags.log.json:
        for line in lines:
            flags.log.printed(line)
    elif flags.log.level != "none":
        click.echo("".join(f"{line}\n" for line in lines), nl=False)
    return 0


def _found(flags: Flags, manifest: Manifest, models: Sequence[str]) -> Found:
    selection = Selection(
        select=models or flags.select,
        exclude=flags.exclude,
        selector=flags.selector,
        indirect=flags.indirect(manifest),
        resource_types=("model",) if models else kinds(flags.resource_type, USUAL, EVERY),
        exclude_resource_types=() if models else flags.exclude_resource_type,
        state=earlier_state(flags, manifest),
    )
    return select_nodes(manifest, graph_of(manifest), selection)


def _selector(node: AnyNode) -> str:
    """What `--select` would take for this node alone."""
    match node:
        case Source():
            return f"source:{node.package}.{node.source_name}.{node.name}"
        case Exposure() | Metric() | SemanticModel() | SavedQuery():
            return f"{resource_type(node)}:{node.package}.{node.name}"
        case UnitTest():
            return f"unit_test:{node.package}.{node.versioned_name}"
        case _:
            return ".".join(node.fqn)


def _name(node: AnyNode) -> str:
    match node:
        case Source():
            return f"{node.source_name}.{node.name}"
        case Model(version=str(version)):
            return f"{node.name}.v{version}"
        case _:
            return node.name


def _path(node: AnyNode) -> str:
    return node.path


_SHOWN: dict[str, Callable[[AnyNode], str]] = {"selector": _selector, "name": _name, "path": _path}


def _as_json(manifest: Manifest, keys: Sequence[str]) -> Callable[[AnyNode], str]:
    made, tests = time.time(), tests_of(manifest)  # what dbt shows is the entry of manifest.json, nulls included

    def shown(node: AnyNode) -> str:
        view = live_entry(node, manifest, made, tests)
        if isinstance(node, Model):
            view["direct_parents"] = list(view["depends_on"]["nodes"])
        if not keys:
            usual = (*_FIRST, *_REST.get(resource_type(node), _REST_OF_NODES))
            return json.dumps({key: view[key] for key in usual if key in view}, default=to_json)
        values = ((key, _value(view, key)) for key in keys)
        return json.dumps({key: value for key, (there, value) in values if there}, default=to_json)

    return shown


def _value(view: dict[str, Any], key: str) -> tuple[bool, Any]:
    """Whether a node has a key, which may be nested (`config.materialized`), and its value."""
    value: Any = view
    for part in key.split("."):
        if not isinstance(value, dict) or part not in value:
            return False, None
        value = value[part]
    return "." not in key or value is not None, value
