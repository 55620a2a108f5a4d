"""`graph` in templates: the whole project as plain data."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any

from airflow_sqlmodels.manifest.lost import tests_of_nothing
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Model, NodeId
from airflow_sqlmodels.templating.code import CompiledCode
from airflow_sqlmodels.templating.entries.groups import group_entries
from airflow_sqlmodels.templating.entries.live import live_entry
from airflow_sqlmodels.templating.entries.node import Entry, kept_rows
from airflow_sqlmodels.templating.entries.primary_key import TestsOf, primary_key, tests_of
from airflow_sqlmodels.templating.entries.shape import plain
from airflow_sqlmodels.templating.entries.view import ConfigView
from airflow_sqlmodels.templating.graph_parts import PARTS

if TYPE_CHECKING:
    from _collections_abc import dict_items, dict_keys, dict_values


class ProjectEntries:
    """The entries of all nodes of a project, in one run: each is made when it is asked for first."""

    def __init__(
        self, manifest: Manifest, made: float, compiled: Mapping[NodeId, CompiledCode], keeps_failures: bool = False
    ) -> None:
        self.manifest = manifest
        self._made = made
        self._compiled = compiled
        self._keeps_failures = keeps_failures
        self._known: dict[NodeId, tuple[CompiledCode | None, Entry]] = {}

    def of(self, node: AnyNode) -> Entry:
        """The entry of a node as it is now: the same one for all who ask."""
        code = self._compiled.get(node.id)
        known = self._known.get(node.id)
        if known is None or known[0] is not code:
            known = self._known[node.id] = (code, self._made_of(node, self._tests))
        return known[1]

    def _made_of(self, node: AnyNode, tests: TestsOf) -> Entry:
        code = self._compiled.get(node.id)
        entry = live_entry(node, self.manifest, self._made, tests, code)
        if self._keeps_failures and code is not None and isinstance(node, DataTest):
            entry["relation_name"] = kept_rows(node, self.manifest, asked=True)  # named as it is compiled
        return entry

    def apart(self, node: AnyNode) -> Entry:
        """An entry for one who may change it, without fields that have no value: `model` in templates.

        That of a model is made without reading the tests of the project.
        """
        entry = ModelEntry(plain(self._made_of(node, {})))
        entry["config"] = ConfigView(entry["config"])
        if not isinstance(node, Model):
            return entry
        del entry["primary_key"]
        entry.key = lambda: primary_key(node, self._tests.get(node.id, ()))
        return entry

    @functools.cached_property
    def _tests(self) -> TestsOf:
        return tests_of(self.manifest)


class ModelEntry(dict[str, Any]):
    """An entry in which the primary key is worked out when somebody looks at it, or at all there is.

    It takes the tests of the whole project, and a task pays for one node.
    """

    key: Callable[[], list[str]] | None = None

    def _whole(self) -> None:
        if self.key is not None:
            key, self.key = self.key, None
            self.setdefault("primary_key", key())

    def __missing__(self, name: str) -> Any:
        if name == "primary_key" and self.key is not None:
            self._whole()
            return self[name]
        raise KeyError(name)

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a field."""
        if name == "primary_key":
            self._whole()
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or (name == "primary_key" and self.key is not None)

    def __iter__(self) -> Iterator[str]:
        self._whole()
        return super().__iter__()

    def __len__(self) -> int:
        self._whole()
        return super().__len__()

    def keys(self) -> dict_keys[str, Any]:
        """The names of the fields."""
        self._whole()
        return super().keys()

    def values(self) -> dict_values[str, Any]:
        """Their values."""
        self._whole()
        return super().values()

    def items(self) -> dict_items[str, Any]:
        """Both."""
        self._whole()
        return super().items()


class GraphView(MutableMapping[str, Any]):
    """Each part is made when it is asked for first. What macros put into it stays for the rest of the run."""

    def __init__(self, entries: ProjectEntries, kept: MutableMapping[str, Any]) -> None:
        self._entries = entries
        self._kept = kept

    def __getitem__(self, part: str) -> Any:
        if part not in self._kept:
            self._kept[part] = self._made(part)
        return self._kept[part]

    def __setitem__(self, part: str, value: Any) -> None:
        self._kept[part] = value

    def __delitem__(self, part: str) -> None:
        del self._kept[part]

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*PARTS, *self._kept)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def _made(self, part: str) -> Mapping[str, Any]:
        manifest = self._entries.manifest
        if part == "groups":
            return group_entries(manifest)
        kinds = PARTS[part]
        wanted = [node for node_id, node in manifest.items() if node_id.partition(".")[0] in kinds]
        wanted.sort(key=lambda node: _rank(node, kinds))  # as dbt comes upon them
        lost = tests_of_nothing(manifest) if part == "nodes" else ()
        return _Nodes((*wanted, *lost), self._entries.of, frozenset(test.id for test in lost))


def _rank(node: AnyNode, kinds: tuple[str, ...]) -> int:
    generic = isinstance(node, DataTest) and node.generic is not None
    return len(kinds) if generic else kinds.index(node.id.partition(".")[0])


class _Nodes(Mapping[str, Entry]):
    """The nodes of one part."""

    def __init__(self, nodes: Iterable[AnyNode], entry_of: Callable[[AnyNode], Entry], lost: frozenset[NodeId]) -> None:
        self._nodes: dict[str, AnyNode] = {node.id: node for node in nodes}
        self._entry_of = entry_of
        self._lost = lost

    def __getitem__(self, node_id: str) -> Entry:
        entry = self._entry_of(self._nodes[node_id])
        if node_id in self._lost:
            entry["config"]["enabled"] = False
        return entry

    def __iter__(self) -> Iterator[str]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)
