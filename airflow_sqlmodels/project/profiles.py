"""profiles.yml: where a project writes when no Airflow connection says it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from airflow_sqlmodels.errors import Location, ProfileError, closest
from airflow_sqlmodels.manifest.manifest import Target
from airflow_sqlmodels.project.rendering import YamlRenderer
from airflow_sqlmodels.project.yaml_text import parse_yaml, place_in, plain
from airflow_sqlmodels.templating.variables import EnvVar, Var

_SHOWN = ("host", "port", "user", "role", "search_path", "sslmode", "keepalives_idle", "connect_timeout", "retries")
"""Fields of a profile that templates may see. Everything else, secrets above all, stays here."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One output of a profile."""

    target: Target
    connection: Mapping[str, Any]
    """What is needed to connect, secrets included: for the driver, for nobody else."""

    def __repr__(self) -> str:
        return f"Profile({self.target!r})"


def find_profiles_file(root: Path, profiles_dir: Path | None) -> Path | None:
    """The profiles.yml that dbt would take: --profiles-dir, DBT_PROFILES_DIR, the project, the home folder."""
    said = profiles_dir or (Path(os.environ["DBT_PROFILES_DIR"]) if os.environ.get("DBT_PROFILES_DIR") else None)
    places = [said] if said else [Path.cwd(), root, Path.home() / ".dbt"]
    return next((place / "profiles.yml" for place in places if (place / "profiles.yml").is_file()), None)


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
    path = find_profiles_file(root, profiles_dir)
    if path is None:
        looked = profiles_dir or f"{root} and ~/.dbt"
        raise ProfileError(f"no profiles.yml in {looked}", None, "write one, or name its folder with --profiles-dir")
    text = path.read_text(encoding="utf-8")
    profiles = parse_yaml(text, path.name)
    known = [key for key in profiles or {} if key != "config"]
    if not isinstance(profiles, dict) or name not in profiles:
        hint = closest(name, known) or f"it has {', '.join(map(repr, known)) or 'none'}"
        raise ProfileError(f"no profile {name!r} in {path}", None, hint)
    renderer = YamlRenderer({"env_var": env_var or EnvVar({}, secrets_allowed=True), "var": Var(vars or {}, str)})
    output, chosen = _output(profiles, name, target, renderer, path.name, text)
    return _profile(output, name, chosen, Location(path.name))


def _output(  # the place of an error needs the file too
    profiles: Any, name: str, target: str | None, renderer: YamlRenderer, path: str, text: str
) -> tuple[dict[str, Any], str]:
    profile = profiles[name]
    at = place_in(profiles, name, path, text)
    outputs = profile.get("outputs") if isinstance(profile, dict) else None
    if not isinstance(outputs, dict) or not outputs:
        raise ProfileError(f"the profile {name!r} has no outputs", at, "add 'outputs:' with one entry per target")
    default = renderer.value(profile.get("target", "default"), at)
    chosen = str(target or os.environ.get("DBT_TARGET") or default)
    if chosen not in outputs:
        hint = closest(chosen, outputs) or f"it has {', '.join(map(repr, outputs))}"
        raise ProfileError(f"the profile {name!r} has no target {chosen!r}", at, hint)
    rendered = renderer.value(plain(outputs[chosen]), place_in(outputs, chosen, path, text))
    if not isinstance(rendered, dict):
        raise ProfileError(f"the target {chosen!r} of the profile {name!r} is empty", at)
    return rendered, chosen


def _profile(output: dict[str, Any], name: str, chosen: str, at: Location) -> Profile:
    database = output.get("dbname") or output.get("database")
    missing = [key for key in ("type", "schema") if not output.get(key)] + ([] if database else ["dbname"])
    if missing:
        raise ProfileError(f"the target {chosen!r} of the profile {name!r} lacks {', '.join(map(repr, missing))}", at)
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
    return Profile(target, output)
