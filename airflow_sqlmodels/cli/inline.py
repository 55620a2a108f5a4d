"""Templates from the command line: rendered like a node of the project, and free to name any other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.errors import CompilationError, Location
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Analysis, NodeId, Operation
from airflow_sqlmodels.templating.answering import Answerer, Rendering
from airflow_sqlmodels.warehouse.session import Session

NAME = "inline_query"


def rendered_inline(means: Answerer, text: str, session: Session) -> str:
    """The SQL of `--inline`. Raises CompilationError if the template fails, or reads an ephemeral model."""
    at = Location("--inline", 1)
    package = means.manifest.settings.name
    node_id = NodeId(f"analysis.{package}.{NAME}")
    node = Analysis(
        id=node_id, name=NAME, package=package, path=NAME, fqn=(package, NAME), at=at, raw_code=text, config={}
    )
    rendering = Rendering(means, node, session, free_refs=True)
    sql = rendering.text(text, at)
    for model in rendering.ephemeral.values():
        hint = "select it instead, or write it as a model"
        raise CompilationError(f"the ephemeral model {model.name!r} cannot be read here", at, hint)
    return sql


def called_macro(means: Answerer, macro: str, arguments: Mapping[str, Any], session: Session) -> str:
    """What a macro gives when it is called by itself. The caller ends the transaction."""
    node = _operation(means.manifest, macro)
    rendering = Rendering(means, node, session, free_refs=True)
    owner, _, name = macro.rpartition(".")
    found = means.macros.of_package(name, owner) if owner else means.macros.visible(name, node.package)
    if found is not None:
        return str(rendering.called(found, **arguments))
    rendering.give("_arguments", dict(arguments))
    return rendering.text("{{ " + macro + "(**_arguments) }}", node.at)


def _operation(manifest: Manifest, macro: str) -> Operation:
    name = macro.replace(".", "_")
    package = manifest.settings.name
    return Operation(
        id=NodeId(f"operation.{package}.{name}"),
        name=name,
        package=package,
        path="",
        fqn=(package, name),
        at=Location(macro, 1),
        when="run-operation",
        index=0,
    )
