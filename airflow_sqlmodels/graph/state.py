"""What became of each node since an earlier state of the project: the sides that dbt's `state:` looks at.

It compares facts. Where they come from, a manifest.json or the loaded project, is not its business.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from typing import Any, Literal

from msgspec import Struct, field

from airflow_sqlmodels.graph.contract_changes import Promise, breaking_changes
from airflow_sqlmodels.manifest.nodes import AnyNode

_NAMES = ("alias", "schema", "database", "tags", "group")
"""Configs that are no change of a node's config: the first three are a side of their own."""

_VERDICT = (
    *("severity", "where", "limit", "fail_calc", "warn_if", "error_if"),
    *("store_failures", "store_failures_as", "sql_header"),
)
"""The configs of a data test that count."""


LargeSeed = Literal["grown", "unmoved", "moved"]
"""Of a seed that is too large to be compared by what is in it: it was small, or is or is not where it was."""


class Facts(Struct, frozen=True, kw_only=True):
    """What is compared of one node."""

    kind: str
    """dbt's resource type."""
    fqn: tuple[str, ...]
    body: str | None = None
    """Its template, or the checksum of a seed; None for kinds that have none."""
    by_path: bool = False
    """Whether it is a seed too large to be compared by what is in it: its path stands for it."""
    generic: bool = False
    """Whether it is a data test that stands in properties."""
    config: Mapping[str, Any] = field(default_factory=dict)
    """As it is written, templates not rendered: the same project is the same for every target."""
    relation: tuple[Any, ...] = ()
    """Database, schema and name as written."""
    description: str = ""
    column_descriptions: Mapping[str, str] = field(default_factory=dict)
    persisted: tuple[bool, bool] = (False, False)
    """Whether its description and those of its columns become comments."""
    contract: str | None = None
    """The checksum of the promised columns; None without an enforced contract."""
    rest: tuple[Any, ...] = ()
    """What else counts for this kind."""
    promise: Promise | None = None
    """What a model promises; None for what is no model."""


class State(Struct, frozen=True, kw_only=True):
    """An earlier state, and how to look at the nodes of now."""

    known: bool = True
    """Whether its manifest is there: else there is nothing to compare with."""
    before: Mapping[str, Facts]
    now: Callable[[AnyNode], Facts]
    macros_changed: Callable[[AnyNode], bool]
    """Whether a macro that the node can reach says something else than before, or is new."""
    folder: str = ""
    """Where it was found; for people."""
    statuses: Mapping[str, str] | None = None
    """What came of each node in the earlier run; None if nobody kept it."""
    on_broken: Callable[[Promise, Sequence[str]], None] = field(default=lambda _promise, _changes: None)
    """Told of each model whose contract was broken, once. May raise, to stop the command."""
    on_large_seed: Callable[[str, LargeSeed], None] = field(default=lambda _seed, _what: None)
    """Told of each seed that is too large to be compared, once. May raise, too."""
    _told: set[str] = field(default_factory=set)
    fresher: frozenset[str] | None = None
    """The sources that got newer rows; None if nobody kept how old they were."""

    def is_new(self, node: AnyNode) -> bool:
        """Whether there was no such node."""
        return node.id not in self.before

    def changed(self, node: AnyNode) -> bool:
        """`state:modified`: whether any side that counts for its kind is another."""
        now, before = self.now(node), self.before.get(node.id)
        if before is None:
            return now.kind not in ("source", "exposure") or self.macros_changed(node)
        self._look_at_contract(node.id, before, now)
        self._look_at_size(node, before, now)
        sides = _SIDES_OF.get("generic" if now.generic else now.kind, _SIDES)
        return any(_SIDE[side](before, now) for side in sides) or self.macros_changed(node)

    def side_changed(self, node: AnyNode, side: str) -> bool:
        """`state:modified.<side>`. A new node's sides are all another, if its kind has them."""
        if side == "macros":
            return self.macros_changed(node)
        now, before = self.now(node), self.before.get(node.id)
        if now.kind in _WITHOUT.get(side, ()):
            return False
        if side == "contract" and before is not None:
            self._look_at_contract(node.id, before, now)
        if side == "body" and before is not None:
            self._look_at_size(node, before, now)
        return before is None or _SIDE[side](before, now)

    def look_for_removed(self, there: Container[str], disabled: Container[str]) -> None:
        """Tell of the models with an enforced contract that were there and are no more."""
        for node_id in self.before:
            if not node_id.startswith("model.") or node_id in there:
                continue
            promise = self.before[node_id].promise
            if promise is not None and promise.enforced and not promise.over:
                how = "disabled" if node_id in disabled else "deleted or renamed"
                self._tell(node_id, promise, [f"Contracted model {node_id!r} was {how}."])

    def _look_at_contract(self, node_id: str, before: Facts, now: Facts) -> None:
        if before.promise is not None and now.promise is not None:
            changes = breaking_changes(before.promise, now.promise)
            if changes:
                self._tell(node_id, now.promise, changes)

    def _look_at_size(self, node: AnyNode, before: Facts, now: Facts) -> None:
        if not now.by_path or node.id in self._told:
            return
        self._told.add(node.id)
        moved: LargeSeed = "unmoved" if before.body == now.body else "moved"
        self.on_large_seed(node.id, moved if before.by_path else "grown")

    def _tell(self, node_id: str, promise: Promise, changes: Sequence[str]) -> None:
        if node_id not in self._told:
            self._told.add(node_id)
            self.on_broken(promise, changes)


SUB_SELECTORS = ("body", "configs", "relation", "persisted_descriptions", "macros", "contract")
"""The sides by which `state:modified.` can be narrowed down."""


def _config(before: Facts, now: Facts) -> bool:
    return _counted(before, now.kind) != _counted(now, now.kind)


def _counted(facts: Facts, kind: str) -> dict[str, Any]:
    if kind == "test":
        return {key: value for key, value in facts.config.items() if key in _VERDICT}
    if kind in ("source", "exposure", "semantic_model", "saved_query"):
        return dict(facts.config)
    if kind == "metric":
        return {key: value for key, value in facts.config.items() if key != "group"}
    return {key: value for key, value in facts.config.items() if key not in _NAMES}


def _descriptions(before: Facts, now: Facts) -> bool:
    relation, columns = now.persisted
    return (relation and before.description != now.description) or (
        columns and before.column_descriptions != now.column_descriptions
    )


_SIDE: Mapping[str, Callable[[Facts, Facts], bool]] = {
    "body": lambda before, now: before.body != now.body,
    "configs": _config,
    "relation": lambda before, now: before.relation != now.relation,
    "persisted_descriptions": _descriptions,
    "contract": lambda before, now: now.kind == "model" and before.contract != now.contract,
    "fqn": lambda before, now: before.fqn != now.fqn,
    "rest": lambda before, now: before.rest != now.rest,
}
_SIDES = tuple(_SIDE)
_SIDES_OF: Mapping[str, tuple[str, ...]] = {
    "generic": ("configs", "fqn"),
    "source": ("relation", "fqn", "configs", "rest"),
    "exposure": ("fqn", "configs", "rest"),
    "unit_test": ("rest",),
    "semantic_model": ("configs", "rest"),
    "metric": ("configs", "rest"),
    "saved_query": ("configs", "rest"),
}
"""Which sides make a node modified, where it is not all of them."""

_WITHOUT: Mapping[str, tuple[str, ...]] = {
    "body": ("source", "exposure", "unit_test"),
    "configs": ("unit_test",),
    "relation": ("exposure", "unit_test"),
    "persisted_descriptions": ("source", "exposure", "unit_test"),
    "contract": ("source", "exposure", "unit_test"),
}
"""The kinds that have no such side."""
