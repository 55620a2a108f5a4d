"""References -> ids. Here the project becomes a graph: what is missing, doubled or disabled is found."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from airflow_sqlmodels.errors import Location, NamingError, ProjectError, closest
from airflow_sqlmodels.manifest.nodes import (
    Analysis,
    AnyNode,
    DataTest,
    Function,
    Model,
    Node,
    NodeId,
    Ref,
    Seed,
    Snapshot,
    Source,
    SourceRef,
    Templated,
    resource_type,
)
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.project.written import place_of

T = TypeVar("T", bound=Templated)


NODE_FIRST = "require_ref_searches_node_package_before_root"
"""The flag of dbt for that order."""


class Lookup(Protocol):
    """What resolving asks: by name, by source, and whether something is there but turned off."""

    def find(self, ref: Ref, package: str) -> Model | Seed | Snapshot | None:
        """The node that a ref in a template of `package` means."""

    def source(self, wanted: SourceRef, package: str) -> Source | None:
        """The table that a `source(...)` in a template of `package` means."""

    def function(self, ref: Ref, package: str) -> Function | None:
        """The function that a `function(...)` in a template of `package` means."""

    def is_disabled(self, name: str) -> bool:
        """Whether a node of that name is there, and turned off."""


class Index(Struct):
    """Finds nodes by the names that `ref` and `source` use."""

    root: str
    node_first: bool = False
    """Whether a name is looked for in the node's own package before the root project."""
    by_name: dict[str, list[Model | Seed | Snapshot]] = field(default_factory=dict)
    sources: dict[tuple[str, str], dict[str, Source]] = field(default_factory=dict)
    """By source and table, those of each package."""
    disabled: dict[str, Node] = field(default_factory=dict)
    functions: dict[str, list[Function]] = field(default_factory=dict)

    def function(self, ref: Ref, package: str) -> Function | None:
        """The function that a `function(...)` in a template of `package` means."""
        found = self.functions.get(ref.name, [])
        if ref.package is not None:
            return next((node for node in found if node.package == ref.package), None)
        for wanted in self._order(package):
            for node in found:
                if node.package == wanted:
                    return node
        return found[0] if found else None

    def source(self, wanted: SourceRef, package: str) -> Source | None:
        """The table that a `source(...)` in a template of `package` means."""
        found = self.sources.get((wanted.source, wanted.table), {})
        return next((found[each] for each in (*self._order(package), *found) if each in found), None)

    def is_disabled(self, name: str) -> bool:
        """Whether a node of that name is there, and turned off."""
        return name in self.disabled

    def find(self, ref: Ref, package: str) -> Model | Seed | Snapshot | None:
        """The node that a ref in a template of `package` means."""
        found = self.by_name.get(ref.name)
        if not found:
            return None
        found = [node for node in found if _is_version(node, ref.version)]
        if not found:
            return None
        if ref.package is not None:
            return next((node for node in found if node.package == ref.package), None)
        if len(found) == 1:
            return found[0]
        for wanted in self._order(package):
            for node in found:
                if node.package == wanted:
                    return node
        return found[0]

    def _order(self, package: str) -> tuple[str, str]:
        return (package, self.root) if self.node_first else (self.root, package)


def index_of(
    root: str, nodes: Iterable[AnyNode], disabled: Iterable[Node], *, node_first: bool = False, unique: bool = False
) -> Index:
    """The index over all enabled nodes. Raises NamingError if two have one name in a package, or one relation.

    `unique`: nodes of different kinds may not have one name either.
    """
    index = Index(root, node_first)
    relations: dict[tuple[str, str, str], Node] = {}
    once: dict[NodeId, Node] = {}
    for node in nodes:
        if isinstance(node, (Source, DataTest, Analysis)):
            _refuse_same_id(once, node)
        if isinstance(node, DataTest) and node.relation is not None and node.config.get("store_failures") is True:
            _refuse_same_relation(relations, node, node.relation)
        if isinstance(node, Source):
            index.sources.setdefault((node.source_name, node.name), {})[node.package] = node
        elif isinstance(node, Function):
            _refuse_twin_function(index.functions.setdefault(node.name, []), node)
            index.functions[node.name].append(node)
        elif isinstance(node, (Model, Seed, Snapshot)):
            namesakes = index.by_name.setdefault(node.name, [])
            _refuse_twin(namesakes, node, unique=unique)
            namesakes.append(node)
            namesakes.sort(key=_rank)
            if not (isinstance(node, Model) and node.materialized == "ephemeral"):
                _refuse_same_relation(relations, node, node.relation)
    _note_disabled(index, once, disabled)
    return index


def _note_disabled(index: Index, once: dict[NodeId, Node], disabled: Iterable[Node]) -> None:
    for each in disabled:
        if isinstance(each, Source):  # as in dbt, a table stands there once, even if one of two is disabled
            _refuse_same_id(once, each)
        index.disabled.setdefault(each.name, each)


def _rank(node: Model | Seed | Snapshot) -> int:
    """Of nodes that share a name a ref means the seed, else the snapshot: dbt reads those last."""
    return next(rank for rank, kind in enumerate((Seed, Snapshot, Model)) if isinstance(node, kind))


def resolved(node: T, index: Lookup) -> T | None:
    """The node with its references as ids; None for a test whose model is disabled.

    Raises NamingError with place and hint for a name that nothing has.
    """
    ids: list[NodeId] = []
    for ref in node.refs:
        found = index.find(ref, node.package)
        if found is None:
            if isinstance(node, DataTest) and index.is_disabled(ref.name):
                return None
            raise _missing_ref(node, ref, index if isinstance(index, Index) else Index(""))
        ids.append(found.id)
    source_ids: list[NodeId] = []
    for source in node.source_refs:
        table = index.source(source, node.package)
        if table is None:
            if isinstance(node, DataTest) and index.is_disabled(source.table):
                return None
            raise _missing_source(node, source, index if isinstance(index, Index) else Index(""))
        source_ids.append(table.id)
    functions = tuple(_function(node, ref, index).id for ref in node.function_refs)
    return replace(node, ref_ids=tuple(ids), source_ids=tuple(source_ids), function_ids=functions)


def _function(node: Templated, ref: Ref, index: Lookup) -> Function:
    found = index.function(ref, node.package)
    if found is not None:
        return found
    at = place_of(text_in_file(node), node.at.path, "function", ref.name)
    if index.is_disabled(ref.name):
        raise NamingError(f"the function {ref.name!r} is disabled", at, "enable it (config enabled)")
    known = index.functions if isinstance(index, Index) else {}
    raise NamingError(f"no function {ref.name!r}", at, closest(ref.name, known) or "functions are files in functions/")


def _refuse_twin_function(known: list[Function], node: Function) -> None:
    for other in known:
        if other.package == node.package:
            raise NamingError(f"two functions are named {node.name!r}: the other is {other.path}",
                               Location(node.at.path, 1), "rename one file")  # fmt: skip


def partly_resolved(node: T, index: Lookup) -> T:
    """The node with the ids of those of its references that are there."""
    found = (index.find(ref, node.package) for ref in node.refs)
    tables = (index.source(source, node.package) for source in node.source_refs)
    return replace(
        node,
        ref_ids=tuple(each.id for each in found if each is not None),
        source_ids=tuple(each.id for each in tables if each is not None),
    )


def _is_version(node: Model | Seed | Snapshot, wanted: int | float | str | None) -> bool:
    """Whether a ref with that version means the node. Without one it means the latest."""
    version = node.version if isinstance(node, Model) else None
    if wanted is not None:
        return version == str(wanted)
    return version is None or (isinstance(node, Model) and version == node.latest_version)


def _refuse_twin(known: list[Model | Seed | Snapshot], node: Model | Seed | Snapshot, *, unique: bool) -> None:
    for other in known:
        if other.package == node.package and (_version_of(other) is None) != (_version_of(node) is None):
            what = f"{node.name!r} is there with versions and without: the other is {other.path}"
            raise ProjectError(what, Location(node.at.path, 1), "list the file among its 'versions:', or rename it")
        if other.package == node.package and _version_of(other) == _version_of(node):
            kinds = resource_type(node), resource_type(other)
            if kinds[0] != kinds[1] and not unique:
                continue  # they may write different relations
            what = f"two models are named {node.name!r}" if kinds == ("model", "model") else (
                f"a {kinds[0]} and a {kinds[1]} are both named {node.name!r}")  # fmt: skip
            raise NamingError(f"{what}: the other is {other.path}", Location(node.at.path, 1),
                               "rename one file; give it the old table name with config(alias=...)")  # fmt: skip


def _refuse_same_id(once: dict[NodeId, Node], node: Source | DataTest | Analysis) -> None:
    """Raises NamingError for a second table of one name in a source, or what differs from another in nothing."""
    other = once.setdefault(node.id, node)
    if other is node:
        return
    where = f"the other is at {other.at}"
    if isinstance(node, Source):
        what = f"found two sources with the name '{node.source_name}_{node.name}': {where}"
        raise NamingError(what, node.at, "keep one of the two, or give one another name and 'identifier'")
    kind = "analyses" if isinstance(node, Analysis) else "data_tests"
    what = f"found two {kind} with the name {node.name!r}: {where}"
    hint = "they differ in no argument" if isinstance(node, DataTest) and node.generic else "the files have one name"
    raise NamingError(what, node.at, f"{hint}: give one of them a 'name' of its own")


def _version_of(node: Model | Seed | Snapshot) -> str | None:
    return node.version if isinstance(node, Model) else None


def _refuse_same_relation(relations: dict[tuple[str, str, str], Node], node: Node, relation: Relation) -> None:
    key = (relation.database, relation.schema, relation.identifier)
    other = relations.setdefault(key, node)
    if other is not node:
        tested = isinstance(node, DataTest)
        where = other.at if tested else other.path
        hint = " (tests that keep their failures have tables)" if tested else ""
        raise NamingError(f"two nodes write the relation {relation}: the other is {where}",
                           node.at if tested else Location(node.at.path, 1),
                           f"give one of them another alias or schema{hint}")  # fmt: skip


def _missing_ref(node: Templated, ref: Ref, index: Index) -> NamingError:
    at = _place_of_call(node, "ref", ref.name)
    depends = f"{node.id} depends on a node named {ref.name!r}"
    disabled = index.disabled.get(ref.name)
    if disabled is not None:
        hint = "enable it (config enabled), or disable this one too"
        return NamingError(f"{depends} which is disabled: see {disabled.path}", at, hint)
    versions = sorted(filter(None, map(_version_of, index.by_name.get(ref.name, ()))))
    if ref.version is not None:
        hint = f"it has {', '.join(versions)}" if versions else "it has no versions"
        return NamingError(f"{depends} with version {str(ref.version)!r} which was not found", at, hint)
    hint = closest(ref.name, index.by_name)
    if ref.package is not None:
        owners = [each.package for each in index.by_name.get(ref.name, ())]
        where = f"in package or project {ref.package!r}"
        return NamingError(f"{depends} {where} which was not found", at,
                            f"{ref.name!r} is in {owners[0]!r}" if owners else hint)  # fmt: skip
    return NamingError(f"{depends} which was not found", at, hint)


def _place_of_call(node: Templated, function: str, name: str) -> Location:
    """Where a node asks for another: in its template; where it is described if it has none of its own."""
    if not node.raw_code or (isinstance(node, DataTest) and node.generic):
        return node.at
    return place_of(text_in_file(node), node.at.path, function, name)


def _missing_source(node: Templated, source: SourceRef, index: Index) -> NamingError:
    at = _place_of_call(node, "source", source.table)
    depends = f"{node.id} depends on a source named '{source.source}.{source.table}'"
    disabled = index.disabled.get(source.table)
    if isinstance(disabled, Source) and disabled.source_name == source.source:
        hint = "enable it (config enabled), or disable this one too"
        return NamingError(f"{depends} which is disabled: see {disabled.path}", at, hint)
    names = {name for name, _ in index.sources}
    if source.source not in names:
        at = at if at is node.at else place_of(text_in_file(node), node.at.path, "source", source.source)
        hint = closest(source.source, names) or "describe it under 'sources:' in a property file"
        return NamingError(f"{depends} which was not found: there is no source {source.source!r}", at, hint)
    tables = [table for name, table in index.sources if name == source.source]
    hint = closest(source.table, tables) or f"add it to the tables of {source.source!r}"
    return NamingError(f"{depends} which was not found: that source has no such table", at, hint)


def text_in_file(node: Templated) -> str:
    """The template on the lines it has in its file."""
    line = getattr(node, "body_line", 1)
    return "\n" * (line - 1) + node.raw_code
