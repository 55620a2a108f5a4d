"""`sqlmodels docs`: catalog.json and a site made of it, and a server to look at that."""

from __future__ import annotations

import shutil
import webbrowser
from pathlib import Path
from typing import Any

import click

from airflow_sqlmodels.artifacts.catalog import catalog, keepers, relational, write_catalog
from airflow_sqlmodels.artifacts.catalog import empty_catalog as no_catalog
from airflow_sqlmodels.artifacts.own_catalog import own_catalog
from airflow_sqlmodels.artifacts.site.page import write_page, write_static_page
from airflow_sqlmodels.artifacts.site.server import serving
from airflow_sqlmodels.cli.choosing import chosen_plan
from airflow_sqlmodels.cli.compile import compiled
from airflow_sqlmodels.cli.execution import prepared
from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.log import CATALOG
from airflow_sqlmodels.cli.opening import Opened, write_manifest
from airflow_sqlmodels.cli.opening_lines import begin, tell_concurrency
from airflow_sqlmodels.cli.options import ManyValues, global_options, option, selection_options
from airflow_sqlmodels.cli.summary import ended_by_failures, failed
from airflow_sqlmodels.cli.telling import tell_warning
from airflow_sqlmodels.errors import ProjectError, SqlModelsError, UnreachableError
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.graph.selection import Selection, select_nodes
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.settings import read_settings, target_path
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation


@click.group()
@global_options
def docs(**_values: object) -> None:
    """Make the documentation site, or look at it."""


@docs.command(cls=ManyValues)
@global_options
@selection_options
@option("--compile/--no-compile", "compiles", default=True, help="Compile the SQL first. Default: yes.")
@option("--empty-catalog", is_flag=True, help="Do not ask the warehouse.")
@option("--static", is_flag=True, help="Write static_index.html too, with everything inside.")
@click.pass_context
def generate(context: click.Context, /, compiles: bool, empty_catalog: bool, static: bool, **_values: Any) -> int:
    """Write manifest.json, catalog.json and index.html."""
    flags = flags_of(context)
    opened = begin(flags)
    folder = flags.target_folder(opened.manifest)
    invocation = Invocation(command="generate", args=flags.said)
    if not compiles:  # what an earlier command compiled is still in manifest.json, and stays there
        if static and not (folder / "manifest.json").is_file():
            write_manifest(flags, opened.manifest)
    else:
        _compiled(flags, opened)
    flags.log.happened("BuildingCatalog", "E044", "Building catalog", {}, "info")
    described = (
        no_catalog(invocation) if empty_catalog else _described(flags, opened, invocation, everything=not compiles)
    )
    write_catalog(folder / "catalog.json", described)
    flags.log.wrote(CATALOG, folder / "catalog.json")
    write_page(folder, opened.manifest.settings.name)
    _copy_assets(opened.manifest, flags.project_dir, folder)
    if static:
        write_static_page(folder)
    errors = described["errors"] or ()
    for error in errors:
        tell_warning(flags, Warned(error, "CatalogGenerationError", {"exc": error}))
    path = str((folder / "catalog.json").resolve())
    flags.log.happened("CatalogWritten", "E042", f"Catalog written to {path}", {"path": path}, "info")
    return int(bool(errors))


_HOST = "DBT_ENGINE_HOST"
"""Not `DBT_HOST` as well: so people call the warehouse's host."""


@docs.command()
@global_options
@option("--host", default="127.0.0.1", help="The address to listen at.", envvar=_HOST)
@option("--port", type=click.IntRange(0, 65535), default=8080, help="The port to listen at.", envvar=None)
@option("--browser/--no-browser", default=True, help="Open a browser. Default: yes.", envvar=None)
@click.pass_context
def serve(context: click.Context, /, host: str, port: int, browser: bool, **_values: Any) -> int:
    """Show the documentation site, until ctrl-c."""
    flags = flags_of(context)
    name = read_settings(flags.project_dir, ("name",), flags.vars).get("name")
    folder = flags.project_dir / (flags.target_path or target_path(flags.project_dir, {}))
    if not (folder / "manifest.json").is_file():
        raise ProjectError(f"no manifest.json in {folder}", None, "make it first: sqlmodels docs generate")
    write_page(folder, str(name or folder.parent.name))
    with serving(folder, host, port) as (url, wait):
        flags.log.tell(f"Serving docs at {url}\nPress ctrl-c to stop.")
        if browser:
            webbrowser.open_new_tab(url)
        wait()
    return 0


def _compiled(flags: Flags, opened: Opened) -> None:
    """Compile what is selected, and write manifest.json with it. Raises SqlModelsError if one cannot be compiled."""
    manifest = opened.manifest
    plan = chosen_plan(flags, manifest, "generate")
    means = prepared(flags, opened, plan).means
    if plan.steps:
        tell_concurrency(flags, opened, len(plan))
    results = compiled(flags, opened, plan, means)
    if failed(results):
        hint = "no docs were made: mend this first, or use --no-compile"
        raise ended_by_failures(manifest, results, hint)


def _described(flags: Flags, opened: Opened, invocation: Invocation, *, everything: bool) -> dict[str, Any]:
    chosen = list(opened.manifest.nodes.values()) if everything else _chosen(flags, opened.manifest)
    nodes = relational(chosen)
    session = opened.open_session()
    try:
        own = own_catalog(answerer(opened.manifest, invocation), nodes, session, everything=everything)
        return catalog(opened.manifest, [*nodes, *keepers(chosen)], session, invocation, own)
    except SqlModelsError as error:
        if isinstance(error, UnreachableError):
            raise
        return {**no_catalog(invocation), "errors": [str(error)]}
    finally:
        session.close()


def _chosen(flags: Flags, manifest: Manifest) -> list[AnyNode]:
    """The selected nodes; without a selection all of them, the sources too."""
    if not (flags.select or flags.exclude or flags.selector):
        return list(manifest.nodes.values())
    selection = Selection(select=flags.select, exclude=flags.exclude, selector=flags.selector)
    return [manifest[node_id] for node_id in select_nodes(manifest, graph_of(manifest), selection).ids]


def _copy_assets(manifest: Manifest, root: Path, folder: Path) -> None:
    """Copy the folders under `asset-paths`: pictures that descriptions show."""
    for name in manifest.settings.paths.get("asset-paths", ()):
        if (root / name).is_dir():
            shutil.rmtree(folder / name, ignore_errors=True)
            shutil.copytree(root / name, folder / name)
