"""Calling macros.

A macro is compiled when it is first called. Each call sees the names of the template that made it, through its scope.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import Any

from jinja2 import Template, TemplateSyntaxError, nodes
from jinja2.runtime import missing  # type: ignore[attr-defined]  # not listed in __all__
from msgspec import Struct, field

from airflow_sqlmodels.errors import CompilationError, Location, closest
from airflow_sqlmodels.manifest.macro import Macro, MacroId
from airflow_sqlmodels.templating.blocks import as_macros
from airflow_sqlmodels.templating.call_notes import CallNotes
from airflow_sqlmodels.templating.environment import SCOPE, Callee, Environment, Offering
from airflow_sqlmodels.templating.macro_table import BUILT_IN, BUILT_IN_NAMES, MacroTable


class Return(BaseException):  # not an error: it carries the value of `return(...)` out of a macro
    """What `{{ return(x) }}` raises, and the call of the macro catches. Templates cannot swallow it."""

    def __init__(self, value: Any) -> None:
        self.value = value


OUTSIDE = "return() belongs into a macro"
"""What is wrong if nothing catches it."""


class MacroLibrary(Struct):
    """Compiled macros of one project. The only thing it keeps is what compiling gave."""

    table: MacroTable
    environment: Environment
    _compiled: dict[MacroId, Template] = field(default_factory=dict)

    def template(self, macro: Macro) -> Template:
        """The compiled file of a macro. Raises CompilationError with the place if it is not Jinja."""
        if macro.id not in self._compiled:
            self._compiled[macro.id] = self._compile(macro)
        return self._compiled[macro.id]

    def _compile(self, macro: Macro) -> Template:
        # The lines above it are made empty, so that Jinja's line numbers are the file's.
        text = "\n" * (macro.at.line - 1) + macro.text
        try:
            template = self._outward(as_macros(text), macro.name)
        except TemplateSyntaxError as error:
            place = Location(macro.at.path, error.lineno, 0, _line(text, error.lineno))
            raise CompilationError(str(error.message), place) from error
        template.filename = macro.at.path
        return template

    def _outward(self, text: str, name: str) -> Template:
        """The template, but that a macro's own name means in it what it means outside: in a macro `model`, the node."""
        if not _uses_own_name(text, name):
            return self.environment.from_string(text)
        return self.environment.changed(text, f"macro {name}", lambda tree: _renamed(tree, name))


_INNER = "renamed__"
"""Before the name of a macro that uses its own name."""


def _uses_own_name(text: str, name: str) -> bool:
    """Whether the name may be used within its macro: most have it at most as a text, to dispatch it."""
    return len(re.findall(rf"(?<![\w.'\"]){re.escape(name)}(?![\w'\"])", text)) > 1


def _renamed(tree: nodes.Template, name: str) -> nodes.Template:
    for macro in tree.find_all(nodes.Macro):
        if macro.name == name and any(used.name == name for used in macro.find_all(nodes.Name)):
            macro.name = _INNER + name
    return tree


class MacroCall(Callee):
    """A macro together with the scope it is called in: what a template gets when it names one."""

    __slots__ = ("_function", "macro", "scope")

    def __init__(self, macro: Macro, scope: MacroScope) -> None:
        self.macro = macro
        self.scope = scope
        self._function: Callable[..., Any] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        notes = self.scope.notes
        if notes is not None:
            notes.enter(self.macro.id)
        try:
            if self._function is None:
                self._function = self._defined()
            return self._function(*args, **kwargs)
        except Return as returned:
            return returned.value
        finally:
            if notes is not None:
                notes.depth -= 1

    def _defined(self) -> Callable[..., Any]:
        found = self.scope.file_of(self.macro)
        function: Callable[..., Any] = found.get(_INNER + self.macro.name, found.get(self.macro.name))
        return function

    def __repr__(self) -> str:
        return f"<macro {self.macro.package}.{self.macro.name}>"


class PackageMacros(Offering):
    """`dbt_utils` in a template: the macros of one package by attribute."""

    __slots__ = ("_package", "_scope")

    def __init__(self, package: str, scope: MacroScope) -> None:
        self._package = package
        self._scope = scope

    def offered(self, name: str) -> Any:
        """The macro of that name, or Jinja's `missing`."""
        return self.get if name == "get" else self.get(name, missing)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self:
            raise AttributeError(name)
        return self[name]

    def __getitem__(self, name: str) -> Any:
        macro = self._scope.library.table.of_package(name, self._package)
        if macro is None:
            raise KeyError(name)
        return self._scope.named(macro)

    def _told_of_missing(self, name: str) -> str:
        package = BUILT_IN if self._package in BUILT_IN_NAMES else self._package
        there = [each.name for each in self._scope.library.table.macros.values() if each.package == package]
        near = closest(name, there)
        return f"the package {self._package!r} has no macro {name!r}{', ' + near if near else ''}"

    def __contains__(self, name: str) -> bool:
        return self._scope.library.table.of_package(name, self._package) is not None

    def get(self, name: str, default: Any = None) -> Any:
        """The macro of that name, or `default`."""
        macro = self._scope.library.table.of_package(name, self._package)
        return default if macro is None else self._scope.named(macro)


class MacroScope:
    """The names visible in a template of one package: macros first, then what the phase offers."""

    __slots__ = (
        *("_calls", "_files", "_packages", "_siblings"),
        *("everywhere", "library", "names", "notes", "origin", "package", "stand_ins"),
    )

    def __init__(
        self,
        library: MacroLibrary,
        names: MutableMapping[str, Any],
        package: str,
        stand_ins: Mapping[MacroId, Any] = MappingProxyType({}),
    ) -> None:
        self.library = library
        self.names = names
        self.package = self.origin = package
        self.everywhere = False
        """Whether `adapter.dispatch` without a package looks into all of them, as it does in generic data tests."""
        self.stand_ins = stand_ins
        self.notes: CallNotes | None = None
        self._files: dict[MacroId, Mapping[str, Any]] = {}
        self._calls: dict[MacroId, MacroCall] = {}
        self._packages: dict[str, PackageMacros] = {}
        self._siblings: dict[str, MacroScope] = {package: self}

    def find(self, name: str) -> Any:
        """The value of `name`, or Jinja's `missing`."""
        table = self.library.table
        macro = table.visible(name, self.package)
        if macro is not None and macro.package == self.package != self.origin:
            # as in dbt, a bare name means in a package's macro what it means for the node. What only the package has,
            # dbt would not find
            seen = table.visible(name, self.origin)
            if name in self.names or (seen is not None and self.package != BUILT_IN):
                macro = seen
        if macro is not None:
            return self.named(macro)
        found = self.names.get(name, missing)  # without those that are worked out when they are asked for
        return self._seldom(name) if found is missing else found

    def _seldom(self, name: str) -> Any:
        if name in self._packages:
            return self._packages[name]
        if name in self.names:
            return self.names[name]
        if name in self.library.table.packages or name in BUILT_IN_NAMES:
            return self._packages.setdefault(name, PackageMacros(name, self))
        return missing

    def known(self) -> list[str]:
        """All names that have a value here."""
        table = self.library.table
        seen = (self.package, table.root, BUILT_IN)
        macros = (macro.name for macro in table.macros.values() if macro.package in seen)
        return list(dict.fromkeys((*self.names, *macros, *sorted(table.packages), *BUILT_IN_NAMES)))

    def named(self, macro: Macro) -> Callable[..., Any]:
        """What a template gets that names the macro: its call, or what stands for it in a unit test."""
        if macro.id not in self.stand_ins:
            return self.call(macro)
        value = self.stand_ins[macro.id]
        return lambda *_args, **_kwargs: value

    def stand_in(self, macro: MacroId, value: Any) -> None:
        """From now on let the macro give this value, wherever it is named."""
        for scope in self._siblings.values():
            scope.stand_ins = {**scope.stand_ins, macro: value}

    def call(self, macro: Macro) -> MacroCall:
        """The macro, to be called from here."""
        found = self._calls.get(macro.id)
        if found is None:
            found = self._calls[macro.id] = MacroCall(macro, self.seen_from(macro.package))
        return found

    def seen_from(self, package: str) -> MacroScope:
        """The same names as a template of another package sees them."""
        if package not in self._siblings:
            sibling = MacroScope(self.library, self.names, package, self.stand_ins)
            sibling.origin, sibling.everywhere = self.origin, self.everywhere
            sibling.notes = self.notes
            sibling._siblings = self._siblings
            self._siblings[package] = sibling
        return self._siblings[package]

    def file_of(self, macro: Macro) -> Mapping[str, Any]:
        """What the macro's file defines at its top level, by name; it is seen there only."""
        if macro.id not in self._files:
            template = self.library.template(macro)
            context = template.new_context({SCOPE: self})
            for _ in template.root_render_func(context):
                pass  # the text between macros
            # Jinja's own view of a module leaves out names that begin with an underscore
            self._files[macro.id] = context.vars
        return self._files[macro.id]


def dispatch(scope: MacroScope, macro_name: str, macro_namespace: str | None) -> MacroCall:
    """What `adapter.dispatch` gives in a template with this scope."""
    table = scope.library.table
    bare = macro_name
    if "." in macro_name:
        raise CompilationError(
            f"adapter.dispatch({macro_name!r}): the package belongs into the second argument",
            None,
            "write adapter.dispatch('{1}', '{0}')".format(*macro_name.split(".", 1)),
        )
    # as in dbt, what the package of the macro has does not count, but what that of the node has
    return scope.call(need_dispatched(table, bare, macro_namespace, scope.origin, everywhere=scope.everywhere))


def need_dispatched(
    table: MacroTable, name: str, namespace: str | None, package: str, at: Location | None = None, *, everywhere: bool
) -> Macro:
    """The macro that `adapter.dispatch` means in a template of `package`. Raises CompilationError if there is none.

    `everywhere`: if no package is named, those that the template does not see count too.
    """
    macro = table.dispatched(name, namespace, package)
    if macro is None and everywhere and (namespace is None or not table.is_package(namespace)):
        macro = table.anywhere(name)
    if macro is None:
        order = ", ".join(dict.fromkeys(table.dispatch_order(namespace, package)))
        wanted = " or ".join(prefix + name for prefix in table.prefixes)
        what = f"In dispatch: No macro named {name!r} found: no {wanted}"
        raise CompilationError(what, at, f"looked into the packages {order}")
    return macro


def _line(text: str, line: int) -> str:
    lines = text.split("\n")
    return lines[line - 1] if 0 < line <= len(lines) else ""


class ContextView(MutableMapping[str, Any]):
    """`context`: every name by its text. What is put into it is a name from then on, for the rest of the node."""

    def __init__(self, scope: MacroScope) -> None:
        self._scope = scope

    def __getitem__(self, name: str) -> Any:
        found = self._scope.find(name)
        if found is missing:
            raise KeyError(name)
        return found

    def __setitem__(self, name: str, value: Any) -> None:
        self._scope.names[name] = value

    def __delitem__(self, name: str) -> None:
        del self._scope.names[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._scope.known())

    def __len__(self) -> int:
        return len(self._scope.known())
