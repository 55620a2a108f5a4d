"""The first phase: a template is read to learn what it asks for. `execute` is false, no warehouse is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jinja2
from jinja2.defaults import DEFAULT_NAMESPACE
from msgspec import Struct, structs

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import CompilationError, Location, SqlModelsError, line_location
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.manifest import Settings
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.templating.arguments import NAME as ARGUMENTS
from airflow_sqlmodels.templating.arguments import Tested, argument_values, generic_test_call
from airflow_sqlmodels.templating.call_graph import CallGraph
from airflow_sqlmodels.templating.call_notes import CallNotes
from airflow_sqlmodels.templating.column import TemplateColumn
from airflow_sqlmodels.templating.doomed import Doubts
from airflow_sqlmodels.templating.environment import SCOPE, Environment, NativeEnvironment
from airflow_sqlmodels.templating.macro_trail import macro_trail
from airflow_sqlmodels.templating.macros import (
    OUTSIDE,
    ContextView,
    MacroLibrary,
    MacroScope,
    Return,
)
from airflow_sqlmodels.templating.metric_names import NamedMetric
from airflow_sqlmodels.templating.places import place_of_error, placed
from airflow_sqlmodels.templating.reading_adapter import ReadingAdapter
from airflow_sqlmodels.templating.recorder import Asked, Recorder
from airflow_sqlmodels.templating.refusals import Refusals
from airflow_sqlmodels.templating.relation import RelationApi, TemplateRelation
from airflow_sqlmodels.templating.static import Call, called_names
from airflow_sqlmodels.templating.unrendered import asked_by, is_plain, rendered_alone, unclear
from airflow_sqlmodels.templating.variables import Var


class Readers(Struct, frozen=True):
    """What reading needs, made once for a project."""

    graph: CallGraph
    environment: Environment
    """The silent one: as in dbt, a node's own text may ask anything of an unknown name."""
    library: MacroLibrary
    """Macros in the silent environment."""
    strict: MacroLibrary
    """Macros in the environment in which nothing may be asked of an unknown name."""
    doubts: Doubts
    shared: Mapping[str, Any]
    dialect: Dialect
    settings: Settings
    vars: Mapping[str, Mapping[str, Any]]
    """By package: all its variables."""
    templated: Mapping[str, frozenset[str]]
    """By package: those of its variables that are templates themselves."""


class Holder(Struct, frozen=True):
    """The node that a template is of, as far as it is known before the template is read."""

    path: str
    package: str
    relation: Relation
    """Where it would lie if nothing were configured."""
    facts: Callable[[], Mapping[str, Any]] = dict
    """What `model` says of it. Asked only where the template must be rendered, as few look at it."""
    of_generic_test: bool = False


def read_template(text: str, holder: Holder, readers: Readers) -> Asked:
    """What the template `text` asks for. Raises CompilationError with the place if it cannot be rendered."""
    package = holder.package
    calls = readers.graph.reader.calls(text)
    if calls is None:
        return _render(text, holder, readers, ())
    macros = readers.graph.direct(called_names(calls), package)
    doubt = readers.doubts.of_calls(calls, package)
    if doubt.names:
        _refuse_unknown(text, holder, readers, doubt.names)
    if not doubt.refuses and is_plain(calls, package, readers.graph):
        rendered = _render_parts(calls, text, holder, readers)
        if rendered is not None:
            return asked_by(calls, rendered, macros, text, holder.path, readers.vars.get(package, {}))
    return _render(text, holder, readers, macros)


def read_test(macro_name: str, kwargs: Mapping[str, Any], holder: Holder, readers: Readers, *, raw_code: str) -> Asked:
    """What a generic test asks for by its macro, called with these arguments, and by templates among them.

    `raw_code` is what the node says that its text is. Raises CompilationError with the place if it cannot be rendered.
    """
    text = generic_test_call(macro_name)
    calls = readers.graph.reader.calls(text) or []
    doubt = readers.doubts.of_calls(calls, holder.package)
    if doubt.names:
        _refuse_unknown(text, holder, readers, doubt.names, kwargs)
    return _render(text, holder, readers, (), whole=raw_code, kwargs=kwargs)


def _render_parts(calls: list[Call], text: str, holder: Holder, readers: Readers) -> dict[int, Asked] | None:
    graph = readers.graph
    only = unclear(calls, holder.package, graph, readers.templated.get(holder.package, frozenset()))
    if not only:
        return {}
    if any(not call.certain and graph.macro_of(call.name, holder.package) for call in calls):
        return None  # rendering all of it tells whether that macro is called
    return rendered_alone(only, text, lambda part: _render(part, holder, readers, (), whole=text))


def _refuse_unknown(
    text: str, holder: Holder, readers: Readers, names: frozenset[str], kwargs: Mapping[str, Any] | None = None
) -> None:
    """Render it with strict macros. Raises CompilationError if one asks something of one of these names."""
    # what it tells is told when it is read as all are
    quiet = {"log": _nothing, "print": _nothing, "exceptions": Refusals(lambda _warned: None)}
    try:
        strictly = structs.replace(readers, library=readers.strict, shared={**readers.shared, **quiet})
        _render(text, holder, strictly, (), kwargs=kwargs)
    except CompilationError as error:
        if any(f"{name!r} is undefined" in error.what for name in names):
            raise
    except SqlModelsError:
        pass  # it is said when the template is read as all are


def doubts_of(graph: CallGraph, shared: Mapping[str, Any], dialect: Dialect) -> Doubts:
    """Doubts about templates that see these names while they are read."""
    here = TemplateRelation(Relation("", "", ""), dialect)
    own = reading_names(Recorder(), here, Var({}, str))
    return Doubts(graph, frozenset((*shared, *own, "adapter", "builtins", "render", *DEFAULT_NAMESPACE)))


def _render(
    text: str,
    holder: Holder,
    readers: Readers,
    macros: tuple[MacroId, ...],
    *,
    whole: str | None = None,
    kwargs: Mapping[str, Any] | None = None,
) -> Asked:
    recorder, path, package = Recorder(), holder.path, holder.package
    here = TemplateRelation(holder.relation, readers.dialect)

    def inner(said: Any) -> str:
        # as in dbt, only the file itself may ask something of an unknown name: what is rendered within it may not
        return readers.strict.environment.from_string(str(said)).render({SCOPE: scope})

    var = Var(readers.vars.get(package, {}), inner, False)
    names = {**readers.shared, **reading_names(recorder, here, var), "render": inner}
    names["model"] = {**names["model"], "raw_code": (whole or text).strip(), **holder.facts()}
    scope = MacroScope(readers.library, names, package)
    scope.notes = notes = CallNotes()
    scope.everywhere = holder.of_generic_test
    names["adapter"] = ReadingAdapter(scope, readers.settings)
    names["builtins"] = dict(names)
    names["context"] = ContextView(scope)
    try:
        if kwargs is not None:
            names[ARGUMENTS] = _values(kwargs, scope)
        template = readers.environment.of_node(text)
        template.filename = path
        template.render({SCOPE: scope})
    except jinja2.TemplateSyntaxError as error:
        raise CompilationError(str(error.message), line_location(text, error.lineno, path)) from error
    except SqlModelsError as error:
        if error.at is not None:
            raise
        raise placed(error, place_of_error(error, text, Location(path)), macro_trail(error)) from error
    except Return as error:
        raise CompilationError(OUTSIDE, place_of_error(error, text, Location(path))) from error
    except (jinja2.TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
        place = place_of_error(error, text, Location(path))
        raise CompilationError(f"{error}{macro_trail(error)}", place) from error
    return recorder.asked(macros, called=tuple(notes.called))


def _values(kwargs: Mapping[str, Any], scope: MacroScope) -> dict[str, Any]:
    def relation(tested: Tested) -> Any:
        where, call = scope.find("get_where_subquery"), scope.find(tested.call)
        return where(call(*tested.args))

    def value(template: str) -> Any:
        return _NATIVE.from_string(template).render({SCOPE: scope})

    return argument_values(kwargs, relation, value)


_NATIVE = NativeEnvironment(silent=True)


def reading_names(recorder: Recorder, here: TemplateRelation, var: Var) -> dict[str, Any]:
    """The names that mean something else while loading than while compiling."""

    def ref(*args: Any, **kwargs: Any) -> TemplateRelation:
        recorder.ref(*args, **kwargs)
        return here

    def source(*args: Any, **kwargs: Any) -> TemplateRelation:
        recorder.source(*args, **kwargs)
        return here

    def function(*args: Any, **kwargs: Any) -> TemplateRelation:
        recorder.function(*args, **kwargs)
        return here

    def metric(*args: Any, **kwargs: Any) -> NamedMetric:
        return NamedMetric(recorder.metric(*args, **kwargs))

    config = ReadingConfig(recorder)
    names: dict[str, Any] = {
        "execute": False,
        "ref": ref,
        "source": source,
        "function": function,
        "metric": metric,
        "config": config,
        "var": var,
        "this": here,
        "schema": here.schema,
        "database": here.database,
        "is_incremental": _false,
        "load_result": _none,
        "store_result": _nothing,
        "store_raw_result": _nothing,
        "write": _nothing,
        "load_agate_table": _none,
        "model": {"config": {}, "columns": {}, "unique_id": "", "name": here.identifier},
        "graph": {},
        "api": {"Relation": RelationApi(here.dialect), "Column": TemplateColumn},
        "pre_hooks": [],
        "post_hooks": [],
        "sql": None,
        "compiled_code": "",
        "defer_relation": None,
    }
    return names


class ReadingConfig:
    """`config` while loading: notes what is set, knows nothing yet."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __call__(self, *args: Any, **kwargs: Any) -> str:
        self._recorder.config(*args, **kwargs)
        return ""

    def set(self, name: str, value: Any) -> str:
        """Set one value."""
        return self(**{name: value})

    def get(self, name: str, default: Any = None, validator: Any = None) -> str:  # noqa: ARG002
        """Nothing is known yet."""
        return ""

    require = meta_get = meta_require = get

    def persist_relation_docs(self) -> bool:
        """Nothing is known yet."""
        return False

    persist_column_docs = persist_relation_docs


def _nothing(*_args: Any, **_kwargs: Any) -> str:
    return ""


def _none(*_args: Any, **_kwargs: Any) -> None:
    return None


def _false() -> bool:
    return False
