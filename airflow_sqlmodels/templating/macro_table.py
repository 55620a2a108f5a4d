"""Which macro a name means where."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from airflow_sqlmodels.manifest.macro import Macro, MacroId
from airflow_sqlmodels.manifest.manifest import Manifest

BUILT_IN = "dbt"
"""The package of the macros in library/; packages call them as `dbt.<name>`."""


def macro_id(package: str, name: str) -> MacroId:
    """`macro.shop.cents`."""
    return MacroId(f"macro.{package}.{name}")


@dataclass(frozen=True, slots=True)
class MacroTable:
    """All macros of a project, with the rules by which a name finds one."""

    macros: Mapping[MacroId, Macro]
    root: str
    """The name of the root project."""
    packages: frozenset[str]
    dispatch: tuple[Mapping[str, Any], ...] = ()
    prefixes: tuple[str, ...] = ("postgres__", "default__")
    """What `adapter.dispatch` puts before a name, best first."""
    _seen: dict[tuple[str, str], Macro | None] = field(default_factory=dict, repr=False, compare=False)
    _own: dict[str, Macro | None] = field(default_factory=dict, repr=False, compare=False)
    _of: dict[tuple[str, str], Macro | None] = field(default_factory=dict, repr=False, compare=False)
    _dispatched: dict[tuple[str, str | None, str], Macro | None] = field(
        default_factory=dict, repr=False, compare=False
    )

    def visible(self, name: str, package: str) -> Macro | None:
        """The macro that a bare `name` means in a template of `package`."""
        key = name, package
        if key not in self._seen:
            order = (self.root, BUILT_IN) if package == BUILT_IN else (package, self.root, BUILT_IN)
            self._seen[key] = self._first(name, order)
        return self._seen[key]

    def of_package(self, name: str, package: str) -> Macro | None:
        """The macro that `package.name` means."""
        key = name, package
        if key not in self._of:
            self._of[key] = self._first(name, (BUILT_IN if package in BUILT_IN_NAMES else package,))
        return self._of[key]

    def dispatched(self, name: str, namespace: str | None, package: str) -> Macro | None:
        """The macro that `adapter.dispatch(name, namespace)` means in a template of `package`.

        Without a namespace, one for the warehouse counts first, wherever it is: so a project's `default__dateadd` does
        not stand before the built-in one for Postgres, as in dbt.
        """
        key = name, namespace, package
        if key not in self._dispatched:
            self._dispatched[key] = self._best(name, namespace, package)
        return self._dispatched[key]

    def _best(self, name: str, namespace: str | None, package: str) -> Macro | None:
        order = self.dispatch_order(namespace, package)
        if namespace is None or not self.is_package(namespace):
            found = self._first(f"{self.prefixes[0]}{name}", order)
            if found:
                return found
        for each in order:
            for prefix in self.prefixes:
                found = self.of_package(prefix + name, each)
                if found:
                    return found
        return None

    def anywhere(self, name: str) -> Macro | None:
        """What `adapter.dispatch(name)` means if no package that it ought to look into has it."""
        found = (self.of_package(prefix + name, each) for prefix in self.prefixes for each in sorted(self.packages))
        return next(filter(None, found), None)

    def own(self, name: str) -> Macro | None:
        """The project's version of a built-in macro, as built-in macros see it; None if it has none."""
        if name not in self._own:
            found = (self.visible(name, BUILT_IN), self.dispatched(name, BUILT_IN, BUILT_IN))
            self._own[name] = next((each for each in found if each is not None and each.package != BUILT_IN), None)
        return self._own[name]

    def of_adapter(self, name: str) -> Macro | None:
        """The version of a macro that dbt's adapter calls by itself: the project's, else a package's.

        None if none has one. dbt_fivetran_utils has a `collect_freshness`. Templates do not see those of packages.
        """
        order = (self.root, *sorted(self.packages - {self.root, BUILT_IN}, reverse=True))
        return self._first(name, order) or self.own(name)

    def materialization(self, name: str, *, packages: bool) -> Macro | None:
        """A materialization that the project or one of its packages defines; one for this warehouse is better.

        `packages`: whether a package's counts, as it does for names that are not built in.
        """
        others = sorted(self.packages - {self.root}) if packages else ()
        for prefix in self.prefixes:
            for package in (self.root, *others):
                found = self.macros.get(macro_id(package, f"materialization_{name}_{prefix.removesuffix('__')}"))
                if found is not None:
                    return found
        return None

    def dispatch_order(self, namespace: str | None, package: str) -> tuple[str, ...]:
        """The packages `adapter.dispatch` looks into, in order."""
        for rule in self.dispatch:
            if namespace is not None and rule.get("macro_namespace") == namespace and rule.get("search_order"):
                return tuple(rule["search_order"])
        if namespace is None or not self.is_package(namespace):
            return (package, self.root, BUILT_IN)
        return (self.root, namespace)

    def is_package(self, namespace: str) -> bool:
        """Whether it is one that `adapter.dispatch` may name; any other word counts as none, as in dbt."""
        return namespace in self.packages or namespace in (self.root, *BUILT_IN_NAMES)

    def _first(self, name: str, packages: Iterable[str]) -> Macro | None:
        for package in packages:
            found = self.macros.get(macro_id(package, name))
            if found:
                return found
        return None


def macro_table_of(manifest: Manifest) -> MacroTable:
    """The macros of a loaded project."""
    settings = manifest.settings
    prefixes = (f"{settings.target.type}__", "default__")
    return MacroTable(manifest.macros, settings.name, frozenset(settings.packages), settings.dispatch, prefixes)


BUILT_IN_NAMES = (BUILT_IN, "dbt_postgres")
