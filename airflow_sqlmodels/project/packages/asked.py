"""What is asked for: one entry of packages.yml, dependencies.yml, package-lock.yml, or of a package on the hub."""

from __future__ import annotations

from msgspec import Struct

from airflow_sqlmodels.errors import Location


class HubPackage(Struct, frozen=True, kw_only=True):
    """A package of the hub, with the versions that will do."""

    name: str
    """With its namespace: `dbt-labs/dbt_utils`."""
    versions: tuple[str, ...]
    """Bounds that all have to hold."""
    prerelease: bool = False
    at: Location

    @property
    def key(self) -> str:
        """Entries of one key mean one package."""
        return self.name

    @property
    def shown(self) -> str:
        """What users are told."""
        return self.name

    @property
    def wanted(self) -> str:
        """Which version is asked for."""
        return ",".join(self.versions)


class GitPackage(Struct, frozen=True, kw_only=True):
    """A package in a git repository."""

    url: str
    """May hold a password: it is never shown."""
    template: str
    """The URL before it was rendered, as it goes into the lock file."""
    revision: str | None = None
    """A tag, branch or commit. None: the repository's default branch."""
    subdirectory: str | None = None
    warn_unpinned: bool = True
    hidden: tuple[tuple[str, str], ...] = ()
    """Revision and subdirectory, if they are made of secrets: the value, and the template that is shown instead."""
    shown: str
    at: Location

    @property
    def key(self) -> str:
        """Entries of one key mean one package; `.git` at the end of the URL makes no difference."""
        url = self.url.removesuffix("/").removesuffix(".git")
        return f"{url}/{self.subdirectory}" if self.subdirectory else url

    @property
    def wanted(self) -> str:
        """Which revision is asked for."""
        return self.hide(self.revision or "the default branch")

    def hide(self, text: str) -> str:
        """The text without what was made of secrets."""
        for value, template in self.hidden:
            text = text.replace(value, template)
        return text


class TarballPackage(Struct, frozen=True, kw_only=True):
    """A package in a compressed archive."""

    url: str
    """May hold a password: it is never shown."""
    template: str
    """The URL before it was rendered, as it goes into the lock file."""
    name: str
    shown: str
    at: Location

    @property
    def key(self) -> str:
        """Entries of one key mean one package."""
        return self.name

    @property
    def wanted(self) -> str:
        """Which archive is asked for."""
        return self.shown


class LocalPackage(Struct, frozen=True, kw_only=True):
    """A package in a folder, as a path from the root project."""

    path: str
    at: Location

    @property
    def key(self) -> str:
        """Entries of one key mean one package."""
        return self.path

    @property
    def shown(self) -> str:
        """What users are told."""
        return self.path

    @property
    def wanted(self) -> str:
        """Which folder is asked for."""
        return self.path


Package = HubPackage | GitPackage | TarballPackage | LocalPackage
