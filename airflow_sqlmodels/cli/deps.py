"""`sqlmodels deps`: chooses versions of the packages that the project asks for, and installs them."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from airflow_sqlmodels.cli.flags import Flags, flags_of
from airflow_sqlmodels.cli.opening_lines import tell_running
from airflow_sqlmodels.cli.options import global_options, option
from airflow_sqlmodels.cli.telling import tell_warning
from airflow_sqlmodels.errors import Location, ProjectError, SettingsError
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.installed import LOCK_FILE
from airflow_sqlmodels.project.packages.adding import add_package
from airflow_sqlmodels.project.packages.asked import GitPackage, HubPackage, LocalPackage, TarballPackage
from airflow_sqlmodels.project.packages.fetch import Fetcher, Found, at_once
from airflow_sqlmodels.project.packages.home import Home, home_of
from airflow_sqlmodels.project.packages.hub import Hub
from airflow_sqlmodels.project.packages.install import empty, install
from airflow_sqlmodels.project.packages.lock import Lock, digest_of, lock_text, locked_url, read_lock
from airflow_sqlmodels.project.packages.reading import Asked, read_asked, renderer
from airflow_sqlmodels.project.packages.resolve import Rules, resolve
from airflow_sqlmodels.project.packages.secrets import HIDDEN
from airflow_sqlmodels.project.packages.web import Web
from airflow_sqlmodels.project.vars_file import VARS_FILE, file_vars
from airflow_sqlmodels.templating.invocation import LANGUAGE_VERSION


@click.command()
@global_options
@option("--upgrade", is_flag=True, help="Choose versions anew: the newest that are allowed.", envvar=None)
@option("--lock", "lock_only", is_flag=True, help="Write package-lock.yml, install nothing.", envvar=None)
@option("--add-package", help="Add this package to packages.yml first: name@version.", envvar=None)
@option(
    "--source",
    type=click.Choice(("hub", "git", "local")),
    default="hub",
    help="Where the added package comes from.",
    envvar=None,
)
@click.pass_context
def deps(context: click.Context, /, upgrade: bool, lock_only: bool, **values: Any) -> int:
    """Install the packages that packages.yml or dependencies.yml asks for."""
    flags = flags_of(context)
    tell_running(flags, shown=False)
    try:
        return _deps(flags, upgrade, lock_only, values)
    except ProjectError as error:
        if error.kind != ProjectError.kind:
            raise
        raise SettingsError(error.what, error.at, error.hint) from error  # as dbt calls what is wrong with packages


def _deps(flags: Flags, upgrade: bool, lock_only: bool, values: Mapping[str, Any]) -> int:
    variables = {**file_vars(flags.project_dir, "", {}, Location(VARS_FILE)), **flags.vars}
    home = home_of(flags.project_dir, variables)
    if values["add_package"]:
        flags.log.tell(add_package(home.root, values["add_package"], values["source"]))
    asked = read_asked(home.root, renderer(variables))
    lock = read_lock(home.root, renderer(variables))
    if not asked.packages:
        return _nothing(home, lock, flags)
    with tempfile.TemporaryDirectory(prefix="sqlmodels-packages-") as downloads:
        web = Web()
        fetcher = Fetcher(home.root, Path(downloads), renderer(variables), web, Hub(web))
        if lock is None or upgrade or lock.digest != digest_of(asked.canonical):
            found = _locked_anew(home, asked, fetcher, flags)
        elif not lock_only:
            found = at_once(fetcher.found, lock.packages)
        if not lock_only:
            _install(found, fetcher, home, flags)
    return 0


def _locked_anew(home: Home, asked: Asked, fetcher: Fetcher, flags: Flags) -> list[Found]:
    rules = Rules(_dbt_version(home, flags), lambda warned: tell_warning(flags, warned))
    found = resolve(asked.packages, fetcher, rules, home.name)
    for each in found:
        if isinstance(each.package, (GitPackage, TarballPackage)) and HIDDEN in locked_url(each.package):
            text = f"{each.package.at}: a secret stands in this URL, and {LOCK_FILE} leaves it out; use env_var()"
            rules.warn(Warned(text))
    text = lock_text([(each.package, each.name) for each in found], digest_of(asked.canonical))
    (home.root / LOCK_FILE).write_text(text, encoding="utf-8")
    said = f"Updated {LOCK_FILE}: {len(found)} package{'s' * (len(found) != 1)}"
    flags.log.tell_as("DepsLockUpdating", "M031", said, {"lock_filepath": str(home.root / LOCK_FILE)})
    return found


def _install(found: list[Found], fetcher: Fetcher, home: Home, flags: Flags) -> None:
    install(found, fetcher, home.folder)
    newer = []
    for each in found:
        name, version = each.package.shown, _version(each)
        flags.log.tell_as("DepsStartPackageInstall", "M014", f"Installing {name}", {"package_name": name})
        flags.log.tell_as("DepsInstallInfo", "M015", f"  Installed from {version}", {"version_name": version})
        if isinstance(each.package, HubPackage):
            listing, ours = fetcher.hub.listing(each.package), _dbt_version(home, flags)
            newest = listing.versions(each.package.prerelease, ours)[-1:]
            newer += [f"{each.package.shown} {latest}" for latest in newest if latest != each.package.wanted]
    if newer:
        said = f"\nUpdates available: {', '.join(newer)}\nAllow them in packages.yml, then run: sqlmodels deps"
        flags.log.tell_as("DepsNotifyUpdatesAvailable", "M019", said, {"packages": newer})


def _dbt_version(home: Home, flags: Flags) -> str | None:
    """The version of dbt that packages must be made for; None under --no-version-check."""
    checked = flags.said.get("version_check", home.flags.get("version_check", True))
    return LANGUAGE_VERSION if checked else None


def _nothing(home: Home, lock: Lock | None, flags: Flags) -> int:
    """Nothing is asked for: what was installed for an earlier wish goes."""
    if lock is not None and lock.packages:
        (home.root / LOCK_FILE).write_text(lock_text([], digest_of([])), encoding="utf-8")
        empty(home.folder)
    flags.log.tell_as("DepsNoPackagesFound", "M013", "No packages are asked for in packages.yml", {})
    return 0


def _version(found: Found) -> str:
    match found.package:
        case HubPackage():
            return f"version {found.package.wanted}"
        case GitPackage():
            inside = f", subdirectory {found.package.subdirectory}" if found.package.subdirectory else ""
            return found.package.hide(f"revision {found.package.revision}{inside}")
        case TarballPackage():
            return f"tarball {found.package.shown}"
        case LocalPackage():
            return f"<local @ {found.package.path}>"
