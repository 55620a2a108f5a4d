"""What templates see while they are compiled, and rendering them with Jinja."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import jinja2
from jinja2.runtime import missing  # type: ignore[attr-defined]  # not listed in __all__
from msgspec import Struct, field

from airflow_sqlmodels.errors import CompilationError, Location, SqlModelsError, line_location
from airflow_sqlmodels.manifest.nodes import DataTest, Function, Operation, resource_type
from airflow_sqlmodels.templating.adapter import Adapter
from airflow_sqlmodels.templating.batches import Batch
from airflow_sqlmodels.templating.by_name import metric_named
from airflow_sqlmodels.templating.column import TemplateColumn
from airflow_sqlmodels.templating.entries.shape import WHEN_SET, config_keys, plain
from airflow_sqlmodels.templating.environment import SCOPE, Environment, NativeEnvironment
from airflow_sqlmodels.templating.graph_view import GraphView
from airflow_sqlmodels.templating.macro_trail import macro_trail
from airflow_sqlmodels.templating.macros import OUTSIDE, ContextView, MacroLibrary, MacroScope, Return
from airflow_sqlmodels.templating.metric_names import metric_asked
from airflow_sqlmodels.templating.names import shared_names
from airflow_sqlmodels.templating.places import place_of_error, placed
from airflow_sqlmodels.templating.relation import RelationApi
from airflow_sqlmodels.templating.results import Response, StatementResult
from airflow_sqlmodels.templating.runtime_config import Asking
from airflow_sqlmodels.templating.validation import Validator, validated

if TYPE_CHECKING:
    from airflow_sqlmodels.templating.answering import Answerer, Rendering
    from airflow_sqlmodels.templating.metric_view import MetricView


class Jinja(Struct, frozen=True):
    """What rendering needs, made once for a run."""

    library: MacroLibrary
    shared: Mapping[str, Any]
    native: NativeEnvironment = field(default_factory=NativeEnvironment)


def jinja_for(means: Answerer) -> Jinja:
    """The means to render templates of a project in one run."""
    shared = {**shared_names(means.manifest.settings, means.invocation), **means.more_names}
    return Jinja(MacroLibrary(means.macros, Environment()), shared)


def scope_of(rendering: Rendering) -> MacroScope:
    """The names of one node."""
    means = rendering.means
    names = _Names({**means.jinja.shared, **_own_names(rendering), **rendering.added})
    names.later["model"] = rendering.model or (lambda: _model(rendering))
    scope = MacroScope(means.jinja.library, names, rendering.node.package, means.stand_ins)
    scope.notes = rendering.notes
    scope.everywhere = isinstance(rendering.node, DataTest) and rendering.node.generic is not None
    names["adapter"] = Adapter(scope, means.dialect, rendering.session, means.manifest.settings, means.invocation)
    names["builtins"] = _apart(names)
    names["context"] = ContextView(scope)
    return scope


def rendered(rendering: Rendering, environment: Environment, template: str, at: Location) -> Any:
    """What a template gives. Raises CompilationError with the place if it cannot be rendered."""
    try:
        compiled = environment.of_node(template)
        compiled.filename = at.path
        return compiled.render({SCOPE: rendering.scope})
    except jinja2.TemplateSyntaxError as error:
        raise CompilationError(str(error.message), line_location(template, error.lineno, at.path)) from error
    except Return as error:
        raise CompilationError(OUTSIDE, place_of_error(error, template, at)) from error
    except Exception as error:
        found = told(error, template, at)
        if found is error:
            raise
        raise found from error


_OF_TEMPLATES = (
    *(jinja2.TemplateError, TypeError, ValueError, LookupError, AttributeError),
    *(ArithmeticError, RecursionError, re.error),
)
"""What whoever writes a template can bring about; all else is a bug of ours."""


def told(error: Exception, template: str, at: Location, line: int = 0) -> Exception:
    """What came up while a template was rendered, with its place: `line`, if that is known; what is a bug as it is."""
    if isinstance(error, SqlModelsError):
        if error.at is not None:
            return error
        return placed(error, place_of_error(error, template, at, line), macro_trail(error))
    if not isinstance(error, _OF_TEMPLATES):
        return error
    what = f"{type(error).__name__}: {error}" if not isinstance(error, jinja2.TemplateError) else str(error)
    place = place_of_error(error, template, at, line)
    return CompilationError(what + macro_trail(error), place, _undefined_hint(error))


def _model(rendering: Rendering) -> dict[str, Any]:
    means = rendering.means
    entry: dict[str, Any] = means.entries.apart(rendering.node)
    if "compiled_code" in entry and means.batch is None:
        entry["compiled_sql"] = entry["compiled_code"]  # its name in older macros
    if means.batch is not None:
        entry["batch"] = _batch_view(means.batch)
        entry["config"].update(means.batch.config)
    said = means.earlier_entries.get(rendering.node.id)
    if said is not None and rendering.node.id in means.earlier and not isinstance(rendering.node, Function):
        entry["defer_relation"] = plain({key: said.get(key) for key in _OF_DEFERRED})
    return entry


_OF_DEFERRED = (
    *("database", "schema", "alias", "relation_name", "resource_type", "name"),
    *("description", "compiled_code", "meta", "tags", "config"),
)
"""What `model.defer_relation` tells of the node in the earlier state."""


def _batch_view(batch: Batch) -> dict[str, Any]:
    return {"id": batch.id, "event_time_start": batch.window.start, "event_time_end": batch.window.end}


class _Names(dict[str, Any]):
    """Names, some of which are worked out when they are asked for."""

    def __init__(self, names: Mapping[str, Any]) -> None:
        super().__init__(names)
        self.later: dict[str, Callable[[], Any]] = {}

    def __contains__(self, name: object) -> bool:
        return dict.__contains__(self, name) or name in self.later

    def __iter__(self) -> Iterator[str]:
        return iter([*dict.__iter__(self), *(name for name in self.later if not dict.__contains__(self, name))])

    def __missing__(self, name: str) -> Any:
        self[name] = self.later[name]()
        return self[name]


def _apart(names: _Names) -> _Names:
    """`builtins`: all names but macros, as they are before a macro of the project takes the place of one."""
    found = _Names(names)
    found.later.update(names.later)
    return found


def _own_names(rendering: Rendering) -> dict[str, Any]:
    means, node, this = rendering.means, rendering.node, rendering.this()
    settings = means.manifest.settings
    names: dict[str, Any] = {
        "execute": True,
        "ref": Asking(rendering.ref, settings, means.invocation),
        "source": Asking(rendering.source, settings, means.invocation),
        "function": rendering.function,
        "config": AnsweringConfig(resource_type(node), rendering.config),
        "var": rendering.var,
        "this": this,
        "schema": settings.target.schema if this is None else this.schema,
        "database": settings.target.database if this is None else this.database,
        "load_result": _LoadResult(rendering.results),
        "store_result": _StoreResult(rendering.results),
        "store_raw_result": _StoreRawResult(rendering.results),
        "render": lambda text: rendering.text(str(text), node.at),
        "write": lambda *_args: "",
        "api": {"Relation": RelationApi(means.dialect, settings.quoting), "Column": TemplateColumn},
        "pre_hooks": node.config.get("pre_hook") or [],
        "post_hooks": node.config.get("post_hook") or [],
        "sql": None,
        "compiled_code": None,
        "graph": GraphView(means.entries, means.graph),
        "metric": _Metrics(rendering),
        "defer_relation": rendering.defer_relation(),
    }
    if isinstance(node, Operation) and node.when == "run-operation":  # as in dbt a macro called by itself lacks them
        del names["this"], names["compiled_code"]
    return names


class _LoadResult(Struct, frozen=True):
    """`load_result`: what a statement gave. As in dbt but one of them may be asked for once: they can be large."""

    results: dict[str, StatementResult]
    loaded: dict[str, StatementResult] = field(default_factory=dict)

    def __call__(self, name: str) -> StatementResult | None:
        found = self.results.get(name)
        if found is None or name == "main":
            return found
        if self.loaded.get(name) is found:
            hint = "set a variable to it once, and use that"
            what = f"The 'statement' result named {name!r} has already been loaded into a variable"
            raise CompilationError(what, None, hint)
        self.loaded[name] = found
        return found


class _StoreResult(Struct, frozen=True):
    """`store_result`: keeps what a statement gave, for `load_result`."""

    results: dict[str, StatementResult]

    def __call__(self, name: str, response: Any, agate_table: Any = None) -> str:
        rows = [] if agate_table is None else [tuple(row) for row in agate_table.rows]
        self.results[name] = StatementResult(response, rows, agate_table)
        return ""


class _StoreRawResult(Struct, frozen=True):
    """`store_raw_result`: the same, from its parts."""

    results: dict[str, StatementResult]

    def __call__(
        self, name: str, message: Any = None, code: Any = None, rows_affected: Any = None, agate_table: Any = None
    ) -> str:
        response = Response(str(message), -1 if rows_affected is None else int(rows_affected), str(code or ""))
        return _StoreResult(self.results)(name, response, agate_table)


class _Metrics(Struct, frozen=True):
    """`metric`: what the project says of one."""

    rendering: Rendering

    def __call__(self, *args: Any) -> MetricView:
        from airflow_sqlmodels.templating.metric_view import MetricView  # noqa: PLC0415  # few templates ask

        means = self.rendering.means
        metric = metric_named(means.manifest, metric_asked(*args), self.rendering.node.package)
        return MetricView(metric, means.manifest, means.entries.of(metric))


class AnsweringConfig:
    """`config` while compiling."""

    def __init__(self, kind: str, values: dict[str, Any]) -> None:
        self._usual, self._values = config_keys(kind), values

    def __call__(self, *_args: Any, **_kwargs: Any) -> str:
        return ""

    def get(self, name: str, default: Any = None, validator: Validator | None = None) -> Any:
        """The value of a config; `default` if there is none of that name.

        As in dbt what a config of the node's kind always has is there: null, if nobody said anything. A value is
        validated only if there is a default.
        """
        found = self._found(name, default)
        return found if default is None else validated(found, validator)

    def require(self, name: str, validator: Validator | None = None) -> Any:
        """The value of a config. Raises CompilationError if there is none of that name."""
        found = self._found(name, missing)
        if found is missing:
            raise CompilationError(f"the config {name!r} is needed here, and not set")
        return validated(found, validator)

    def _found(self, name: str, default: Any) -> Any:
        if name in _SPELLED.values():  # here hooks are known by their other name alone
            return default
        key = _SPELLED.get(name, name)
        found = self._values.get(key, self._usual.get(key, default))
        return default if found is None and key in WHEN_SET else found

    def set(self, name: str, value: Any) -> str:  # noqa: ARG002
        """What a node's config is was settled while the project was loaded: as in dbt, nothing changes."""
        return ""

    def meta_get(self, name: str, default: Any = None, validator: Validator | None = None) -> Any:
        """A value under `meta`."""
        found = (self._values.get("meta") or {}).get(name, default)
        return found if default is None else validated(found, validator)

    def meta_require(self, name: str, validator: Validator | None = None) -> Any:
        """A value under `meta`. Raises CompilationError if it is not set."""
        if name not in (self._values.get("meta") or {}):
            raise CompilationError(f"the config meta.{name} is needed here, and not set")
        return validated(self._values["meta"][name], validator)

    def persist_relation_docs(self) -> bool:
        """Whether the description becomes the relation's comment."""
        return bool((self._values.get("persist_docs") or {}).get("relation"))

    def persist_column_docs(self) -> bool:
        """Whether the columns' descriptions become comments."""
        return bool((self._values.get("persist_docs") or {}).get("columns"))


_SPELLED = {"pre_hook": "pre-hook", "post_hook": "post-hook"}


def _undefined_hint(error: BaseException) -> str:
    if not isinstance(error, jinja2.UndefinedError):
        return ""
    if " has no attribute " in str(error) or " has no element " in str(error):
        return "what stands in front of it is none: was it given a value?" if str(error).startswith("'None'") else ""
    return "no macro or variable of that name: check the spelling, or that its package is installed"
