"""Which version suits everyone who asks for a package; and if none does, who asked for what, and what would help."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from airflow_sqlmodels.errors import Location, ProjectError
from airflow_sqlmodels.project.packages.asked import HubPackage, Package
from airflow_sqlmodels.project.packages.hub import Listing
from airflow_sqlmodels.project.semver import allowed, bound


class Demand(Struct, frozen=True):
    """A package, and who asks for it."""

    package: Package
    behind: Demand | None = None
    """The demand for the package that asks for this one; None if the project itself asks."""

    @property
    def origin(self) -> str:
        """Where it stands, and why: `x/y 1.0.0, asked for by packages.yml:3:5`."""
        return f"{self.package.at}" + (f", asked for by {self.behind.origin}" if self.behind else "")

    @property
    def root(self) -> Location:
        """The place in the project's own file from which it all comes."""
        return self.behind.root if self.behind else self.package.at


def chosen_version(demands: Sequence[Demand], listing: Listing, dbt_version: str | None) -> HubPackage:
    """The newest version that suits everyone. Raises ProjectError if there is none."""
    packages = [demand.package for demand in demands if isinstance(demand.package, HubPackage)]
    for package in packages:
        _check_bounds(package)
    bounds = [each for package in packages for each in package.versions]
    prerelease = packages[0].prerelease or any(not bound(each).rank.is_release for each in bounds)
    fitting = allowed(listing.versions(prerelease, dbt_version), bounds)
    if fitting:
        return replace(packages[0], versions=(fitting[-1],), prerelease=prerelease)
    if len(demands) == 1 or not allowed(listing.releases, bounds):
        what = f"has no version {bounds[0]}" if len(bounds) == 1 else "has no version that suits everyone"
        raise conflict(demands, what, _what_would_do(demands, listing, dbt_version))
    raise conflict(demands, "has no version that suits everyone", _passed_over(listing, bounds, dbt_version))


def conflict(demands: Sequence[Demand], what: str, hint: str) -> ProjectError:
    """Who asked for what."""
    names = " and ".join(dict.fromkeys(demand.package.shown for demand in demands))
    listed = "".join(f"\n  {demand.package.wanted}: {demand.origin}" for demand in demands if len(demands) > 1)
    return ProjectError(f"{names} {what}{listed}", demands[-1].root, hint)


def _check_bounds(package: HubPackage) -> None:
    for each in package.versions:
        try:
            bound(each)
        except ValueError:
            hint = 'write all three numbers, each bound by itself: version: [">=1.0.0", "<2.0.0"]'
            raise ProjectError(f"{each!r} is no version of {package.name}", package.at, hint) from None


def _what_would_do(demands: Sequence[Demand], listing: Listing, dbt_version: str | None) -> str:
    """Which version would suit if one of those who ask did not; else what is left out, and the newest there is."""
    available = listing.versions(prerelease=False, dbt_version=dbt_version)
    for demand in demands if len(demands) > 1 else ():
        others = [each for other in demands if other is not demand for each in _bounds(other)]
        fitting = allowed(available, others)
        if fitting:
            return f"without {demand.package.wanted} of {demand.package.at}, {fitting[-1]} would do"
    bounds = [each for demand in demands for each in _bounds(demand)]
    return _passed_over(listing, bounds, dbt_version) or _newest(available)


def _passed_over(listing: Listing, bounds: Iterable[str], dbt_version: str | None) -> str:
    fitting = allowed(listing.releases, bounds)
    if not fitting:
        return ""
    version = fitting[-1]
    if dbt_version is not None and not listing.releases[version].suits(dbt_version):
        needs = ", ".join(listing.releases[version].needs_dbt)
        return f"{version} asks for dbt {needs}, and this is {dbt_version}; --no-version-check takes it all the same"
    return f"{version} is a prerelease: 'install_prerelease: true' allows it"


def _newest(available: Sequence[str]) -> str:
    return f"the newest is {available[-1]}" if available else "there is none at all"


def _bounds(demand: Demand) -> tuple[str, ...]:
    return demand.package.versions if isinstance(demand.package, HubPackage) else ()
