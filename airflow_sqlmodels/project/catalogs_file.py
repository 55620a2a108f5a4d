"""catalogs.yml: where other warehouses keep tables in formats of their own. Postgres has no catalogs, so none will do.

What is wrong with the file itself is told first, as in dbt.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import Location, ProjectError, SettingsError, closest
from airflow_sqlmodels.project.rendering import YamlRenderer
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.yaml_text import YamlMap, parse_yaml, place_in

CATALOGS_FILE = "catalogs.yml"

_CATALOG = ("name", "active_write_integration", "write_integrations")
_INTEGRATION = (
    *("name", "catalog_type", "external_volume", "table_format", "catalog_name", "file_format", "catalog_database"),
    "adapter_properties",
)


class _File(Struct, frozen=True):
    """The file, for the places of what is in it."""

    text: str
    renderer: YamlRenderer

    def place(self, container: Any, key: Any) -> Location:
        return place_in(container, key, CATALOGS_FILE, self.text)


def refuse_catalogs(root: Path, renderer: YamlRenderer, *, second_form: bool = False) -> None:
    """Raises ProjectError if the project has a catalog, or a catalogs.yml that is none.

    `second_form`: with dbt's flag `use_catalogs_v2` they are written in another way.
    """
    path = root / CATALOGS_FILE
    if not path.is_file():
        return
    text = text_of(path, CATALOGS_FILE)
    file, content = _File(text, renderer), parse_yaml(text, CATALOGS_FILE)
    if not content:
        raise ProjectError("this file is empty", Location(CATALOGS_FILE, 1), "remove it")
    if not isinstance(content, YamlMap):
        raise ProjectError("this file must be a mapping", Location(CATALOGS_FILE, 1), "begin with 'catalogs:'")
    listed = content.get("catalogs") or []
    if not isinstance(listed, list):
        raise ProjectError("catalogs must be a list", file.place(content, "catalogs"), "begin each with '- name:'")
    types = [] if second_form else [_checked(file, listed, number) for number in range(len(listed))]
    if listed:
        kind = f"the catalog type {types[0]!r}" if types else "a catalog"
        hint = f"remove {CATALOGS_FILE}, and catalog_name of models"
        what = f"{kind} is not supported: Postgres has no catalogs"
        raise SettingsError(what, file.place(listed, 0), hint)


def _checked(file: _File, listed: list[Any], number: int) -> str:
    """The type of a catalog. Raises ProjectError for one that says too little or what is not known."""
    written, at = listed[number], file.place(listed, number)
    catalog = _mapping(file, written, at, "catalog", _CATALOG)
    _require(catalog, ("name",), at, "catalog")
    name, integrations = catalog["name"], written.get("write_integrations") or []
    if not isinstance(integrations, list):
        place = file.place(written, "write_integrations")
        raise ProjectError(f"write_integrations of {name!r} must be a list", place, "begin each with '- name:'")
    found: dict[str, str] = {}
    for index, each in enumerate(integrations):
        place = file.place(integrations, index)
        said = _mapping(file, each, place, "write integration", _INTEGRATION)
        _require(said, ("name", "catalog_type"), place, "write integration")
        if said["name"] in found:
            what = f"the catalog {name!r} has two write_integrations with the name {said['name']!r}"
            raise SettingsError(what, place, "give one of them another name")
        found[said["name"]] = said["catalog_type"]
    return found[_active(file, written, catalog, found, at)]


def _active(file: _File, written: Any, catalog: Mapping[str, Any], found: Mapping[str, str], at: Location) -> str:
    """The name of the integration that is used."""
    active, names = catalog.get("active_write_integration"), ", ".join(found)
    if not active and len(found) == 1:
        return next(iter(found))
    if not active:
        what = f"the catalog {catalog['name']!r} must say which of its write_integrations is active"
        raise SettingsError(what, at, f"add active_write_integration: there are {names}" if names else "it has none")
    if active not in found:
        what = f"the catalog {catalog['name']!r} has no write integration {active!r}"
        hint = closest(str(active), found) or (f"there are {names}" if names else "it has none")
        raise SettingsError(what, file.place(written, "active_write_integration"), hint)
    return str(active)


def _mapping(file: _File, written: Any, at: Location, what: str, keys: tuple[str, ...]) -> dict[str, Any]:
    """The values of an entry, rendered. Raises ProjectError for a key that is not known."""
    if not isinstance(written, YamlMap):
        raise ProjectError(f"a {what} must be a mapping", at, "begin it with '- name:'")
    for key in written:
        if key not in keys:
            hint = closest(key, keys) or f"there are {', '.join(keys)}"
            raise ProjectError(f"a {what} has no {key!r}", file.place(written, key), hint)
    rendered = file.renderer.value({key: written[key] for key in written if key != "write_integrations"}, at)
    return dict(rendered)


def _require(said: Mapping[str, Any], keys: tuple[str, ...], at: Location, what: str) -> None:
    for key in keys:
        if not isinstance(said.get(key), str):
            raise ProjectError(f"a {what} has no {key}", at, f"add '{key}: …', a text")
