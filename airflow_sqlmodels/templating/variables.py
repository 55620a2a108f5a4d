"""`var()` and `env_var()`: one implementation for every phase and file."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import CompilationError, MissingEnvVarError, closest
from airflow_sqlmodels.manifest.manifest import Settings, Target

SECRET_PREFIXES = ("DBT_ENV_SECRET", "DBT_ENV_CUSTOM_ENV_SECRET")
"""Variables of these names hold secrets: profiles.yml and packages.yml may read them, SQL may not."""

_LABEL = "DBT_ENV_CUSTOM_ENV_"

_UNSET: Any = object()


def _ignore(_name: str) -> None:
    return None


def target_names(target: Target) -> dict[str, Any]:
    """What templates see as `target`: never a secret."""
    own = {"database": target.database, "schema": target.schema, "autocommit": False}
    return {
        **{key: own[key] if key in own else target.extra.get(key, usual) for key, usual in _CONNECTION.items()},
        **{key: value for key, value in target.extra.items() if key not in _CONNECTION},
        "dbname": target.database,
        "type": target.type,
        "threads": target.threads,
        "name": target.name,
        "target_name": target.name,
        "profile_name": target.profile_name,
    }


_CONNECTION: Mapping[str, Any] = {
    **dict.fromkeys(("host", "port", "user", "database", "schema")),
    "connect_timeout": 10,
    **dict.fromkeys(("role", "search_path")),
    "keepalives_idle": 0,
    **dict.fromkeys(("sslmode", "sslcert", "sslkey", "sslrootcert")),
    "application_name": "dbt",
    "autocommit": False,
    "retries": 1,
}
"""Fields of a profile for Postgres in dbt's order, with what they are if it does not say."""


def metadata_envs(own: Mapping[str, str]) -> dict[str, str]:
    """What templates see as `dbt_metadata_envs`: variables that the caller sets to label a run."""
    every = {**os.environ, **own}
    return {
        key.removeprefix(_LABEL): value
        for key, value in every.items()
        if key.startswith(_LABEL) and not key.startswith(SECRET_PREFIXES)
    }


def known_vars(settings: Settings, package: str) -> dict[str, Any]:
    """All variables as a template of `package` sees them."""
    return {**settings.project_vars.get(package, {}), **settings.vars}


class Var(Struct, frozen=True):
    """What templates call as `var`. A missing variable is None while loading, an error while compiling."""

    known: Mapping[str, Any]
    render: Callable[[str], Any]
    """Renders a value that is itself a template."""
    strict: bool = True
    hint: str = ""
    """Where a missing one can be set, if not everywhere."""

    def __call__(self, name: str, default: Any = _UNSET) -> Any:
        if name in self.known:
            value = self.known[name]
            return self.render(value) if isinstance(value, str) and "{" in value else value
        if default is not _UNSET:
            return default
        if self.strict:
            raise CompilationError(*missing_var(name, self.known, self.hint))
        return None

    def has_var(self, name: str) -> bool:
        """Whether a value is set, apart from any default."""
        return name in self.known


def missing_var(name: str, known: Mapping[str, Any], hint: str = "") -> tuple[str, None, str]:
    """What to say of a variable that has no value: message, place (not known here), hint."""
    near = closest(name, map(str, known))
    where = hint or f"set it under 'vars:' in dbt_project.yml, with --vars '{{{name}: ...}}', or as vars= of the DAG"
    return f"Required var {name!r} not found in config, and no default", None, f"{near} else {where}" if near else where


class EnvVar(Struct, frozen=True):
    """What templates call as `env_var`."""

    own: Mapping[str, str]
    """What the caller set for this project, above the process's own environment."""
    secrets_allowed: bool = False
    note: Callable[[str], object] = _ignore
    """Told each name that is read, so that a saved project knows what it depends on."""

    def __call__(self, name: str, default: Any = None) -> Any:  # no default is None, as in dbt
        if name.startswith(SECRET_PREFIXES) and not self.secrets_allowed:
            raise MissingEnvVarError(
                f"{name!r} is a secret: only profiles.yml and packages.yml may read it",
                None,
                "give SQL another variable, without the prefix DBT_ENV_SECRET",
            )
        self.note(name)
        if name in self.own:
            return self.own[name]  # None too: a unit test may say so
        value = os.environ.get(name)
        if value is not None:
            return value
        if default is not None:
            return default
        raise MissingEnvVarError(
            f"Env var required but not provided: {name!r}",
            None,
            f"set it, or write env_var({name!r}, 'a default')",
        )
