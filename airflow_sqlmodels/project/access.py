"""Groups and access: which models may be read by whom. Private ones by their group, protected ones by their project
if its dbt_project.yml says `restrict-access`."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from airflow_sqlmodels.errors import Location, ProjectError, closest
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Function, Model, NodeId, Templated, UnitTest
from airflow_sqlmodels.project.resolve import text_in_file
from airflow_sqlmodels.project.written import place_of

_USUAL = "protected"
_ACCESS = ("private", "protected", "public")


def check_access(nodes: Mapping[NodeId, AnyNode], groups: Collection[str], restricted: Collection[str]) -> None:
    """Raises ProjectError for an unknown group or access, and for a node that reads what it may not.

    `restricted` are the packages that keep protected models for themselves.
    """
    guarded: dict[NodeId, Model] = {}
    for node in nodes.values():
        _check_group(node, groups)
        _check_value(node)
        if isinstance(node, Model) and _is_guarded(node, restricted):
            guarded[node.id] = node
    if guarded:
        for node in nodes.values():
            for parent in () if isinstance(node, UnitTest) else node.depends_on:
                model = guarded.get(parent)
                if model is not None and not _may_read(node, model, nodes, restricted):
                    raise _refused(node, model)


def _is_guarded(node: Model, restricted: Collection[str]) -> bool:
    """Whether not all may read it."""
    return node.access == "private" or (node.access == "protected" and node.package in restricted)


def _check_group(node: AnyNode, groups: Collection[str]) -> None:
    name = node.config.get("group")
    if name and name not in groups and not isinstance(node, Function):  # dbt does not look at those of functions
        hint = closest(str(name), groups) or "declare it under 'groups:' in a property file"
        raise ProjectError(f"Invalid group {name!r}, expected one of {sorted(groups)}", node.at, hint)


def _refuse_unknown(node: AnyNode, access: str) -> None:
    if access not in _ACCESS:
        what = f"{node.id} has an invalid value ({access}) for the access field"
        raise ProjectError(what, node.at, closest(access, _ACCESS) or f"it is one of {', '.join(_ACCESS)}")


def _check_value(node: AnyNode) -> None:
    if isinstance(node, Function):
        said = node.config.get("access")
        _refuse_unknown(node, _USUAL if said is None else str(said))
    if not isinstance(node, Model):
        return
    _refuse_unknown(node, node.access)
    if node.access == "public" and node.materialized == "ephemeral":
        what = f"{node.id} with 'ephemeral' materialization has an invalid value (public) for the access field"
        raise ProjectError(what, node.at, "others cannot read it: there is no relation. Make it a view")


def _may_read(node: AnyNode, model: Model, nodes: Mapping[NodeId, AnyNode], restricted: Collection[str]) -> bool:
    is_within = node.package == model.package or model.package not in restricted
    if model.access == "protected":
        return is_within
    group = _group_of(node, nodes)
    return bool(group) and group == model.config.get("group") and is_within


def _group_of(node: AnyNode, nodes: Mapping[NodeId, AnyNode]) -> str | None:
    """Its own; a test in YAML has that of what it tests."""
    tested = nodes.get(node.attached_node) if isinstance(node, DataTest) and node.attached_node else None
    group = (node if tested is None else tested).config.get("group")
    return None if group is None else str(group)


def _refused(node: AnyNode, model: Model) -> ProjectError:
    scope = (
        f"private to the {model.config.get('group')!r} group"
        if model.access == "private"
        else f"protected to the {model.package!r} package"
    )
    what = f"{node.id} attempted to reference node {model.id}, which is not allowed because it is {scope}"
    return ProjectError(what, _place(node, model), "give both the same group, or the model a wider access")


def _place(node: AnyNode, model: Model) -> Location:
    if isinstance(node, Templated) and not (isinstance(node, DataTest) and node.generic is not None):
        return place_of(text_in_file(node), node.at.path, "ref", model.name)
    return node.at
