"""Which macros a template reaches, and whether any of them can say something about the node that calls it."""

from __future__ import annotations

import re
from collections.abc import Iterable

from msgspec import Struct, field

from airflow_sqlmodels.manifest.macro import Macro, MacroId
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.templating.blocks import as_macros
from airflow_sqlmodels.templating.call_names import CAPTURED
from airflow_sqlmodels.templating.called import called_in
from airflow_sqlmodels.templating.macro_table import MacroTable, macro_table_of
from airflow_sqlmodels.templating.static import TemplateReader, called_names

_SURELY = ("?", "env_var", "config.set", "render")
"""Calls that only rendering can answer, in macros too; env_var, because a missing one is to be found while loading."""


_VAR = re.compile(r"\bvar\b(?!\.has_var\b)(?:\(\s*(?P<quote>['\"])(?P<name>\w+)(?P=quote)\s*[,)])?")
"""What may ask for a variable, and its name if that is written there."""


def call_graph_of(manifest: Manifest) -> CallGraph:
    """The calls among the macros of a loaded project."""
    return CallGraph(macro_table_of(manifest), TemplateReader())


class CallGraph(Struct):
    """Answers from the macros' texts. Each macro is read once, when it is first reached."""

    table: MacroTable
    reader: TemplateReader
    _names: dict[MacroId, tuple[str, ...]] = field(default_factory=dict)
    _reached: dict[MacroId, frozenset[MacroId]] = field(default_factory=dict)
    _noisy: dict[tuple[str, str], bool] = field(default_factory=dict)
    _vars: dict[MacroId, frozenset[str] | None] = field(default_factory=dict)

    def names_in(self, macro: Macro) -> tuple[str, ...]:
        """The names a macro may call, as written; "?" among them if that cannot be told."""
        if macro.id not in self._names:
            self._names[macro.id] = self._read(macro)
        return self._names[macro.id]

    def _read(self, macro: Macro) -> tuple[str, ...]:
        text = as_macros(macro.text)
        if macro.package != self.table.root:  # others have made sure that it is a template
            found = called_in(text, self.reader)
            return ("?",) if found is None else found
        calls = self.reader.calls(text)
        return ("?",) if calls is None else called_names(calls)

    def macro_of(self, name: str, package: str) -> Macro | None:
        """The macro that a called name means in a template of `package`."""
        if name.startswith("dispatch:"):
            namespace, _, bare = name.removeprefix("dispatch:").rpartition(".")
            return self.table.dispatched(bare, namespace or None, package)
        first, _, rest = name.partition(".")
        if rest:
            known = first in self.table.packages or first in ("dbt", "dbt_postgres")
            return self.table.of_package(rest, first) if known else None
        return self.table.visible(name, package)

    def direct(self, names: Iterable[str], package: str) -> tuple[MacroId, ...]:
        """The macros that the called names mean."""
        found = (self.macro_of(name, package) for name in names)
        return tuple(dict.fromkeys(macro.id for macro in found if macro))

    def reached(self, macro_ids: Iterable[MacroId]) -> frozenset[MacroId]:
        """These macros and all that they may call, directly or not."""
        return frozenset().union(*(self._closure(each) for each in macro_ids))

    def is_noisy(self, name: str, package: str) -> bool:
        """Whether calling `name` may reach `ref`, `source` or `config`, may say something or fail, or is unknown."""
        key = (name, package)
        if key not in self._noisy:
            self._noisy[key] = self._may_capture(name, package)
        return self._noisy[key]

    def _may_capture(self, name: str, package: str) -> bool:
        if name in _SURELY or _tells(name):
            return True
        macro = self.macro_of(name, package)
        if macro is None:
            return self.leads_nowhere(name, package)
        reached = map(self.table.macros.__getitem__, self._closure(macro.id))
        return any(
            called in CAPTURED or called in _SURELY or _tells(called) or self.leads_nowhere(called, package)
            for each in reached
            for called in self.names_in(each)
        )

    def vars_asked(self, name: str, package: str) -> frozenset[str] | None:
        """The variables that calling `name` may ask for; None if that cannot be told."""
        macro = self.macro_of(name, package)
        asked = [] if macro is None else [self._vars_in(self.table.macros[each]) for each in self._closure(macro.id)]
        return None if None in asked else frozenset().union(*(each for each in asked if each))

    def _vars_in(self, macro: Macro) -> frozenset[str] | None:
        if macro.id not in self._vars:
            named = [match["name"] for match in _VAR.finditer(macro.text)]
            self._vars[macro.id] = None if None in named else frozenset(named)
        return self._vars[macro.id]

    def leads_nowhere(self, name: str, package: str) -> bool:
        """Whether it is a dispatch to a macro that is not there: rendering fails, as far as it gets there.

        `package` is that of the node: what counts without a namespace is what the node sees.
        """
        return name.startswith("dispatch:") and self.macro_of(name, package) is None

    def _closure(self, start: MacroId) -> frozenset[MacroId]:
        if start not in self._reached:
            found, waiting = {start}, [start]
            while waiting:
                macro = self.table.macros[waiting.pop()]
                new = set(self.direct(self.names_in(macro), macro.package)) - found
                found |= new
                waiting += new
            self._reached[start] = frozenset(found)
        return self._reached[start]


def _tells(name: str) -> bool:
    """Whether a call of that name has something to tell when it is made."""
    return name in _TELLING or name.startswith("modules.itertools.")


_TELLING = ("exceptions.warn", "log", "print")
