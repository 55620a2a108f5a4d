"""The second phase: a node is compiled. `ref` and `source` answer, `execute` is true, the warehouse can be asked.

What only Jinja needs is in answers.py, and is imported when a template needs it.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from msgspec import structs

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.errors import CompilationError, Location, SqlModelsError
from airflow_sqlmodels.manifest.macro import Macro, MacroId
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE, Manifest
from airflow_sqlmodels.manifest.nodes import (
    Analysis,
    AnyNode,
    Function,
    Model,
    NodeId,
    Ref,
    Relational,
    Snapshot,
    SourceRef,
    Templated,
)
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.templating.arguments import Tested
from airflow_sqlmodels.templating.asked_names import package_and_name, two_names
from airflow_sqlmodels.templating.batches import Batch
from airflow_sqlmodels.templating.by_name import function_named, node_named, source_named
from airflow_sqlmodels.templating.call_notes import CallNotes
from airflow_sqlmodels.templating.entries.view import config_view
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.macro_table import BUILT_IN, MacroTable, macro_table_of
from airflow_sqlmodels.templating.newer_versions import newer_version, newest_versions
from airflow_sqlmodels.templating.places import placed
from airflow_sqlmodels.templating.plainly import plain_text
from airflow_sqlmodels.templating.relation import CTE_PREFIX, TemplateRelation
from airflow_sqlmodels.templating.variables import Var, known_vars
from airflow_sqlmodels.version import VERSION
from airflow_sqlmodels.warehouse.session import Session

if TYPE_CHECKING:
    from airflow_sqlmodels.templating.answers import Jinja
    from airflow_sqlmodels.templating.code import CompiledCode
    from airflow_sqlmodels.templating.graph_view import ProjectEntries
    from airflow_sqlmodels.templating.macros import MacroScope
    from airflow_sqlmodels.templating.results import StatementResult


def _spoken(ref: Ref) -> Ref:
    """The same reference whether its version is written as a number or as a text."""
    return ref if ref.version is None else Ref(ref.name, ref.package, str(ref.version))


@dataclass(frozen=True)
class Answerer:
    """What compiling needs, made once for a run."""

    manifest: Manifest
    dialect: Dialect
    invocation: Invocation
    more_names: Mapping[str, Any] = field(default_factory=dict)
    """Names that only this run's templates have."""
    batch: Batch | None = None
    """The batch of time that a microbatch model is built for."""
    stand_ins: Mapping[MacroId, Any] = field(default_factory=dict)
    """What some macros give instead of being called."""
    earlier: Mapping[NodeId, Relation] = field(default_factory=dict)
    """Where an earlier state has its nodes: `defer_relation`."""
    earlier_entries: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the manifest.json of that state says of them."""
    deferred: frozenset[NodeId] = frozenset()
    """The nodes that `ref` gives from there."""

    graph: dict[str, Any] = field(default_factory=dict)
    """What was made of `graph` so far, by part: one for all nodes of the run, and macros keep things in it."""
    compiled: dict[NodeId, CompiledCode] = field(default_factory=dict)
    """The nodes that were compiled in this run, for `graph` and `model`."""

    @functools.cached_property
    def entries(self) -> ProjectEntries:
        """What templates see of nodes."""
        from airflow_sqlmodels.templating.graph_view import ProjectEntries  # noqa: PLC0415  # few templates look

        keeps = bool(self.invocation.store_failures)
        return ProjectEntries(self.manifest, self.invocation.started_at.timestamp(), self.compiled, keeps)

    @functools.cached_property
    def macros(self) -> MacroTable:
        """All macros."""
        return macro_table_of(self.manifest)

    @functools.cached_property
    def newest_versions(self) -> dict[str, str]:
        """The highest version of each model that has some."""
        return newest_versions(self.manifest)

    @functools.cached_property
    def jinja(self) -> Jinja:
        """What rendering needs."""
        from airflow_sqlmodels.templating.answers import jinja_for  # noqa: PLC0415  # most tasks can do without Jinja

        return jinja_for(self)

    def comments(self, node: AnyNode) -> tuple[str, str]:
        """SQL that tells those who read the server's logs which node a statement belongs to (`query-comment`).

        The first is put in front of it, the second behind it. Raises SqlModelsError for one that would end early.
        """
        said = self.manifest.settings.query_comment
        behind = isinstance(said, Mapping) and bool(said.get("append"))
        if isinstance(said, Mapping):
            said = said.get("comment", True)
        text = self._usual_comment(node) if said is True else self._written_comment(node, said)
        if "*/" in text:
            what = f'the query comment contains illegal value "*/": {text}'
            raise SqlModelsError(what, Location(PROJECT_FILE), "what stands behind it would be SQL: leave it out")
        comment = f"/* {text} */" if text else ""
        return ("", comment and f"\n{comment}") if behind else (comment and f"{comment}\n", "")

    def _usual_comment(self, node: AnyNode) -> str:
        target = self.manifest.settings.target
        known = {"app": "sqlmodels", "sqlmodels_version": VERSION, "profile_name": target.profile_name}
        return json.dumps({**known, "target_name": target.name, "node_id": node.id})

    def _written_comment(self, node: AnyNode, said: object) -> str:
        if not said:
            return ""
        rendering = Rendering(self, node, None)
        if "{" in str(said):
            rendering.give("node", rendering.scope.names["model"])
        return rendering.text(str(said), node.at).strip()

    def relation(self, relation: Relation) -> Relation:
        """The relation with its database filled in: while loading, the connection's may not be known."""
        return relation.within(self.manifest.settings.target.database)


def at_database(manifest: Manifest, database: str | None, variables: Mapping[str, Any]) -> Manifest:
    """The manifest with what only the moment of running tells: the connection's database, rendered variables."""
    old = manifest.settings
    target = structs.replace(old.target, database=old.target.database or database or "")
    settings = structs.replace(old, target=target, vars={**old.vars, **variables})
    return replace(manifest, settings=settings)


def answerer(manifest: Manifest, invocation: Invocation) -> Answerer:
    """The means to compile nodes of a project in one run."""
    return Answerer(manifest, dialect_named(manifest.settings.target.type), invocation)


@dataclass(slots=True)
class Rendering:
    """One node while it is compiled, and what rendering its templates brought up."""

    means: Answerer
    node: AnyNode
    session: Session | None
    free_refs: bool = False
    """Whether refs are looked up by name (run-operation) instead of among those seen while loading."""
    added: dict[str, Any] = field(default_factory=dict)
    """Names that only this rendering has."""
    model: Callable[[], dict[str, Any]] | None = None
    """What gives the entry that templates know as `model`, if it is not that of the node."""
    ephemeral: dict[NodeId, Model] = field(default_factory=dict)
    """The ephemeral models that `ref` gave, in the order in which they were asked for."""
    config: dict[str, Any] = field(init=False)
    results: dict[str, StatementResult] = field(default_factory=dict)
    notes: CallNotes = field(default_factory=CallNotes)
    """The macros that its templates have called themselves so far."""
    _scope: MacroScope | None = None
    _refs: dict[Ref, NodeId] = field(init=False)
    _sources: dict[SourceRef, NodeId] = field(init=False)
    _functions: dict[Ref, NodeId] = field(init=False)

    def __post_init__(self) -> None:
        node = self.node
        self._refs, self._sources, self._functions = {}, {}, {}
        if isinstance(node, Templated):
            self._refs = {_spoken(ref): node_id for ref, node_id in zip(node.refs, node.ref_ids, strict=True)}
            self._sources = dict(zip(node.source_refs, node.source_ids, strict=True))
            self._functions = dict(zip(node.function_refs, node.function_ids, strict=True))
        self.config = {**config_view(node), **(self.means.batch.config if self.means.batch is not None else {})}

    @property
    def scope(self) -> MacroScope:
        """The names of this node."""
        if self._scope is None:
            from airflow_sqlmodels.templating.answers import scope_of  # noqa: PLC0415  # imports Jinja

            self._scope = scope_of(self)
        return self._scope

    def give(self, name: str, value: Any) -> None:
        """Add a name for this rendering alone."""
        self.added[name] = value
        if self._scope is not None:
            self._scope.names[name] = value

    @property
    def called_macros(self) -> tuple[MacroId, ...]:
        """The macros that its templates have called themselves so far."""
        return tuple(self.notes.called)

    @contextlib.contextmanager
    def not_itself(self) -> Iterator[None]:
        """While inside, not the macro that is called counts as called by the node, but those that it calls."""
        self.notes.depth -= 1
        try:
            yield
        finally:
            self.notes.depth += 1

    def forget(self, name: str) -> None:
        """Work out one of the names anew when it is asked for next."""
        if self._scope is not None:
            self._scope.names.pop(name, None)

    def text(self, template: str, at: Location, line: int = 1) -> str:
        """A template of this node, rendered. `line` is where it begins in the file of `at`.

        Raises CompilationError with the place if it cannot be rendered.
        """
        plain = plain_text(self, template, at, line)
        if plain is not None:
            return plain
        # in a comment: tags that swallow the white space in front of them would take plain lines
        above = "{#" + "\n" * (line - 1) + "#}" if line > 1 else ""
        return str(self._render(above + template, at, native=False))

    def value(self, template: str, at: Location) -> Any:
        """A template of this node as a value: one expression keeps its type."""
        return self._render(template, at, native=True)

    def where_subquery(self, tested: Tested, at: Location) -> Any:
        """What `{{ get_where_subquery(ref('model')) }}` gives: what nearly every data test stands on."""
        macro = self.means.macros.visible("get_where_subquery", self.node.package)
        if macro is None or self.means.macros.visible(tested.call, self.node.package) is not None:
            return self.value(tested.template, at)
        try:
            relation = getattr(self, tested.call)(*tested.args)
            # the built-in one has nothing to do then
            if macro.package != BUILT_IN or self.config.get("where"):
                return self.scope.call(macro)(relation)
        except SqlModelsError as error:
            if error.at is not None:
                raise
            raise placed(error, at) from error
        self.notes.called[macro.id] = None
        return relation

    def called(self, macro: Macro, *args: Any, **kwargs: Any) -> Any:
        """What a macro gives, called from Python. Raises CompilationError with the place if it fails."""
        try:
            return self.scope.call(macro)(*args, **kwargs)
        except Exception as error:
            from airflow_sqlmodels.templating.answers import told  # noqa: PLC0415  # imports Jinja

            found = told(error, "", macro.at, macro.at.line)
            if found is error:
                raise
            raise found from error

    def called_by_adapter(self, macro: Macro, *args: Any) -> Any:
        """The same for one that dbt's adapter calls by itself: names in it are looked up in the macro's own package."""
        if macro.package == self.node.package:
            return self.called(macro, *args)
        own = Rendering(self.means, structs.replace(self.node, package=macro.package), self.session)
        return own.called(macro, *args)

    def _render(self, template: str, at: Location, *, native: bool) -> Any:
        from airflow_sqlmodels.templating.answers import rendered  # noqa: PLC0415  # imports Jinja

        jinja = self.means.jinja
        return rendered(self, jinja.native if native else jinja.library.environment, template, at)

    @property
    def var(self) -> Var:
        """What `var` is here."""
        known = known_vars(self.means.manifest.settings, self.node.package)
        return Var(known, lambda text: self.text(text, self.node.at))

    def this(self) -> TemplateRelation | None:
        """The node's own relation."""
        relation = getattr(self.node, "relation", None)
        if isinstance(self.node, Analysis):  # it is never built, and has a name as if it were
            relation = Relation("", self.node.schema, self.node.name)
        return None if relation is None else TemplateRelation(self.means.relation(relation), self.means.dialect)

    def defer_relation(self) -> TemplateRelation | None:
        """Where the earlier state has this node; None if it does not."""
        relation = self.means.earlier.get(self.node.id)
        return None if relation is None else TemplateRelation(self.means.relation(relation), self.means.dialect)

    def ref(self, *args: Any, v: Any = None, version: Any = None) -> TemplateRelation:
        """What `ref` gives. Raises CompilationError if it was not seen while the project was loaded."""
        package, name = package_and_name("ref", "model", args)
        wanted = version if v is None else v
        ref = _spoken(Ref(name, package, wanted))
        node_id = self._refs.get(ref) or self._named_otherwise(ref)
        if node_id is None and self.free_refs:
            node_id = node_named(self.means.manifest, ref)
        if node_id is None:
            raise CompilationError(
                f"ref({name!r}) was not seen while the project was loaded",
                None,
                f"say so where it is always read: -- depends_on: {{{{ ref({name!r}) }}}}",
            )
        found = self.means.manifest[node_id]
        if wanted is None and isinstance(found, Model) and found.version is not None:
            self._tell_newer(found)
        return self.relation_of(found)

    def _named_otherwise(self, ref: Ref) -> NodeId | None:
        """Which of the nodes that were asked for is meant, if now with a package or a version, or without."""
        if not any(each.name == ref.name for each in self._refs):
            return None
        try:
            found = node_named(self.means.manifest, ref)
        except CompilationError:
            return None
        return found if found in self._refs.values() else None

    def _tell_newer(self, model: Model) -> None:
        """Tell of a version above the one that a `ref` without a version gives, if anybody listens."""
        if self.means.invocation.inform is not None:
            newer = newer_version(self.means.newest_versions, model)
            if newer is not None:
                self.means.invocation.inform(self.node, newer)

    def relation_of(self, node: AnyNode) -> TemplateRelation:
        """What `ref` and `source` give for a node."""
        assert isinstance(node, Relational), node.id
        limited, during = "false limit 0" if self.means.invocation.empty else None, self._during(node)
        if isinstance(node, Model) and node.materialized == "ephemeral":
            self.ephemeral.setdefault(node.id, node)
            name = Relation("", "", CTE_PREFIX + node.relation.identifier)
            return TemplateRelation(name, self.means.dialect, "cte", limited, during)
        own = self.means.earlier[node.id] if node.id in self.means.deferred else node.relation
        return TemplateRelation(self.means.relation(own), self.means.dialect, None, limited, during)

    def _during(self, node: Relational) -> str | None:
        """The condition on the time of the rows that are read of a node."""
        sample = self.means.invocation.sample if isinstance(self.node, (Model, Snapshot)) else None
        if self.means.batch is not None:
            sample = self.means.batch.window.within(sample)
        return None if sample is None else sample.condition(node)

    def source(self, *args: Any) -> TemplateRelation:
        """What `source` gives. Raises CompilationError if there is none."""
        source, table = two_names(args)
        node_id = self._sources.get(SourceRef(source, table))
        if node_id is None:  # macros ask for one or another by what they find in the database
            node_id = source_named(self.means.manifest, source, table)
        if node_id is None:
            raise CompilationError(f"no source {source!r} with a table {table!r}")
        return self.relation_of(self.means.manifest[node_id])

    def function(self, *args: Any) -> TemplateRelation:
        """What `function` gives: its name. Raises CompilationError if it was not seen while loading."""
        package, name = package_and_name("function", "function", args)
        node_id = self._functions.get(Ref(name, package))
        if node_id is None and self.free_refs:
            node_id = function_named(self.means.manifest, name, package)
        if node_id is None:
            raise CompilationError(
                f"function({name!r}) was not seen while the project was loaded",
                None,
                f"say so where it is always read: -- depends_on: {{{{ function({name!r}) }}}}",
            )
        node = self.means.manifest[node_id]
        assert isinstance(node, Function), node_id
        own = self.means.earlier[node_id] if node_id in self.means.deferred else node.relation
        return TemplateRelation(self.means.relation(own), self.means.dialect, "function")
