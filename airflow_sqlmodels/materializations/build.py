"""What a materialization is given, and what it gives back."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct, field

from airflow_sqlmodels.compile.origins import CompiledText
from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import WarehouseError
from airflow_sqlmodels.manifest.macro import IS_INCREMENTAL
from airflow_sqlmodels.manifest.nodes import Function, Model, Seed, Snapshot
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.publish.outgrown import Behind
from airflow_sqlmodels.publish.rules import PublishRules
from airflow_sqlmodels.templating.answering import Rendering
from airflow_sqlmodels.templating.relation import TemplateRelation
from airflow_sqlmodels.warehouse.session import Session

_EQUALS_NULLS = "enable_truthy_nulls_equals_macro"


class Hook(Struct, frozen=True):
    """One pre- or post-hook."""

    render: Callable[[], str]
    """Gives its SQL; called when its turn comes, as it may look at what was built."""
    transaction: bool = True
    """Whether it belongs to the node's transaction (`transaction: false` is for `vacuum` and the like)."""
    placed: Callable[[WarehouseError, str], WarehouseError] = field(default=lambda error, _sql: error)
    """Given what the warehouse said of its SQL, the same with its place."""


class Build(Struct, frozen=True, kw_only=True):
    """One node, ready to be built: everything a materialization may use."""

    node: Model | Seed | Snapshot | Function
    relation: Relation
    select: str
    """The compiled query; "" for a seed."""
    compiled: CompiledText | None = None
    """The same with what it was made of, for errors."""
    config: Mapping[str, Any]
    dialect: Dialect
    session: Session
    full_refresh: bool = False
    pre_hooks: tuple[Hook, ...] = ()
    post_hooks: tuple[Hook, ...] = ()
    rules: PublishRules = field(default_factory=PublishRules)
    log: Callable[[str], None] = field(default=lambda _message: None)
    sent: list[str] = field(default_factory=list)
    """The statements with the node's own query in them, as they were sent."""
    later: list[str] = field(default_factory=list)
    """SQL for after the commit, added while building. Its failing is told, and changes nothing."""
    behind: Behind = tuple
    outgrown: list[int] = field(default_factory=list)
    """Of old relations on which views were left the numbers, added while building."""
    begun: bool = False
    """Whether the template wrote something, which belongs to the node's transaction."""
    rendering: Rendering | None = None
    """What compiling the node brought up: its names, for macros of the project that take part in building."""

    def own(self, name: str) -> Callable[..., Any] | None:
        """The project's own version of a built-in macro, ready to be called; None if it has none."""
        found = None if self.rendering is None else self.rendering.means.macros.own(name)
        return None if found is None or self.rendering is None else functools.partial(self.rendering.called, found)

    @property
    def equals_nulls(self) -> bool:
        """Whether the project's flags say that two nulls are one key."""
        return self.rendering is not None and self.rendering.means.manifest.settings.flag(_EQUALS_NULLS)

    def begin_anew(self) -> None:
        """Let is_incremental() be false in the hooks to come, although they find the table: it is its first build."""
        if self.rendering is not None and self.post_hooks:
            self.rendering.scope.stand_in(IS_INCREMENTAL, False)

    def note(self, message: str) -> None:
        """Tell what is done to those who look closely, as `log` in a macro does."""
        if self.rendering is not None:
            self.rendering.means.invocation.note(message)

    def warn(self, message: str, name: str = "JinjaLogWarning", data: Mapping[str, Any] | None = None) -> None:
        """Tell of something that is wrong, and keeps nothing from being built: dbt's event of that name."""
        if self.rendering is not None:
            self.rendering.means.invocation.warn(
                Warned(message, name, {"msg": message} if data is None else dict(data))
            )

    @property
    def node_view(self) -> dict[str, Any]:
        """The node as macros know it."""
        assert self.rendering is not None, self.node.id
        return self.rendering.scope.names["model"]  # type: ignore[no-any-return]  # names hold anything

    def template_relation(self, relation: Relation, kind: str | None = None) -> TemplateRelation:
        """A relation as macros know it."""
        return TemplateRelation(relation, self.dialect, kind)


class Built(Struct, frozen=True):
    """What came of it."""

    rows: int
    """Rows written; -1 unknown or not a matter of rows (views)."""
    status: str
    """What dbt shows: `SELECT 10`, `INSERT 0 1`, `CREATE VIEW`."""
    partly: bool = False
    """Whether some of it could not be built: overloads of a function."""
    details: dict[str, Any] = field(default_factory=dict)
    """What only one kind of node has to tell."""
