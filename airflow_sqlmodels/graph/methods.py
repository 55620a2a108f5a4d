"""The selector methods: each a function from what is asked to a yes or no per node, and a line in `METHODS`.

`selector:` alone is not answered here: it needs the definitions of selectors.yml and the whole evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.graph.asked import Asked, Predicate, one_of
from airflow_sqlmodels.graph.fqn import matcher_of
from airflow_sqlmodels.graph.paths import paths_of, selected_paths
from airflow_sqlmodels.graph.state_methods import result, source_status, state
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import (
    Analysis,
    AnyNode,
    DataTest,
    Exposure,
    Metric,
    Model,
    Operation,
    SavedQuery,
    Seed,
    SemanticModel,
    Snapshot,
    Source,
    UnitTest,
    resource_type,
)

_RESOURCE_TYPES = (
    *("model", "seed", "snapshot", "analysis", "test", "unit_test", "source", "operation", "exposure"),
    *("metric", "semantic_model", "saved_query", "function"),
)
_NEVER_NODES = ("macro", "doc", "group", "fixture", "sql_operation", "rpc")
"""Kinds of dbt's that are in no graph: asked for, they select nothing."""
_IN_NODES = (Model, Seed, Snapshot, Analysis, DataTest, Operation)
"""What lies under `nodes` in manifest.json."""


class Method(Struct, frozen=True):
    """How nodes are found by one of their sides."""

    matches: Callable[[Asked], Predicate]
    """Gives the question each node is asked. Raises SelectorError if the value makes no sense."""
    names: Callable[[Manifest], Iterable[str]]
    """The values that would find something: for "did you mean"."""


def fqn(asked: Asked) -> Predicate:
    """The name, or the folders and the name from the package on or below; globs allowed. No sources."""
    matches = matcher_of(asked.value)
    return lambda node: not isinstance(node, Source) and matches(node.fqn, _is_versioned(node))


def tag(asked: Asked) -> Predicate:
    """Nodes that carry the tag."""
    return lambda node: any(asked.like(each) for each in node.tags)


def source(asked: Asked) -> Predicate:
    """Sources by `source`, `source.table` or `package.source.table`."""
    parts = asked.value.split(".")
    if len(parts) > 3:
        hint = "write source, source.table or package.source.table"
        raise asked.refuse(f"no source can be called {asked.value!r}", hint)
    package, name, table = ("*", *parts, "*")[:3] if len(parts) < 3 else parts
    return lambda node: (
        isinstance(node, Source)
        and fnmatchcase(node.package, package)
        and fnmatchcase(node.source_name, name)
        and fnmatchcase(node.name, table)
    )


def path(asked: Asked) -> Predicate:
    """Nodes whose file, properties file or folder has the path, which may be a glob."""
    if asked.value.startswith("/"):
        raise asked.refuse("a path that begins with '/' cannot be asked for", "write it without the project's folder")
    chosen = selected_paths(asked.manifest, asked.value)
    return lambda node: not chosen.isdisjoint(paths_of(node))


def file(asked: Asked) -> Predicate:
    """Nodes by the name of their file, with or without the ending."""
    return lambda node: any(asked.like(name) for name in _file_names(node))


def package(asked: Asked) -> Predicate:
    """Nodes of a package; `this` is the project itself."""
    wanted = asked.manifest.settings.name if asked.value == "this" else asked.value
    return lambda node: fnmatchcase(node.package, wanted)


def config(asked: Asked) -> Predicate:
    """Nodes by a config, nested ones with dots: `config.meta.owner:sales`. In a list any entry will do."""
    wanted, fold = asked.typed, asked.arguments == ("severity",)

    def matches(node: AnyNode) -> bool:
        if not isinstance(node, (*_IN_NODES, Source)):  # dbt looks no further, whatever else has a config
            return False
        value = _descend(node.config, asked.arguments)
        return any(_equals(each, wanted, fold) for each in (value if isinstance(value, (list, tuple)) else (value,)))

    return matches


def test_name(asked: Asked) -> Predicate:
    """Data tests by the name of the test they call (`unique`), unit tests by their own."""
    return lambda node: (
        (isinstance(node, DataTest) and node.generic is not None and asked.like(node.generic.rpartition(".")[2]))
        or (isinstance(node, UnitTest) and asked.like(node.name))
    )


def test_type(asked: Asked) -> Predicate:
    """Tests by kind: generic, singular, data (both) or unit."""
    kinds: dict[str, Predicate] = {
        "generic": lambda node: isinstance(node, DataTest) and node.generic is not None,
        "schema": lambda node: isinstance(node, DataTest) and node.generic is not None,
        "singular": lambda node: isinstance(node, DataTest) and node.generic is None,
        "data": lambda node: isinstance(node, DataTest),
        "unit": lambda node: isinstance(node, UnitTest),
    }
    return kinds[one_of(asked, kinds, "test type")]


def resource_type_of(asked: Asked) -> Predicate:
    """Nodes of a kind: model, test, source…"""
    wanted = asked.value if asked.value in _NEVER_NODES else one_of(asked, _RESOURCE_TYPES, "resource type")
    return lambda node: resource_type(node) == wanted


def exposure(asked: Asked) -> Predicate:
    """Exposures by `name` or `package.name`."""
    return _by_package_and_name(asked, Exposure)


def metric(asked: Asked) -> Predicate:
    """Metrics by `name` or `package.name`."""
    return _by_package_and_name(asked, Metric)


def semantic_model(asked: Asked) -> Predicate:
    """Semantic models by `name` or `package.name`."""
    return _by_package_and_name(asked, SemanticModel)


def saved_query(asked: Asked) -> Predicate:
    """Saved queries by `name` or `package.name`."""
    return _by_package_and_name(asked, SavedQuery)


def unit_test(asked: Asked) -> Predicate:
    """Unit tests by `name` or `package.name`."""
    return _by_package_and_name(asked, UnitTest)


def group(asked: Asked) -> Predicate:
    """Nodes of a group; functions, semantic models and saved queries are not looked at, as in dbt."""

    def matches(node: AnyNode) -> bool:
        name = node.config.get("group") if isinstance(node, (*_IN_NODES, Metric)) else None
        return bool(name) and asked.like(str(name))

    return matches


def access(asked: Asked) -> Predicate:
    """Models that others may, or may not, read: private, protected, public."""
    return lambda node: isinstance(node, Model) and node.access == asked.value


def version(asked: Asked) -> Predicate:
    """Models by version: latest, prerelease, old, or none (those without versions)."""
    wanted = one_of(asked, ("latest", "prerelease", "old", "none"), "version")
    return lambda node: isinstance(node, Model) and _age(node) == wanted


def nothing(_asked: Asked) -> Predicate:
    """For kinds of nodes that are not in the graph."""
    return lambda _node: False


def selector(asked: Asked) -> Predicate:
    """Answered by `selection`, which knows the definitions."""
    raise AssertionError(f"selector:{asked.value} is no question to a single node")


def _by_package_and_name(asked: Asked, kind: type) -> Predicate:
    *packages, name = asked.value.split(".")
    if len(packages) > 1:
        raise asked.refuse(f"no name can be {asked.value!r} here", "write name or package.name")
    wanted = packages[0] if packages else "*"
    return lambda node: isinstance(node, kind) and fnmatchcase(node.package, wanted) and fnmatchcase(node.name, name)


def _is_versioned(node: AnyNode) -> bool:
    return isinstance(node, Model) and node.version is not None


def _file_names(node: AnyNode) -> tuple[str, str]:
    name = node.path.rpartition("/")[2]
    stem, dot, _ending = name.rpartition(".")
    return name, stem if dot and stem else name


def _descend(value: Any, keys: tuple[str, ...]) -> Any:
    for key in keys:
        if not isinstance(value, dict) or key not in value:
            return None
        value = value[key]
    return value


def _equals(value: Any, wanted: Any, fold: bool) -> bool:
    """Whether a config is what is asked for: text is never a number, and a definition in YAML may hold a number."""
    if isinstance(value, bool):
        return str(wanted).lower() == str(value).lower() or bool(wanted == value)
    if fold and isinstance(value, str):
        return value.lower() == str(wanted).lower()
    return bool(wanted == value)


def _age(model: Model) -> str:
    if model.version is None:
        return "none"
    if model.latest_version is None or model.version == model.latest_version:
        return "latest"
    return "prerelease" if _rank(model.version, model.latest_version) else "old"


def _rank(one: str, other: str) -> bool:
    """Whether version `one` is above `other`: as numbers if both are, else as text."""
    try:
        return float(one) > float(other)
    except ValueError:
        return str(one) > str(other)


def _of(kind: type) -> Callable[[Manifest], Iterable[str]]:
    return lambda manifest: (node.name for node in manifest.nodes.values() if isinstance(node, kind))


def _each(names: Callable[[AnyNode], Iterable[str]]) -> Callable[[Manifest], Iterable[str]]:
    return lambda manifest: dict.fromkeys(name for node in manifest.nodes.values() for name in names(node))


def _none(_manifest: Manifest) -> Iterable[str]:
    return ()


def _fqn_names(node: AnyNode) -> Iterable[str]:
    if isinstance(node, (Source, DataTest)):
        return ()
    return (node.name, *node.fqn[:-1], ".".join(node.fqn), ".".join(node.fqn[1:]))


def _source_names(node: AnyNode) -> Iterable[str]:
    return (node.source_name, f"{node.source_name}.{node.name}") if isinstance(node, Source) else ()


def _called_tests(node: AnyNode) -> Iterable[str]:
    return (node.generic.rpartition(".")[2],) if isinstance(node, DataTest) and node.generic else ()


METHODS: dict[str, Method] = {
    "fqn": Method(fqn, _each(_fqn_names)),
    "tag": Method(tag, _each(lambda node: node.tags)),
    "group": Method(group, lambda manifest: manifest.groups),
    "access": Method(access, lambda _manifest: ("private", "protected", "public")),
    "source": Method(source, _each(_source_names)),
    "path": Method(path, _each(paths_of)),
    "file": Method(file, _each(_file_names)),
    "package": Method(package, _each(lambda node: (node.package,))),
    "config": Method(config, _none),
    "test_name": Method(test_name, _each(_called_tests)),
    "test_type": Method(test_type, _none),
    "resource_type": Method(resource_type_of, lambda _manifest: _RESOURCE_TYPES),
    "state": Method(state, _none),
    "exposure": Method(exposure, _of(Exposure)),
    "metric": Method(metric, _of(Metric)),
    "result": Method(result, _none),
    "source_status": Method(source_status, _none),
    "version": Method(version, _none),
    "semantic_model": Method(semantic_model, _of(SemanticModel)),
    "saved_query": Method(saved_query, _of(SavedQuery)),
    "unit_test": Method(unit_test, _of(UnitTest)),
    "selector": Method(selector, lambda manifest: manifest.selectors),
}
"""By the word in front of the colon."""
