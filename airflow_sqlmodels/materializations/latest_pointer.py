"""`latest_version_pointer`: a view with the name that a model has without its versions, over the latest of them."""

from __future__ import annotations

from msgspec.structs import replace

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.nodes import Model
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.materializations.view import view

_BY_DEFAULT = "latest_version_pointer_enabled_by_default"


def point_to_latest(build: Build) -> None:
    """Make the view over what was just built, if its config or the project's flag asks for it.

    Raises SqlModelsError if the latest version has that name itself.
    """
    node = build.node
    if not isinstance(node, Model) or not _is_wanted(build, node):
        return
    relation = build.relation.named(_name(build, node))
    if relation.identifier.lower() == build.relation.identifier.lower():
        what = f"Cannot create latest version pointer: the latest version itself is named {relation.identifier!r}"
        raise SqlModelsError(what, node.at, "give it another alias, or say latest_version_pointer: {enabled: false}")
    pointer = replace(
        build,
        node=replace(node, relation=relation, materialized="view"),
        relation=relation,
        select=f"select * from {build.dialect.render(build.relation)}",
        compiled=None,
        config={**build.config, "persist_docs": {}},
        pre_hooks=(),
        post_hooks=(),
        sent=[],
        later=[],
    )
    view(pointer)


def _is_wanted(build: Build, node: Model) -> bool:
    if node.version is None or node.version != node.latest_version:
        return False
    said = (build.config.get("latest_version_pointer") or {}).get("enabled")
    by_default = build.rendering is not None and build.rendering.means.manifest.settings.flag(_BY_DEFAULT)
    return by_default if said is None else bool(said)


def _name(build: Build, node: Model) -> str:
    """The alias of the config, else the name of the model; a project's own macro may say otherwise."""
    alias = (build.config.get("latest_version_pointer") or {}).get("alias")
    own = build.own("generate_latest_version_pointer_alias")
    if own is not None:
        return str(own(alias, build.node_view)).strip()
    return str(alias).strip() if alias else node.name
