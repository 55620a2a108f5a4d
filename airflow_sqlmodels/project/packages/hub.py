"""The hub: which versions of a package there are, what each asks for, and where it is."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from threading import Lock as Mutex
from typing import Any

from msgspec import Struct, field

from airflow_sqlmodels.errors import ProjectError, SqlModelsError, closest
from airflow_sqlmodels.project.packages.asked import HubPackage
from airflow_sqlmodels.project.packages.secrets import shown_url
from airflow_sqlmodels.project.packages.web import GarbledError, NotThereError, Web
from airflow_sqlmodels.project.semver import allowed, bound, is_version, rank

PUBLIC_HUB = "https://hub.getdbt.com/"
"""Where dbt looks; DBT_PACKAGE_HUB_URL names another."""


class Release(Struct, frozen=True):
    """One version of a package."""

    version: str
    name: str
    """The project's name: that of its folder in dbt_packages."""
    asks: tuple[Mapping[str, Any], ...]
    needs_dbt: tuple[str, ...]
    """Bounds on dbt's version."""
    tarball: str

    def suits(self, dbt_version: str) -> bool:
        """Whether it was made for that version of dbt, as far as it says."""
        try:
            return all(bound(each).allows(rank(dbt_version)) for each in self.needs_dbt)
        except ValueError:  # what cannot be understood forbids nothing
            return True


class Listing(Struct, frozen=True):
    """All that the hub says of a package."""

    package: str
    releases: Mapping[str, Release]
    moved_to: str = ""
    """Its new name, if it has one."""

    def versions(self, prerelease: bool, dbt_version: str | None) -> list[str]:
        """Its versions, oldest first; with `dbt_version`, those that suit it."""
        return [
            version
            for version in allowed(self.releases, ())
            if (prerelease or rank(version).is_release)
            and (dbt_version is None or self.releases[version].suits(dbt_version))
        ]


class Hub(Struct):
    """Asks the hub, about each package once."""

    web: Web
    url: str = field(default_factory=lambda: hub_url())
    _known: dict[str, Listing] = field(default_factory=dict)
    _mutex: Mutex = field(default_factory=Mutex)

    def listing(self, package: HubPackage) -> Listing:
        """What is known of the package. Raises ProjectError, with the nearest name, if there is none of that name."""
        with self._mutex:
            known = self._known.get(package.name)
        if known is None:
            known = self._ask(package)
            with self._mutex:
                self._known[package.name] = known
        return known

    def _ask(self, package: HubPackage) -> Listing:
        try:
            return self.web.read(f"{self.url}api/v1/{package.name}.json", lambda body: _listing(package.name, body))
        except NotThereError:
            what = f"{shown_url(self.url)} has no package {package.name!r}"
            raise ProjectError(what, package.at, self._near(package)) from None
        except SqlModelsError as error:
            raise SqlModelsError(error.what, package.at, error.hint) from error

    def _near(self, package: HubPackage) -> str:
        try:
            names = self.web.read(f"{self.url}api/v1/index.json", _names)
        except SqlModelsError:
            return ""
        return closest(package.name, names)


def hub_url() -> str:
    """The address of the hub, with a slash at its end."""
    said = os.environ.get("DBT_PACKAGE_HUB_URL") or os.environ.get("DBT_ENGINE_PACKAGE_HUB_URL") or PUBLIC_HUB
    return said if said.endswith("/") else said + "/"


def _listing(package: str, body: bytes) -> Listing:
    content = _json(body)
    try:
        releases = {version: _release(version, said) for version, said in content["versions"].items()}
        home, _, name = package.partition("/")
        moved = f"{content.get('redirectnamespace') or home}/{content.get('redirectname') or name}"
    except (AttributeError, KeyError, TypeError) as error:
        raise GarbledError(f"the hub's answer lacks {error}") from error
    usable = {version: release for version, release in releases.items() if is_version(version)}
    return Listing(package, usable, moved if moved != package else "")


def _release(version: str, said: Mapping[str, Any]) -> Release:
    needs = said.get("require_dbt_version") or ()
    bounds = needs if isinstance(needs, list) else [needs] if needs else ()
    return Release(
        version, said["name"], tuple(said["packages"] or ()), tuple(map(str, bounds)), said["downloads"]["tarball"]
    )


def _names(body: bytes) -> list[str]:
    return [str(each) for each in _json(body)]


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise GarbledError(f"this is not JSON: {error}") from error
