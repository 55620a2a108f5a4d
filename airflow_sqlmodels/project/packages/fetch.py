"""What a package is: its name, what it asks for in turn, and its files."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from airflow_sqlmodels.errors import Location, ProjectError, SqlModelsError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.project.packages.asked import GitPackage, HubPackage, LocalPackage, Package, TarballPackage
from airflow_sqlmodels.project.packages.git import checked_out
from airflow_sqlmodels.project.packages.hub import Hub, Release
from airflow_sqlmodels.project.packages.reading import packages_in, read_asked
from airflow_sqlmodels.project.packages.secrets import without_url
from airflow_sqlmodels.project.packages.tarball import check_archive, unpacked
from airflow_sqlmodels.project.packages.web import NotThereError, Web
from airflow_sqlmodels.project.rendering import YamlRenderer
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.yaml_text import parse_yaml, place_in

AT_ONCE = 8
"""How many packages are fetched at a time."""

_NAME = re.compile(r"[^\W\d]\w*")

Given = TypeVar("Given")
Made = TypeVar("Made")


class Found(Struct, frozen=True):
    """A package that was looked at."""

    package: Package
    """With one version, or the full name of one commit."""
    name: str
    """The name of its project, and of its folder in dbt_packages."""
    asks: tuple[Package, ...]
    folder: Path | None = None
    """Its files; None if they are not fetched yet."""


def at_once(call: Callable[[Given], Made], given: Iterable[Given]) -> list[Made]:
    """`call` of each, several at a time; in their order. The first that raises stops the rest."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        futures = [threads.submit(call, each) for each in given]
        try:
            return [future.result() for future in futures]
        finally:
            threads.shutdown(wait=True, cancel_futures=True)


class Fetcher:
    """Looks at packages, and fetches them into `downloads`. Safe to be used by several threads."""

    def __init__(self, root: Path, downloads: Path, render: YamlRenderer, web: Web, hub: Hub) -> None:
        self._root = root
        self._downloads = downloads
        self._render = render
        self._web = web
        self.hub = hub

    def found(self, package: Package) -> Found:
        """Look at a package of one version. Raises ProjectError or SqlModelsError with the place that asks for it."""
        match package:
            case HubPackage():
                return self._in_hub(package)
            case GitPackage():
                return self._in_git(package)
            case TarballPackage():
                return replace(self._looked_at(package, self._archive(package, package.url)), name=package.name)
            case LocalPackage():
                return self._looked_at(package, (self._root / package.path).resolve())

    def files(self, found: Found) -> Path:
        """The folder with the package's files; they are fetched if they are not there."""
        if found.folder is not None:
            return found.folder
        assert isinstance(found.package, HubPackage)
        return self._archive(found.package, self._release(found.package).tarball)

    def _in_hub(self, package: HubPackage) -> Found:
        release = self._release(package)
        label = f"{package.name} {release.version}"
        asks = packages_in({"packages": list(release.asks)}, label, "", None).packages
        return Found(package, _checked_name(release.name, package), asks)

    def _release(self, package: HubPackage) -> Release:
        releases = self.hub.listing(package).releases
        version = package.versions[0].removeprefix("=")
        if version not in releases:
            hint = "choose again: sqlmodels deps --upgrade"
            raise ProjectError(f"the hub has no {version} of {package.name!r}", package.at, hint)
        return releases[version]

    def _in_git(self, package: GitPackage) -> Found:
        folder = self._room() / "files"
        pinned = checked_out(package, folder)
        return self._looked_at(pinned, folder / package.subdirectory if package.subdirectory else folder)

    def _archive(self, package: HubPackage | TarballPackage, url: str) -> Path:
        room = self._room()
        try:
            self._web.save(url, room / "archive", check_archive)
            return unpacked(room / "archive", room / "files")
        except NotThereError as error:
            raise ProjectError(without_url(error.what, url, package.shown), package.at) from None
        except SqlModelsError as error:
            what = without_url(error.what, url, package.shown)
            raise SqlModelsError(f"{package.shown}: {what}", package.at, error.hint) from None

    def _room(self) -> Path:
        return Path(tempfile.mkdtemp(dir=self._downloads))

    def _looked_at(self, package: Package, folder: Path) -> Found:
        path = folder / PROJECT_FILE
        if not path.is_file():
            raise ProjectError(f"no {PROJECT_FILE} in {package.shown}", package.at, _where_else(folder))
        shown = f"{package.shown}/"
        content: Any = parse_yaml(text_of(path, shown + PROJECT_FILE), shown + PROJECT_FILE)
        said = content.get("name") if isinstance(content, dict) else None
        if not said:
            raise ProjectError(f"{PROJECT_FILE} has no name", Location(shown + PROJECT_FILE))
        name = self._render.value(said, place_in(content, "name", shown + PROJECT_FILE))
        asks = read_asked(folder, self._render, shown=shown, is_root=False).packages
        return Found(package, _checked_name(name, package), asks, folder)


def _checked_name(name: Any, package: Package) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ProjectError(f"{package.shown} is named {name!r}: that cannot be the name of a folder", package.at)
    return name


def _where_else(folder: Path) -> str:
    if not folder.is_dir():
        return f"there is no folder {folder}"
    inside = sorted(str(path.parent.relative_to(folder)) for path in folder.glob(f"*/{PROJECT_FILE}"))
    return f"name the folder that has one: {inside[0]!r}" if inside else ""
