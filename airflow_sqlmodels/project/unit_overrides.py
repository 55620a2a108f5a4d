"""`overrides:` of a unit test: macros, variables and environment variables that are something else while it runs."""

from __future__ import annotations

from airflow_sqlmodels.errors import ProjectError, SqlModelsError, closest
from airflow_sqlmodels.manifest.fixtures import Overrides
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry, refuse_unknown_keys
from airflow_sqlmodels.project.yaml_text import YamlMap, plain

_KINDS = ("macros", "vars", "env_vars")


def read_overrides(parts: Parts, entry: Entry) -> Overrides | None:
    """What a unit test overrides; None if it says nothing. Raises ProjectError if it is malformed."""
    holder = entry.content.get("overrides")
    if holder is None:
        return None
    at = entry.place(entry.content, "overrides")
    if not isinstance(holder, YamlMap) or not all(isinstance(each, dict) for each in holder.values()):
        raise ProjectError("overrides must be mappings", at, f"by {', '.join(_KINDS)}, of names to values")
    refuse_unknown_keys(entry, holder, _KINDS, "overrides")
    said = {key: plain(holder.get(key) or {}) for key in _KINDS}
    return Overrides(**parts.rendered(said, entry.file.package, at))


def unknown_macros(parts: Parts, entry: Entry, overrides: Overrides | None, package: str) -> list[str]:
    """A warning for each macro that is overridden and that a template of `package` does not know."""
    names = [] if overrides is None else [name for name in overrides.macros if not _is_known(parts, name, package)]
    return [
        str(SqlModelsError(f"there is no macro {name!r} to override",
                           entry.place(entry.content["overrides"]["macros"], name), _near(parts, name)))
        for name in names
    ]  # fmt: skip


def _is_known(parts: Parts, name: str, package: str) -> bool:
    owner, _, macro = name.rpartition(".")
    table = parts.readers.library.table
    if owner:
        return table.of_package(macro, owner) is not None
    return table.visible(macro, package) is not None or macro in parts.readers.shared


def _near(parts: Parts, name: str) -> str:
    owner, _, macro = name.rpartition(".")
    macros = parts.readers.library.table.macros.values()
    return closest(macro, {each.name for each in macros if not owner or each.package == owner})
