"""selectors.yml: selections with a name. Their meaning is `graph.yaml_selectors`' business."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow_sqlmodels.errors import Location, SettingsError, closest
from airflow_sqlmodels.graph.yaml_selectors import check_selectors
from airflow_sqlmodels.manifest.manifest import Settings
from airflow_sqlmodels.project.rendering import YamlRenderer
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.vars_file import VARS_FILE, file_vars
from airflow_sqlmodels.project.yaml_text import parse_yaml, place_in, plain
from airflow_sqlmodels.templating.variables import Var

SELECTORS_FILE = "selectors.yml"

_KEYS = ("selectors", "version")
_SETTABLE = f"set it in {VARS_FILE} or with --vars: this file does not know the 'vars:' of dbt_project.yml"
_KEYS_OF_ONE = ("name", "definition", "description", "default")


def read_selectors(settings: Settings, names: Mapping[str, Any]) -> dict[str, Any]:
    """The entries of selectors.yml by name, their templates rendered with these names and the variables of the run.

    As in dbt those are `--vars` and vars.yml: what dbt_project.yml says under `vars:` is not known here.
    Raises SettingsError for what is no selector, and SelectorError for a definition that cannot be meant: as in dbt no
    command runs with such a file, whether it asks for a selector or not.
    """
    root = Path(settings.root)
    path = root / SELECTORS_FILE
    if not path.is_file():
        return {}
    text = text_of(path, SELECTORS_FILE)
    content = parse_yaml(text, SELECTORS_FILE)
    if not content:
        return {}
    listed = content.get("selectors") if isinstance(content, dict) else None
    if not isinstance(listed, list):
        raise SettingsError("this file must list selectors", Location(SELECTORS_FILE, 1), "begin with 'selectors:'")
    _refuse_unknown_keys(content, _KEYS, "this file has", text)
    variables = {**file_vars(root, "", {}, Location(VARS_FILE)), **settings.vars}
    renderer = YamlRenderer({**names, "var": Var(variables, str, hint=_SETTABLE)})
    found: dict[str, Any] = {}
    for index, entry in enumerate(listed):
        at = place_in(listed, index, SELECTORS_FILE, text)
        if not isinstance(entry, dict) or not isinstance(entry.get("name"), str) or not entry["name"]:
            raise SettingsError("a selector has no name", at, "begin it with '- name:'")
        _refuse_unknown_keys(entry, _KEYS_OF_ONE, "a selector has", text)
        found[entry["name"]] = _checked(renderer.value(plain(entry), at), entry, text)
    check_selectors(found)
    return found


def _checked(rendered: dict[str, Any], written: dict[str, Any], text: str) -> dict[str, Any]:
    """The entry. Raises SettingsError if a part of it has a type that cannot be meant."""
    wrong = {
        "default": not isinstance(rendered.get("default", False), bool),
        "description": not isinstance(rendered.get("description", ""), str),
        "definition": not isinstance(rendered.get("definition"), (str, dict)),
    }
    needed = {"default": "true or false", "description": "a text", "definition": "a text or a mapping"}
    for key in (key for key, is_wrong in wrong.items() if is_wrong):
        at = place_in(written, key if key in written else "name", SELECTORS_FILE, text)
        raise SettingsError(f"the {key} of the selector {rendered['name']!r} must be {needed[key]}", at)
    return rendered


def _refuse_unknown_keys(content: dict[str, Any], known: tuple[str, ...], what: str, text: str) -> None:
    for key in content:
        if key not in known:
            hint = closest(str(key), known) or f"there are {', '.join(known)}"
            raise SettingsError(f"{what} no key {key!r}", place_in(content, key, SELECTORS_FILE, text), hint)
