"""What a template asks for, noted call by call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from airflow_sqlmodels.errors import CompilationError, SqlModelsError
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.nodes import Ref, SourceRef
from airflow_sqlmodels.templating.asked_names import package_and_name, two_names
from airflow_sqlmodels.templating.metric_names import metric_asked
from airflow_sqlmodels.templating.static import Call


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

    def add(self, asked: Asked) -> None:
        """Note all that a part of the template asked for."""
        self.refs += asked.refs
        self.sources += asked.sources
        self.configs += asked.configs
        self.functions += asked.functions
        self.metrics += asked.metrics

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
