"""Templates from the command line: rendered like a node of the project, and free to name any other."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import click

from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.compile.compiler import with_ephemeral
from airflow_sqlmodels.errors import CompilationError, Location, MissingEnvVarError, SqlModelsError
from airflow_sqlmodels.manifest.macro import Macro
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Analysis, NodeId, Operation
from airflow_sqlmodels.templating.answering import Answerer, Rendering
from airflow_sqlmodels.templating.entries.shape import plain
from airflow_sqlmodels.warehouse.session import Session

NAME = "inline_query"


def refuse_both(context: click.Context, inline: str | None, flags: Flags) -> None:
    """Raises UsageError if a template is given, and nodes too."""
    if inline and (flags.select or flags.exclude or flags.selector):
        raise click.UsageError("--inline stands instead of --select, --exclude and --selector", context)


def inline_id(manifest: Manifest) -> NodeId:
    """The id under which tools find it in run_results.json."""
    return NodeId(f"sql_operation.{manifest.settings.name}.{NAME}")


def answer_data(flags: Flags, node_id: NodeId, name: str | None, output: str) -> dict[str, Any]:
    """What events of `compile` and `show` hold alike; a template from the command line has no name."""
    return {
        "node_name": name or NAME,
        "unique_id": node_id,
        "is_inline": name is None,
        "output_format": output,
        "quiet": bool(flags.quiet),
    }


def compiled_inline(means: Answerer, text: str, session: Session | None) -> str:
    """The SQL of a template, with the ephemeral models that it reads in front. Raises CompilationError."""
    at = Location("--inline", 1)
    package = means.manifest.settings.name
    node = Analysis(
        id=inline_id(means.manifest),
        name=NAME,
        package=package,
        path=NAME,
        fqn=(package, "sql", NAME),
        at=at,
        raw_code=text,
        config={},
        schema=means.manifest.settings.target.schema,
    )
    rendering = Rendering(means, node, session, free_refs=True)
    try:
        return with_ephemeral(rendering, rendering.text(text, at))
    except MissingEnvVarError:
        raise  # it is of another kind
    except CompilationError as error:
        raise CompilationError(f"Error parsing inline query: {error.what}", error.at, error.hint) from None


def ended_by_inline(error: SqlModelsError) -> SqlModelsError:
    """The error that ends a command over a template of its line: a Runtime Error, with what failed in it, as in dbt."""
    told = (f"  {error.kind} in sql_operation {NAME} (--inline)", *str(error).splitlines())
    return SqlModelsError("\n    ".join(told))


def called_macro(means: Answerer, macro: Macro, arguments: Mapping[str, Any], session: Session) -> str:
    """What a macro gives when it is called by itself. The caller ends the transaction."""

    def itself() -> dict[str, Any]:  # as in dbt, `model` is the macro
        from airflow_sqlmodels.artifacts.manifest_macros import macro_entry  # noqa: PLC0415  # it reads their texts

        return plain(macro_entry(macro, means.manifest, time.time()))

    operation = _operation(means.manifest, macro.name)
    rendering = Rendering(means, operation, session, free_refs=True, model=itself)
    rendering.scope.origin = macro.package  # as in dbt, it is the node
    return str(rendering.called(macro, **arguments))


def _operation(manifest: Manifest, macro: str) -> Operation:
    package = manifest.settings.name
    return Operation(
        id=NodeId(f"operation.{package}.{macro}"),
        name=macro,
        package=package,
        path="",
        fqn=(package, macro),
        at=Location(macro, 1),
        when="run-operation",
        index=0,
    )
