"""Flags -> the loaded project, and sessions to its warehouse."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.artifacts.keeping import SEMANTIC, keep_manifest
from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.cli.log import MANIFEST, SEMANTIC_MANIFEST
from airflow_sqlmodels.cli.telling import tell_all, tell_warning
from airflow_sqlmodels.errors import ProfileError, UnreachableError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.project.load import load_project
from airflow_sqlmodels.project.profiles import Profile, read_profile
from airflow_sqlmodels.project.settings import profile_name
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.warehouse.session import Outcome, Session

_OF_LOADING = ("maximum_seed_size_mib",)
"""Options that count more than the project's flags of the same name while it is loaded."""


class Opened(Struct, frozen=True):
    """A project and the way to its warehouse."""

    manifest: Manifest
    profile: Profile
    open_session: Callable[[], Session]
    """A new session over a connection of its own."""


def of_loading(flags: Flags) -> dict[str, Any]:
    """What `load_project` and `load_project_file` take of the flags alike."""
    return {
        "profiles_dir": flags.profiles_dir,
        "profile": flags.profile,
        "target": flags.target,
        "vars": flags.vars,
        "version_check": flags.said.get("version_check"),
    }


def open_project(flags: Flags) -> Manifest:
    """The loaded project; its warnings are told, or raised under --warn-error."""
    manifest = load_project(
        flags.project_dir,
        **of_loading(flags),
        flags={name: flags.said[name] for name in _OF_LOADING if name in flags.said},
        said=flags.said,
        say=flags.log.said_by_template,
        show=flags.printed,
        cache=flags.partial_parse is not False,
    )
    now = datetime.datetime.now(datetime.UTC)
    held = (warned for warned in manifest.warnings if warned.holds(now))
    if manifest.settings.flag("enable_grouped_warn_error_parser_logs"):
        tell_all(flags, held)
    else:
        for warned in held:
            tell_warning(flags, warned)
    return manifest


def write_manifest(flags: Flags, manifest: Manifest, *, compiles: bool = False) -> None:
    """Bring manifest.json up to date, unless --no-write-json says not to. `compiles`: SQL of nodes is to come."""
    if flags.switch("write_json", manifest, default=True):
        path, invocation = flags.target_folder(manifest) / "manifest.json", Invocation(args=flags.said)
        keep_manifest(path, manifest, invocation, compiles=compiles)
        flags.log.wrote(MANIFEST, path)
        flags.log.wrote(SEMANTIC_MANIFEST, path.with_name(SEMANTIC))


def open_all(flags: Flags) -> Opened:
    """The loaded project, its profile with the secrets, and a way to connect. Nothing is connected yet."""
    manifest = open_project(flags)
    profile, log = profile_of(flags), flags.log
    return Opened(manifest, profile, lambda: connected(profile, log.statement if log.wants_statements else None))


def connected(profile: Profile, tell: Callable[[str, Outcome], None] | None = None) -> Session:
    """A session to the profile's warehouse. Raises ProfileError or UnreachableError with the place in profiles.yml."""
    from airflow_sqlmodels.warehouse.postgres import open_session  # noqa: PLC0415  # `ls` needs no driver

    try:
        return open_session(profile.connection, on_statement=tell)
    except (ProfileError, UnreachableError) as error:
        raise type(error)(error.what, error.at or profile.at, error.hint) from None  # the original may show secrets


def profile_of(flags: Flags) -> Profile:
    """The profile that the flags or the project name."""
    name = flags.profile or profile_name(flags.project_dir, {})
    return read_profile(flags.project_dir, name, profiles_dir=flags.profiles_dir, target=flags.target, vars=flags.vars)
