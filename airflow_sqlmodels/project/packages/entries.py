"""One entry of packages.yml: checked, and as a value."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from airflow_sqlmodels.errors import Location, ProjectError, closest
from airflow_sqlmodels.project.packages.asked import GitPackage, HubPackage, LocalPackage, Package, TarballPackage
from airflow_sqlmodels.project.packages.secrets import is_of_secret, shown_url, without_secrets

Entry = Mapping[str, Any]

KEYS: dict[str, tuple[str, ...]] = {
    "package": ("package", "version", "install_prerelease", "name"),
    "git": ("git", "revision", "subdirectory", "warn-unpinned", "name"),
    "tarball": ("tarball", "name"),
    "local": ("local", "name"),
    "private": ("private", "provider", "revision", "subdirectory", "warn-unpinned", "name"),
}
"""By the key that says where a package comes from: all keys of its entry."""

_TEXTS = ("package", "git", "tarball", "local", "private", "subdirectory", "name")
_SWITCHES = ("install_prerelease", "warn-unpinned")


def package_of(entry: Entry, unrendered: Entry, at: Location) -> Package:
    """The package that an entry asks for. Raises ProjectError with the place if it is malformed."""
    kind = _kind(entry, at)
    _check(entry, kind, at)
    return _MAKERS[kind](entry, unrendered, at)


def canonical(entry: Entry, unrendered: Entry) -> dict[str, Any]:
    """The entry with all its keys, in the form whose hash dbt writes into the lock file."""
    kind = next(key for key in KEYS if key in entry)
    defaults = {"install_prerelease": False}
    filled = {key: entry.get(key, defaults.get(key)) for key in KEYS[kind]}
    for key in ("version", "revision"):
        if key in filled:
            filled[key] = _whole_numbers_as_text(filled[key])
    if filled["name"] is None:
        del filled["name"]
    return {**filled, "unrendered": dict(unrendered)}


def _kind(entry: Entry, at: Location) -> str:
    kinds = [key for key in KEYS if key in entry]
    if len(kinds) == 1:
        return kinds[0]
    if kinds:
        raise ProjectError(f"this package has both {kinds[0]!r} and {kinds[1]!r}", at, "keep one of them")
    near = next((hint for hint in (closest(str(key), KEYS) for key in entry) if hint), "")
    raise ProjectError("nothing says where this package comes from", at, near or f"name it with one of {list(KEYS)}")


def _check(entry: Entry, kind: str, at: Location) -> None:
    for key, value in entry.items():
        if key not in KEYS[kind]:
            raise ProjectError(f"a {kind!r} package knows no {key!r}", at, closest(str(key), KEYS[kind]))
        if key in _TEXTS and not isinstance(value, str) and not (value is None and key != kind):
            raise ProjectError(f"{key!r} is no text: {without_secrets(repr(value))}", at, "put it in quotes")
        if key in _SWITCHES and not isinstance(value, bool | None):
            raise ProjectError(f"{key!r} is true or false, not {value!r}", at)
    if not entry[kind]:
        raise ProjectError(f"{kind!r} is empty", at, "a variable in it may be empty")


def _hub(entry: Entry, _unrendered: Entry, at: Location) -> HubPackage:
    name = entry["package"]
    said = entry.get("version")
    if "/" not in name:
        raise ProjectError(f"{name!r} has no namespace", at, "names on the hub are like 'dbt-labs/dbt_utils'")
    if said is None or said == []:
        raise ProjectError(
            f"no version is asked of {name!r}", at, 'add a version, as in version: [">=1.0.0", "<2.0.0"]'
        )
    bounds = said if isinstance(said, list) else [said]
    texts = tuple(_text(each, "version", at) for each in bounds)
    return HubPackage(name=name, versions=texts, prerelease=bool(entry.get("install_prerelease")), at=at)


def _git(entry: Entry, unrendered: Entry, at: Location) -> GitPackage:
    revision, subdirectory = entry.get("revision"), entry.get("subdirectory") or None
    template = str(unrendered.get("git") or entry["git"])
    url = shown_url(entry["git"], template)
    templates = {str(entry[key]): str(unrendered[key]) for key in ("revision", "subdirectory") if entry.get(key)}
    hidden = {value: told for value, told in templates.items() if is_of_secret(value, told)}
    return GitPackage(
        url=entry["git"],
        template=template,
        revision=None if revision is None else _text(revision, "revision", at),
        subdirectory=subdirectory,
        warn_unpinned=entry.get("warn-unpinned") is not False,
        hidden=tuple(hidden.items()),
        shown=f"{url}/{hidden.get(subdirectory, subdirectory)}" if subdirectory else url,
        at=at,
    )


def _tarball(entry: Entry, unrendered: Entry, at: Location) -> TarballPackage:
    if not entry.get("name"):
        raise ProjectError("this tarball has no name", at, "add the name of the project in it: 'name: …'")
    template = str(unrendered.get("tarball") or entry["tarball"])
    url = entry["tarball"]
    return TarballPackage(url=url, template=template, name=entry["name"], shown=shown_url(url, template), at=at)


def _local(entry: Entry, _unrendered: Entry, at: Location) -> LocalPackage:
    return LocalPackage(path=entry["local"], at=at)


def _private(entry: Entry, _unrendered: Entry, at: Location) -> Package:
    hint = (
        "name the repository with 'git:', and the token with "
        "'https://{{ env_var(\"DBT_ENV_SECRET_GIT_TOKEN\") }}@host/owner/repository.git'"
    )
    raise ProjectError(
        f"private packages of dbt's own platform are not possible here: {without_secrets(repr(entry['private']))}",
        at,
        hint,
    )


_MAKERS: dict[str, Callable[[Entry, Entry, Location], Package]] = {
    "package": _hub,
    "git": _git,
    "tarball": _tarball,
    "local": _local,
    "private": _private,
}


def _text(value: Any, key: str, at: Location) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise ProjectError(f"{key!r} is no text: {value!r}", at, "put it in quotes")
    return str(value)


def _whole_numbers_as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_whole_numbers_as_text(each) for each in value]
    return str(value) if isinstance(value, int) else value
