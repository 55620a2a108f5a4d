"""profiles.yml: where a project writes when no Airflow connection says it.

Passwords stand in this file. So no error shows a line of it, only the key at fault, nor a value that may be secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.errors import (
    Location,
    MissingEnvVarError,
    ProfileError,
    ProjectError,
    SqlModelsError,
    closest,
    line_location,
)
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE, Target
from airflow_sqlmodels.project.rendering import YamlRenderer
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.yaml_text import parse_yaml, place_in, plain
from airflow_sqlmodels.templating.variables import EnvVar, Var

_SHOWN = ("host", "port", "user", "role", "search_path", "sslmode", "keepalives_idle", "connect_timeout", "retries")
"""Fields of a profile that templates may see. Everything else, secrets above all, stays here."""
_OPEN = (*_SHOWN, "type", "schema", "dbname", "database", "threads", "target")
"""Fields whose values errors may show."""
_NUMBERS = ("threads", "port", "retries", "connect_timeout", "keepalives_idle")
_QUOTED = re.compile(r"""(['"])(?!<)[^'"]{2,}\1""")
"""A text that a parser quotes from the file: an alias, a tag."""


class Profile(Struct, frozen=True):
    """One output of a profile."""

    target: Target
    connection: Mapping[str, Any]
    """What is needed to connect, secrets included: for the driver, for nobody else."""
    at: Location
    """Where the target stands."""

    def __repr__(self) -> str:
        return f"Profile({self.target!r})"


def find_profiles_file(root: Path, profiles_dir: Path | None) -> Path | None:
    """The profiles.yml that dbt would take: --profiles-dir, DBT_PROFILES_DIR, the project, the home folder."""
    return next((path for path in _places(root, profiles_dir) if path.is_file()), None)


def profiles_place(root: Path, profiles_dir: Path | None) -> Path:
    """The profiles.yml that there is, or where it is looked for last."""
    return find_profiles_file(root, profiles_dir) or _places(root, profiles_dir)[-1]


def need_profiles_file(root: Path, profiles_dir: Path | None) -> Path:
    """The profiles.yml. Raises ProfileError if there is none."""
    path = find_profiles_file(root, profiles_dir)
    if path is None:
        looked = profiles_dir or f"{root} and ~/.dbt"
        raise ProfileError(f"no profiles.yml in {looked}", None, "write one, or name its folder with --profiles-dir")
    return path


def _places(root: Path, profiles_dir: Path | None) -> list[Path]:
    said = profiles_dir or (Path(os.environ["DBT_PROFILES_DIR"]) if os.environ.get("DBT_PROFILES_DIR") else None)
    folders = [said] if said else [Path.cwd(), root, Path.home() / ".dbt"]
    return [folder / "profiles.yml" for folder in folders]


def read_profile(
    root: Path,
    name: str,
    *,
    profiles_dir: Path | None = None,
    target: str | None = None,
    vars: Mapping[str, Any] | None = None,  # noqa: A002  # dbt's word
    env_var: EnvVar | None = None,
) -> Profile:
    """The output `target` of the profile `name`. Raises ProfileError if there is none, or it lacks something."""
    path = need_profiles_file(root, profiles_dir)
    profiles = _parsed(path)
    known = [key for key in profiles or {} if key != "config"]
    if not isinstance(profiles, dict) or name not in profiles:
        hint = closest(name, known) or f"it has {', '.join(map(repr, known)) or 'none'}"
        raise ProfileError(f"Could not find profile named {name!r} in {path}", _place_of_name(root, name), hint)
    renderer = YamlRenderer({"env_var": env_var or EnvVar({}, secrets_allowed=True), "var": Var(vars or {}, str)})
    return _profile(name, *_output(profiles, name, target, renderer, path.name))


def _parsed(path: Path) -> Any:
    try:
        return parse_yaml(text_of(path, path.name), path.name)
    except ProjectError as error:
        at = error.at and Location(path.name, error.at.line, error.at.column)
        marked = any(word in error.what for word in ("alias", "tag", "anchor", "character"))
        hint = "quote the value: YAML has a meaning for & * ! % @ ` at its beginning" if marked else error.hint
        raise ProfileError(_QUOTED.sub("…", error.what), at, hint) from None  # it may quote a password


def _place_of_name(root: Path, name: str) -> Location | None:
    """Where dbt_project.yml names the profile; None if --profile did."""
    try:
        text = text_of(root / PROJECT_FILE, PROJECT_FILE)
    except OSError:
        return None
    found = re.search(rf"^profile:\s*['\"]?{re.escape(name)}\b", text, re.MULTILINE)
    return found and line_location(text, text.count("\n", 0, found.start()) + 1, PROJECT_FILE)


def _key_in(container: Any, key: str, path: str) -> Location:
    """The place of a key, with nothing of what stands beside it."""
    at = place_in(container, key, path)
    return Location(path, at.line, at.column, f"{' ' * (at.column - 1)}{key}:") if at.column else at


def _output(
    profiles: Any, name: str, target: str | None, renderer: YamlRenderer, path: str
) -> tuple[dict[str, Any], str, Location, Mapping[str, Location]]:
    """The fields of a target, its name, its place, and those of its fields."""
    profile = profiles[name]
    at = _key_in(profiles, name, path)
    outputs = profile.get("outputs") if isinstance(profile, dict) else None
    if not isinstance(outputs, dict) or not outputs:
        raise ProfileError(f"the profile {name!r} has no outputs", at, "add 'outputs:' with one entry per target")
    default = _value(renderer, "target", profile.get("target", "default"), _key_in(profile, "target", path))
    chosen = str(target or os.environ.get("DBT_TARGET") or default)
    if chosen not in outputs:
        hint = closest(chosen, outputs) or f"it has {', '.join(map(repr, outputs))}"
        raise ProfileError(f"The profile {name!r} does not have a target named {chosen!r}", at, hint)
    output, place = outputs[chosen], _key_in(outputs, chosen, path)
    if not isinstance(output, dict):
        raise ProfileError(f"the target {chosen!r} of the profile {name!r} is empty", place)
    places = {key: _key_in(output, key, path) for key in output}
    return {key: _value(renderer, key, plain(each), places[key]) for key, each in output.items()}, chosen, place, places


def _value(renderer: YamlRenderer, key: str, value: Any, at: Location) -> Any:
    """The value of a field, rendered."""
    try:
        return renderer.value(value, at)
    except SqlModelsError as error:
        if key == "password" and _is_left(error):
            return value
        told_by_name = error.what.startswith(("Env var required", "Required var"))
        if key in _OPEN or told_by_name:
            raise ProfileError(error.what, at, error.hint) from (error if told_by_name else None)
        hint = "a value that holds {{ or {% is a template: check its braces, or read it with env_var()"
        raise ProfileError(f"the value of {key!r} cannot be rendered", at, hint) from None  # the reason quotes it


def _is_left(error: SqlModelsError) -> bool:
    """Whether a password stays as it is written, as in dbt: it may hold braces, and not every login asks for it."""
    # Jinja itself is not imported for a name
    return isinstance(error, MissingEnvVarError) or type(error.__cause__).__name__ == "TemplateSyntaxError"


def _profile(name: str, output: dict[str, Any], chosen: str, at: Location, places: Mapping[str, Location]) -> Profile:
    database = output.get("dbname") or output.get("database")
    missing = [key for key in ("type", "schema") if not output.get(key)] + ([] if database else ["dbname"])
    if missing:
        raise ProfileError(f"the target {chosen!r} of the profile {name!r} lacks {', '.join(map(repr, missing))}", at,
                           f"add it below {chosen!r}")  # fmt: skip
    _check(output, places)
    shown = {key: output[key] for key in _SHOWN if output.get(key) is not None}
    target = Target(
        name=chosen,
        schema=str(output["schema"]),
        database=str(database),
        type=str(output["type"]),
        profile_name=name,
        threads=int(output.get("threads") or 1),
        extra=shown,
    )
    return Profile(target, output, at)


def _check(output: Mapping[str, Any], places: Mapping[str, Location]) -> None:
    """Raises ProfileError for a type that is not known, a number that is none, a search_path that is no text."""
    try:
        dialect_named(str(output["type"]))
    except ProfileError as error:
        raise ProfileError(error.what, places["type"], error.hint) from None
    for key in _NUMBERS:
        if output.get(key) not in (None, "") and not re.fullmatch(r"\s*\d+\s*", str(output[key])):
            raise ProfileError(f"{key!r} is not a number: {str(output[key])!r}", places[key], "write it in digits")
    if isinstance(output.get("search_path"), (list, dict)):
        raise ProfileError("'search_path' is no text", places["search_path"], "write it as Postgres does: one, two")
