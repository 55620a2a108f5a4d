"""The first phase: a template is read to learn what it asks for. `execute` is false, no warehouse is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jinja2
from jinja2.defaults import DEFAULT_NAMESPACE
from msgspec import Struct, field, structs

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import CompilationError, Location, SqlModelsError, line_location
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.nodes import Ref, SourceRef
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.templating.asked_names import package_and_name, two_names
from airflow_sqlmodels.templating.call_graph import CallGraph
from airflow_sqlmodels.templating.call_names import CAPTURED
from airflow_sqlmodels.templating.call_notes import CallNotes
from airflow_sqlmodels.templating.column import TemplateColumn
from airflow_sqlmodels.templating.doomed import Doubts
from airflow_sqlmodels.templating.environment import SCOPE
from airflow_sqlmodels.templating.macro_table import BUILT_IN
from airflow_sqlmodels.templating.macro_trail import macro_trail
from airflow_sqlmodels.templating.macros import (
    OUTSIDE,
    ContextView,
    MacroLibrary,
    MacroScope,
    Return,
)
from airflow_sqlmodels.templating.metric_names import NamedMetric, metric_asked
from airflow_sqlmodels.templating.places import place_of_error, placed
from airflow_sqlmodels.templating.reading_adapter import ReadingAdapter
from airflow_sqlmodels.templating.refusals import Refusals
from airflow_sqlmodels.templating.relation import RelationApi, TemplateRelation
from airflow_sqlmodels.templating.static import Call, called_names
from airflow_sqlmodels.templating.variables import Var, missing_var


class Asked(Struct, frozen=True):
    """What a template asked for."""

    refs: tuple[Ref, ...] = ()
    sources: tuple[SourceRef, ...] = ()
    configs: tuple[dict[str, Any], ...] = ()
    """The arguments of each `config(...)`, in order."""
    macros: tuple[MacroId, ...] = ()
    functions: tuple[Ref, ...] = ()
    metrics: tuple[Ref, ...] = ()
    problems: tuple[SqlModelsError, ...] = ()
    """What is certain to fail once the node is compiled."""
    called: tuple[MacroId, ...] | None = None
    """The macros that were called when it was rendered; None if it was not."""


class Readers(Struct, frozen=True):
    """What reading needs, made once for a project."""

    graph: CallGraph
    library: MacroLibrary
    """Macros in the silent environment."""
    strict: MacroLibrary
    """Macros in the environment in which nothing may be asked of an unknown name."""
    doubts: Doubts
    shared: Mapping[str, Any]
    dialect: Dialect
    vars: Mapping[str, Mapping[str, Any]]
    """By package: all its variables."""


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
    known = readers.vars.get(package, {})
    doubt = readers.doubts.of_calls(calls, package)
    if doubt.names:
        _refuse_unknown(text, holder, readers, doubt.names)
    if not doubt.refuses and _is_plain(calls, package, readers.graph) and not _has_template(known):
        return _from_calls(calls, macros, text, holder.path, known)
    return _render(text, holder, readers, macros)


def _is_plain(calls: list[Call], package: str, graph: CallGraph) -> bool:
    for call in calls:
        if call.name in CAPTURED:
            if not (call.certain and call.literal) or graph.macro_of(call.name, package):
                return False
        elif (
            call.name == "return"
            or graph.is_noisy(call.name, package)
            or not (call.certain or _is_built_in(call, package, graph))
        ):
            return False
    return True


def _refuse_unknown(text: str, holder: Holder, readers: Readers, names: frozenset[str]) -> None:
    """Render it with strict macros. Raises CompilationError if one asks something of one of these names."""
    # what it tells is told when it is read as all are
    quiet = {"log": _nothing, "print": _nothing, "exceptions": Refusals(lambda _warned: None)}
    try:
        _render(text, holder, structs.replace(readers, shared={**readers.shared, **quiet}), (), readers.strict)
    except CompilationError as error:
        if any(f"{name!r} is undefined" in error.what for name in names):
            raise
    except SqlModelsError:
        pass  # it is said when the template is read as all are


def _is_built_in(call: Call, package: str, graph: CallGraph) -> bool:
    """Whether it is none of the project's and packages' macros: of those, only what is really called is listed."""
    macro = graph.macro_of(call.name, package)
    return macro is None or macro.package == BUILT_IN


def _has_template(known: Mapping[str, Any]) -> bool:
    """Whether a variable is itself a template: it may ask for a ref."""
    return any(isinstance(value, str) and "{{" in value for value in known.values())


def _from_calls(
    calls: list[Call], macros: tuple[MacroId, ...], text: str, path: str, known: Mapping[str, Any]
) -> Asked:
    recorder, problems = Recorder(), []
    for call in calls:
        if call.name in CAPTURED:
            _note(recorder, call, text, path)
        elif call.name == "var" and call.certain and len(call.args) == 1 and not call.kwargs:
            problems += _missing(call, text, path, known)
    if all(call.name in _NEVER_RENDERED for call in calls):
        recorder.sources = list(dict.fromkeys(recorder.sources))
    return recorder.asked(macros, tuple(problems))


_NEVER_RENDERED = ("ref", "source", "config")
"""If nothing else is called dbt, too, reads the calls alone, and says each source once."""


def _note(recorder: Recorder, call: Call, text: str, path: str) -> None:
    try:
        recorder.note(call)
    except CompilationError as error:
        raise placed(error, _place(call, text, path)) from error


def _missing(call: Call, text: str, path: str, known: Mapping[str, Any]) -> list[SqlModelsError]:
    name = call.args[0]
    if name in known:
        return []
    what, _, hint = missing_var(name, known)
    return [CompilationError(what, _place(call, text, path), hint)]


def _place(call: Call, text: str, path: str) -> Location:
    """Where a call stands."""
    from_here = text.find(call.name, call.offset)
    line = text.count("\n", 0, from_here) + 1
    column = from_here - text.rfind("\n", 0, from_here)
    return Location(path, line, column, line_location(text, line, path).text)


class Recorder(Struct):
    """Notes what is asked for, in order."""

    refs: list[Ref] = field(default_factory=list)
    sources: list[SourceRef] = field(default_factory=list)
    configs: list[dict[str, Any]] = field(default_factory=list)
    functions: list[Ref] = field(default_factory=list)
    metrics: list[Ref] = field(default_factory=list)

    def note(self, call: Call) -> None:
        """Note one of the calls in CAPTURED, as it is written."""
        getattr(self, call.name)(*call.args, **dict(call.kwargs))

    def ref(self, *args: Any, **kwargs: Any) -> None:
        """Note a `ref(...)`."""
        version = kwargs.get("version", kwargs.get("v"))
        package, name = package_and_name("ref", "model", args)
        self.refs.append(
            Ref(name, package, version if version is None or isinstance(version, (int, float)) else str(version))
        )

    def source(self, *args: Any, **_kwargs: Any) -> None:
        """Note a `source(...)`."""
        self.sources.append(SourceRef(*two_names(args)))

    def function(self, *args: Any, **kwargs: Any) -> None:
        """Note a `function(...)`."""
        _refuse_named("function", kwargs)
        package, name = package_and_name("function", "function", args)
        self.functions.append(Ref(name, package))

    def metric(self, *args: Any, **kwargs: Any) -> Ref:
        """Note a `metric(...)`."""
        _refuse_named("metric", kwargs)
        asked = metric_asked(*args)
        self.metrics.append(asked)
        return asked

    def config(self, *args: Any, **kwargs: Any) -> None:
        """Note a `config(...)`."""
        if len(args) > 1 or bool(args) == bool(kwargs) or (args and not isinstance(args[0], dict)):
            raise CompilationError("config() takes named values: config(materialized='table')")
        self.configs.append({**(args[0] if args else {}), **kwargs})

    def asked(
        self,
        macros: tuple[MacroId, ...],
        problems: tuple[SqlModelsError, ...] = (),
        called: tuple[MacroId, ...] | None = None,
    ) -> Asked:
        """All that was noted, as often as it was asked for."""
        refs, sources, functions = tuple(self.refs), tuple(self.sources), tuple(self.functions)
        return Asked(refs, sources, tuple(self.configs), macros, functions, tuple(self.metrics), problems, called)


def _refuse_named(name: str, kwargs: Mapping[str, Any]) -> None:
    if kwargs:
        raise CompilationError(f"{name}() takes names alone, and no {', '.join(kwargs)}=")


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
    library: MacroLibrary | None = None,
) -> Asked:
    recorder, path, package = Recorder(), holder.path, holder.package
    here = TemplateRelation(holder.relation, readers.dialect)
    environment = readers.library.environment

    def inner(said: Any) -> str:
        return environment.from_string(str(said)).render({SCOPE: scope})

    var = Var(readers.vars.get(package, {}), inner, False)
    names = {**readers.shared, **reading_names(recorder, here, var), "render": inner}
    names["model"] = {**names["model"], "raw_code": text.strip(), **holder.facts()}
    scope = MacroScope(library or readers.library, names, package)
    scope.notes = notes = CallNotes()
    scope.everywhere = holder.of_generic_test
    names["adapter"] = ReadingAdapter(scope, readers.dialect)
    names["builtins"] = dict(names)
    names["context"] = ContextView(scope)
    try:
        template = environment.of_node(text)
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
        "sql": "",
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
