"""What `init` asks for at a terminal, and the profile that comes of the answers, written into profiles.yml.

The questions are those of dbt for Postgres, or those of the project's own profile_template.yml.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import yaml
from msgspec import Struct

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.yaml_text import parse_yaml, plain

TEMPLATE_FILE = "profile_template.yml"

_WAREHOUSES = ("postgres",)
_TYPES = {"string": click.STRING, "int": click.INT, "float": click.FLOAT, "bool": click.BOOL}


class _Template(Struct, frozen=True):
    """Fields of a target: those that are always the same, and what is asked for."""

    fixed: Mapping[str, Any]
    prompts: Mapping[str, Any]


_POSTGRES = _Template(
    {"type": "postgres"},
    {
        "host": {"hint": "hostname for the instance"},
        "port": {"default": 5432, "type": "int"},
        "user": {"hint": "dev username"},
        "pass": {"hint": "dev password", "hide_input": True},
        "dbname": {"hint": "default database that models are built in"},
        "schema": {"hint": "default schema that models are built in"},
        "threads": {"hint": "1 or more", "type": "int", "default": 1},
    },
)


def ask_for_profile(name: str, path: Path, project: Path) -> bool:
    """Ask for the fields of a profile, and write it. False if one of that name is there and is to stay."""
    known = _read(path)
    if name in known and not click.confirm(f"The profile {name} already exists in {path}. Continue and overwrite it?"):
        return False
    target = _asked(_template_of(project))
    output = str(target.pop("target", "dev"))
    _write(path, known, name, {"outputs": {output: target}, "target": output})
    return True


def _template_of(project: Path) -> _Template:
    """The project's own questions, if it has some that can be read; else those for a warehouse."""
    path = project / TEMPLATE_FILE
    if path.is_file():
        try:
            said = plain(parse_yaml(text_of(path, TEMPLATE_FILE), TEMPLATE_FILE))
            return _Template(dict(said.get("fixed") or {}), dict(said.get("prompts") or {}))
        except (SqlModelsError, AttributeError, TypeError, ValueError) as error:
            click.echo(f"{TEMPLATE_FILE} cannot be used: {error}", err=True)
    listed = "\n".join(f"[{number}] {each}" for number, each in enumerate(_WAREHOUSES, 1))
    click.prompt(f"Which database would you like to use?\n{listed}\n\nEnter a number", type=_one_of(_WAREHOUSES))
    return _POSTGRES


def _one_of(listed: Any) -> click.IntRange:
    return click.IntRange(1, len(listed))


def _asked(template: _Template) -> dict[str, Any]:
    """The fields of the target."""
    return _answers(template.prompts, copy.deepcopy(dict(template.fixed)))


def _answers(prompts: Mapping[str, Any], target: dict[str, Any]) -> dict[str, Any]:
    for key, said in prompts.items():
        if key.startswith("_choose"):
            options = list(said)
            listed = "\n".join(f"[{number}] {each}" for number, each in enumerate(options, 1))
            what = key.removeprefix("_choose_").replace("_", " ")
            number = click.prompt(f"{listed}\nDesired {what} option (enter a number)", type=_one_of(options))
            _answers(said[options[number - 1]], target)
        elif key.startswith("_fixed"):
            target[key.removeprefix("_fixed_")] = said
        else:
            target[key] = _answer(key, said or {})
    return target


def _answer(key: str, said: Mapping[str, Any]) -> Any:
    text = f"{key} ({said['hint']})" if said.get("hint") else key
    kind = _TYPES.get(str(said.get("type")))
    return click.prompt(text, default=said.get("default"), hide_input=bool(said.get("hide_input")), type=kind)


def _read(path: Path) -> dict[str, Any]:
    content = plain(parse_yaml(text_of(path, path.name), path.name)) if path.is_file() else None
    return content if isinstance(content, dict) else {}


def _write(path: Path, known: Mapping[str, Any], name: str, profile: Mapping[str, Any]) -> None:
    """What stands in the file stays as it is written, unless the profile takes the place of another."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.is_file():
        path.touch(mode=0o600)  # it holds a password
    if name in known:
        text = yaml.safe_dump({**known, name: dict(profile)}, sort_keys=False)
    else:
        before = text_of(path, path.name).rstrip()
        text = (f"{before}\n\n" if before else "") + yaml.safe_dump({name: dict(profile)}, sort_keys=False)
    path.write_text(text, encoding="utf-8")
