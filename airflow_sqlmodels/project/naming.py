"""Names of relations: `generate_schema_name` and its siblings, the project's own or dbt's rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jinja2
from msgspec import Struct

from airflow_sqlmodels.errors import CompilationError, Location, ProjectError, SettingsError, SqlModelsError
from airflow_sqlmodels.manifest.manifest import Settings
from airflow_sqlmodels.manifest.relation import Quoting, Relation
from airflow_sqlmodels.templating.macro_table import BUILT_IN, macro_id
from airflow_sqlmodels.templating.macros import ContextView, MacroCall, MacroLibrary, MacroScope
from airflow_sqlmodels.templating.reading_adapter import ReadingAdapter

_VALID_SCHEMA = "require_valid_schema_from_generate_schema_name"
"""The flag of dbt with which that macro has to give a name."""

_KINDS = ("schema", "alias", "database")


class NameRules(Struct, frozen=True):
    """Gives each node the name of its relation."""

    settings: Settings
    library: MacroLibrary
    names: Mapping[str, Any]
    """What the naming macros may use."""
    overridden: frozenset[tuple[str, str]]
    """(package, kind) pairs for which a macro of the project or of that package decides."""

    def relation(self, node: Mapping[str, Any], package: str) -> Relation:
        """Where a node is built. `node` is what the macros see of it: name, config, fqn, resource_type…"""
        config = node["config"]
        schema = self._name("schema", package, config.get("schema"), node)
        database = self._name("database", package, config.get("database"), node)
        alias = self._name("alias", package, config.get("alias"), node)
        if node["resource_type"] == "snapshot":
            schema = config.get("target_schema") or schema
            database = config.get("target_database") or database
        return Relation(database, schema, alias, self._quoting())

    def _name(self, kind: str, package: str, custom: Any, node: Mapping[str, Any]) -> str:
        if (package, kind) in self.overridden:
            return self._called(kind, package, custom, node)
        text = None if custom is None else str(custom).strip()
        if kind == "schema":
            own = self.settings.target.schema
            return own if text is None else f"{own}_{text}"  # as in dbt, also if it is empty
        if kind == "database":
            _refuse_catalog(node)
            return text or self.settings.target.database
        if text:
            return text
        version = node.get("version")
        return f"{node['name']}_v{str(version).replace('.', '_')}" if version else str(node["name"])

    def _called(self, kind: str, package: str, custom: Any, node: Mapping[str, Any]) -> str:
        names = dict(self.names)
        scope = MacroScope(self.library, names, package)
        names["adapter"] = ReadingAdapter(scope, self.settings)
        names["context"] = ContextView(scope)
        macro = scope.find(f"generate_{kind}_name")
        assert isinstance(macro, MacroCall), kind
        if macro.macro.package != BUILT_IN:
            scope.origin = macro.scope.origin = macro.macro.package  # as in dbt, the macro is the node
        try:
            given = macro(custom, node)
        except (SqlModelsError, jinja2.TemplateError, TypeError) as error:
            what = error.what if isinstance(error, SqlModelsError) else str(error)
            hint = error.hint if isinstance(error, SqlModelsError) else ""
            name = f"generate_{kind}_name"
            raise CompilationError(f"{name} failed for {node['name']!r}: {what}", macro.macro.at, hint) from error
        if given is None and kind == "schema" and self.settings.flag(_VALID_SCHEMA):
            what = f"{node['unique_id']} has a schema set to None as a result of a generate_schema_name call"
            raise ProjectError(what, macro.macro.at, "let it give a name in every case")
        return "" if given is None else str(given).strip()

    def _quoting(self) -> Quoting:
        """What the project says; as in dbt, a node's own config `quoting` changes no name."""
        said = self.settings.quoting
        if not said:
            return _QUOTED
        return Quoting(*(bool(said.get(part, True)) for part in ("database", "schema", "identifier")))


_QUOTED = Quoting()


def _refuse_catalog(node: Mapping[str, Any]) -> None:
    """Raises SettingsError for a node that is to lie in a catalog: dbt looks for that where it names the database."""
    for key in ("catalog_name", "catalog"):
        wanted = node["config"].get(key)
        if wanted:
            what = f"no catalog {wanted!r} for {node['name']!r}: Postgres has no catalogs"
            raise SettingsError(what, Location(node["original_file_path"]), f"remove the config {key!r}")


def overridden_names(library: MacroLibrary, root: str, packages: Mapping[str, str]) -> frozenset[tuple[str, str]]:
    """For which packages a macro outside of ours decides on which part of a name."""
    macros = library.table.macros
    found = set()
    for package in packages:
        for kind in _KINDS:
            name = f"generate_{kind}_name"
            variants = (name, f"default__{name}", f"postgres__{name}")
            if any(macro_id(owner, each) in macros for owner in (root, package) for each in variants):
                found.add((package, kind))
    return frozenset(found)
