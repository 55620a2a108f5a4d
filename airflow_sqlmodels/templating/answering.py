"""The second phase: a node is compiled. `ref` and `source` answer, `execute` is true, the warehouse can be asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import jinja2
from jinja2.runtime import missing  # type: ignore[attr-defined]  # not listed in __all__
from msgspec import structs

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.errors import CompilationError, Location, SqlModelsError, line_location
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import (
    AnyNode,
    Model,
    NodeId,
    Ref,
    Relational,
    Source,
    SourceRef,
    Templated,
)
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.templating.adapter import Adapter
from airflow_sqlmodels.templating.environment import SCOPE, Environment, NativeEnvironment
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.macros import MacroLibrary, MacroScope, MacroTable
from airflow_sqlmodels.templating.names import shared_names
from airflow_sqlmodels.templating.node_view import config_view, node_view
from airflow_sqlmodels.templating.places import place_of_error, placed
from airflow_sqlmodels.templating.relation import CTE_PREFIX, RelationApi, TemplateColumn, TemplateRelation
from airflow_sqlmodels.templating.results import Response, StatementResult, table_of
from airflow_sqlmodels.templating.variables import Var, known_vars
from airflow_sqlmodels.warehouse.session import Rows, Session


@dataclass(frozen=True, slots=True)
class Answerer:
    """What compiling needs, made once for a run."""

    manifest: Manifest
    dialect: Dialect
    invocation: Invocation
    library: MacroLibrary
    shared: Mapping[str, Any]
    native: NativeEnvironment = field(default_factory=NativeEnvironment)

    def relation(self, relation: Relation) -> Relation:
        """The relation with its database filled in: while loading, the connection's may not be known."""
        return relation if relation.database else replace(relation, database=self.manifest.settings.target.database)


def at_database(manifest: Manifest, database: str | None, variables: Mapping[str, Any]) -> Manifest:
    """The manifest with what only the moment of running tells: the connection's database, rendered variables."""
    old = manifest.settings
    target = structs.replace(old.target, database=old.target.database or database or "")
    settings = structs.replace(old, target=target, vars={**old.vars, **variables})
    return replace(manifest, settings=settings)


def answerer(manifest: Manifest, invocation: Invocation) -> Answerer:
    """The means to compile nodes of a project in one run."""
    settings = manifest.settings
    dialect = dialect_named(settings.target.type)
    prefixes = (f"{settings.target.type}__", "default__")
    table = MacroTable(manifest.macros, settings.name, frozenset(settings.packages), settings.dispatch, prefixes)
    library = MacroLibrary(table, Environment())
    return Answerer(manifest, dialect, invocation, library, shared_names(settings, invocation))


@dataclass(slots=True)
class Rendering:
    """The names of one node while it is compiled, and what rendering it brought up."""

    means: Answerer
    node: AnyNode
    session: Session | None
    free_refs: bool = False
    """Whether refs are looked up by name (run-operation) instead of among those seen while loading."""
    ephemeral: dict[NodeId, Model] = field(default_factory=dict)
    """The ephemeral models that `ref` gave, in the order in which they were asked for."""
    config: dict[str, Any] = field(init=False)
    results: dict[str, StatementResult] = field(default_factory=dict)
    scope: MacroScope = field(init=False)
    _refs: dict[Ref, NodeId] = field(init=False)
    _sources: dict[SourceRef, NodeId] = field(init=False)

    def __post_init__(self) -> None:
        node = self.node
        self._refs, self._sources = {}, {}
        if isinstance(node, Templated):
            self._refs = dict(zip(node.refs, node.ref_ids, strict=True))
            self._sources = dict(zip(node.source_refs, node.source_ids, strict=True))
        self.config = dict(config_view(node))
        names: dict[str, Any] = {**self.means.shared, **self._own_names()}
        self.scope = MacroScope(self.means.library, names, node.package)
        names["adapter"] = Adapter(self.scope, self.means.dialect, self.session)
        names["context"] = ContextView(self.scope)

    def text(self, template: str, at: Location, line: int = 1) -> str:
        """A template of this node, rendered. `line` is where it begins in the file of `at`.

        Raises CompilationError with the place if it cannot be rendered.
        """
        above = "\n" * (line - 1)
        return str(self._render(self.means.library.environment, above + template, at))[len(above) :]

    def value(self, template: str, at: Location) -> Any:
        """A template of this node as a value: one expression keeps its type."""
        return self._render(self.means.native, template, at)

    def called(self, macro: str, model: str, at: Location) -> Any:
        """What `{{ macro(ref('model')) }}` gives, without a template around it."""
        found = self.scope.find(macro)
        if found is missing:
            return self.value(f"{{{{ {macro}(ref({model!r})) }}}}", at)
        try:
            return found(self._ref(model))
        except SqlModelsError as error:
            if error.at is not None:
                raise
            raise placed(error, at) from error

    def _render(self, environment: jinja2.Environment, template: str, at: Location) -> Any:
        try:
            compiled = environment.from_string(template)
            compiled.filename = at.path
            return compiled.render({SCOPE: self.scope})
        except jinja2.TemplateSyntaxError as error:
            raise CompilationError(str(error.message), line_location(template, error.lineno, at.path)) from error
        except SqlModelsError as error:
            if error.at is not None:
                raise
            place = place_of_error(error, template, at)
            raise placed(error, place) from error
        except (jinja2.TemplateError, TypeError, ValueError, KeyError, AttributeError, IndexError) as error:
            what = f"{type(error).__name__}: {error}" if not isinstance(error, jinja2.TemplateError) else str(error)
            raise CompilationError(what, place_of_error(error, template, at), _undefined_hint(error)) from error

    def this(self) -> TemplateRelation | None:
        """The node's own relation."""
        relation = getattr(self.node, "relation", None)
        return None if relation is None else TemplateRelation(self.means.relation(relation), self.means.dialect)

    def _own_names(self) -> dict[str, Any]:
        settings = self.means.manifest.settings
        this = self.this()
        variables = known_vars(settings, self.node.package)
        names: dict[str, Any] = {
            "execute": True,
            "ref": self._ref,
            "source": self._source,
            "config": AnsweringConfig(self.config),
            "var": Var(variables, lambda text: self.text(text, self.node.at)),
            "this": this,
            "schema": settings.target.schema if this is None else this.schema,
            "database": settings.target.database if this is None else this.database,
            "model": node_view(self.node, self.means.dialect),
            "load_result": self.results.get,
            "store_result": self._store_result,
            "store_raw_result": self._store_raw_result,
            "render": lambda text: self.text(str(text), self.node.at),
            "write": lambda *_args: "",
            "api": {"Relation": RelationApi(self.means.dialect), "Column": TemplateColumn},
            "pre_hooks": self.node.config.get("pre_hook") or [],
            "post_hooks": self.node.config.get("post_hook") or [],
            "graph": GraphView(self.means),
            "metric": _refuse_metric,
            "defer_relation": None,
        }
        names["builtins"] = {key: names[key] for key in ("ref", "source", "config", "var")}
        return names

    def _ref(self, *args: str, v: Any = None, version: Any = None) -> TemplateRelation:
        package, name = (None, args[0]) if len(args) == 1 else args
        wanted = version if v is None else v
        ref = Ref(name, package, None if wanted is None else str(wanted))
        node_id = self._refs.get(ref)
        if node_id is None and self.free_refs:
            node_id = _by_name(self.means.manifest, ref)
        if node_id is None:
            raise CompilationError(
                f"ref({name!r}) was not seen while the project was loaded",
                None,
                f"say so where it is always read: -- depends_on: {{{{ ref({name!r}) }}}}",
            )
        return self._relation_of(self.means.manifest[node_id])

    def _relation_of(self, node: AnyNode) -> TemplateRelation:
        assert isinstance(node, Relational), node.id
        if isinstance(node, Model) and node.materialized == "ephemeral":
            self.ephemeral.setdefault(node.id, node)
            name = Relation("", "", CTE_PREFIX + node.relation.identifier)
            return TemplateRelation(name, self.means.dialect, "cte")
        limited = "false limit 0" if self.means.invocation.empty else None
        return TemplateRelation(self.means.relation(node.relation), self.means.dialect, _kind(node), limited)

    def _source(self, source: str, table: str) -> TemplateRelation:
        node_id = self._sources.get(SourceRef(source, table))
        if node_id is None:  # macros ask for one or another by what they find in the database
            node_id = _source_by_name(self.means.manifest, source, table)
        if node_id is None:
            raise CompilationError(f"no source {source!r} with a table {table!r}")
        return self._relation_of(self.means.manifest[node_id])

    def _store_result(self, name: str, response: Any, agate_table: Any = None) -> str:
        rows = [] if agate_table is None else [tuple(row) for row in agate_table.rows]
        self.results[name] = StatementResult(response, rows, agate_table)
        return ""

    def _store_raw_result(
        self, name: str, message: Any = None, code: Any = None, rows_affected: Any = None, agate_table: Any = None
    ) -> str:
        response = Response(str(message), -1 if rows_affected is None else int(rows_affected), str(code or ""))
        return self._store_result(name, response, agate_table)


class AnsweringConfig:
    """`config` while compiling."""

    def __init__(self, values: dict[str, Any]) -> None:
        self._values = values

    def __call__(self, *_args: Any, **_kwargs: Any) -> str:
        return ""

    def get(self, name: str, default: Any = None, validator: Callable[[Any], Any] | None = None) -> Any:
        """The value of a config; `default` if it is not set."""
        value = self._values.get(_SPELLED.get(name, name))
        found = default if value is None else value
        if validator is not None:
            validator(found)
        return found

    def require(self, name: str, validator: Callable[[Any], Any] | None = None) -> Any:
        """The value of a config. Raises CompilationError if it is not set."""
        if self._values.get(_SPELLED.get(name, name)) is None:
            raise CompilationError(f"the config {name!r} is needed here, and not set")
        return self.get(name, None, validator)

    def set(self, name: str, value: Any) -> str:
        """Set it for the rest of this node."""
        self._values[name] = value
        return ""

    def meta_get(self, name: str, default: Any = None, validator: Any = None) -> Any:  # noqa: ARG002
        """A value under `meta`."""
        return (self._values.get("meta") or {}).get(name, default)

    def meta_require(self, name: str, validator: Any = None) -> Any:  # noqa: ARG002
        """A value under `meta`. Raises CompilationError if it is not set."""
        if name not in (self._values.get("meta") or {}):
            raise CompilationError(f"the config meta.{name} is needed here, and not set")
        return self._values["meta"][name]

    def persist_relation_docs(self) -> bool:
        """Whether the description becomes the relation's comment."""
        return bool((self._values.get("persist_docs") or {}).get("relation"))

    def persist_column_docs(self) -> bool:
        """Whether the columns' descriptions become comments."""
        return bool((self._values.get("persist_docs") or {}).get("columns"))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._values:
            raise AttributeError(name)
        return self._values[name]

    def __getitem__(self, name: str) -> Any:
        return self._values[name]


class ContextView:
    """`context`: every name by its text."""

    def __init__(self, scope: MacroScope) -> None:
        self._scope = scope

    def __getitem__(self, name: str) -> Any:
        found = self._scope.find(name)
        if found is missing:
            raise KeyError(name)
        return found

    def __contains__(self, name: str) -> bool:
        return self._scope.find(name) is not missing

    def get(self, name: str, default: Any = None) -> Any:
        """The value of a name, or `default`."""
        found = self._scope.find(name)
        return default if found is missing else found


class GraphView:
    """`graph`: the whole project as plain data. It is made when a part of it is asked for."""

    _PARTS: Mapping[str, tuple[str, ...]] = {
        "nodes": ("model", "seed", "snapshot", "test", "analysis"),
        "sources": ("source",),
        "exposures": ("exposure",),
        "unit_tests": ("unit_test",),
    }

    def __init__(self, means: Answerer) -> None:
        self._means = means

    def __getitem__(self, part: str) -> Any:
        if part == "groups":
            return dict(self._means.manifest.groups)
        kinds = self._PARTS.get(part)
        if kinds is None:
            return {}
        manifest = self._means.manifest
        wanted = (node for node_id, node in manifest.items() if node_id.partition(".")[0] in kinds)
        return {node.id: node_view(node, self._means.dialect) for node in wanted}

    def __getattr__(self, part: str) -> Any:
        if part.startswith("_"):
            raise AttributeError(part)
        return self[part]

    def get(self, part: str, default: Any = None) -> Any:
        """A part of the graph, or `default`."""
        return self[part] or default


_SPELLED = {"pre_hook": "pre-hook", "post_hook": "post-hook"}


def result_of(rows: Rows) -> StatementResult:
    """What `load_result` gives for these rows."""
    return StatementResult(Response(rows.status, len(rows.rows)), rows.rows, table_of(rows))


def _kind(node: Relational) -> str | None:
    if isinstance(node, Source):
        return "external" if node.config.get("external") else None
    if isinstance(node, Model):
        return {"view": "view", "materialized_view": "materialized_view"}.get(node.materialized, "table")
    return "table"


def _by_name(manifest: Manifest, ref: Ref) -> NodeId | None:
    packages = (ref.package,) if ref.package else (manifest.settings.name, *manifest.settings.packages)
    for package in packages:
        for kind in ("model", "seed", "snapshot"):
            node_id = NodeId(f"{kind}.{package}.{ref.name}")
            if node_id in manifest:
                return node_id
    return None


def _source_by_name(manifest: Manifest, source: str, table: str) -> NodeId | None:
    for package in manifest.settings.packages:
        node_id = NodeId(f"source.{package}.{source}.{table}")
        if node_id in manifest:
            return node_id
    return None


def _refuse_metric(*_args: Any, **_kwargs: Any) -> Any:
    raise CompilationError("metric() belongs to dbt's semantic layer, which has no counterpart in a warehouse")


def _undefined_hint(error: BaseException) -> str:
    if isinstance(error, jinja2.UndefinedError):
        return "no macro or variable of that name: check the spelling, or that its package is installed"
    return ""
