"""Hooks of nodes and of the project: how they are rendered, and where in the files a refused one is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from airflow_sqlmodels.compile.compiler import Compiled
from airflow_sqlmodels.compile.origins import CompiledText, Template, template_in
from airflow_sqlmodels.errors import SqlModelsError, WarehouseError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.nodes import AnyNode, Operation
from airflow_sqlmodels.materializations.build import Hook
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.templating.places import placed


def hooks_of(means: Answerer, compiled: Compiled, node: AnyNode, key: str) -> tuple[Hook, ...]:
    """The hooks of a node, `pre_hook` or `post_hook`, ready to be sent."""
    written = node.config.get(key)
    if not written:
        return ()
    root = Path(means.manifest.settings.root)
    return tuple(
        Hook(_rendering(root, compiled, node, each["sql"]), each["transaction"], _placing(root, node, key, each["sql"]))
        for each in written
    )


def placed_in_project(means: Answerer, node: Operation, sql: str, error: WarehouseError) -> WarehouseError:
    """What the warehouse said of an on-run-start or on-run-end hook, with its place in dbt_project.yml."""
    return _placing(Path(means.manifest.settings.root), node, node.when, node.raw_code)(error, sql)


def _rendering(root: Path, compiled: Compiled, node: AnyNode, raw: str) -> Callable[[], str]:
    def render() -> str:
        try:
            return compiled.rendering.text(raw, node.at)
        except SqlModelsError as error:
            template = _written(root, node, raw)
            if template is None or error.at is None or error.at.path != node.at.path:
                raise
            above = len(raw) - len(raw.lstrip("\n"))
            raise placed(error, template.at(max(error.at.line - above, 1), 0)) from error

    return render


def _placing(root: Path, node: AnyNode, key: str, raw: str) -> Callable[[WarehouseError, str], WarehouseError]:
    def place(error: WarehouseError, sql: str) -> WarehouseError:
        template = _written(root, node, raw)
        text = CompiledText(sql, f"{key} of {node.at.path}", (template,) if template else ())
        found = text.placed(error)
        if found.at is not None and found.at.path != text.label:
            return found
        at = template.at(1, 0) if template else replace(node.at, column=0)
        return type(error)(f"{key}: {error.what}", at, error.hint, error.sqlstate, error.statement, error.position)

    return place


def _written(root: Path, node: AnyNode, raw: str) -> Template | None:
    """The hook where it is written: in the node's file, its properties, or dbt_project.yml."""
    paths = [path for path in (node.at.path, node.patch_path, PROJECT_FILE) if path]
    return template_in(root, list(dict.fromkeys(paths)), raw)
