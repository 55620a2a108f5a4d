"""From what is asked for to one version of each package, with all that these ask for in turn.

As dbt does it: level by level, each time the newest version that suits everyone who has asked so far. What only a
version asked for that was given up meanwhile is left out in the end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct, field
from msgspec.structs import replace

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.packages.asked import GitPackage, HubPackage, Package, TarballPackage
from airflow_sqlmodels.project.packages.choosing import Demand, chosen_version, conflict
from airflow_sqlmodels.project.packages.fetch import Fetcher, Found, at_once
from airflow_sqlmodels.project.packages.git import is_unpinned


class Rules(Struct, frozen=True):
    """How versions are chosen, and who is told of what is odd."""

    dbt_version: str | None
    """Versions that were not made for it are passed over; None: any will do."""
    warn: Callable[[Warned], None]


def resolve(asked: Iterable[Package], fetcher: Fetcher, rules: Rules, root_name: str) -> list[Found]:
    """One version of each package. Raises ProjectError if there is none that suits everyone."""
    search = _Search(fetcher, rules)
    waiting = [Demand(package) for package in asked]
    first = [demand.package.key for demand in waiting]
    while waiting:
        waiting = search.go_on(waiting)
    found = search.reachable(first)
    _refuse_twins(found, search.demands, root_name)
    return found


class _Search(Struct, frozen=True):
    fetcher: Fetcher
    rules: Rules
    demands: dict[str, list[Demand]] = field(default_factory=dict)
    chosen: dict[str, tuple[Package, Found]] = field(default_factory=dict)
    """By key: what was chosen, and what was found there."""

    def go_on(self, waiting: Sequence[Demand]) -> list[Demand]:
        """Choose anew where there are new demands; what the chosen packages demand in turn."""
        touched = list(dict.fromkeys(demand.package.key for demand in waiting))
        for demand in waiting:
            known = self.demands.setdefault(demand.package.key, [])
            if demand not in known:
                known.append(demand)
        choices = at_once(self._choice, touched)
        fresh = [choice for choice in choices if self._is_new(choice)]
        looked_at = at_once(self.fetcher.found, fresh)
        new: list[Demand] = []
        for choice, found in zip(fresh, looked_at, strict=True):
            self.chosen[choice.key] = (choice, found)
            self._tell(choice)
            new += [Demand(package, self.demands[choice.key][0]) for package in found.asks]
        return new

    def reachable(self, first: Iterable[str]) -> list[Found]:
        """What was chosen, without what nothing leads to any more; in the order in which it was met."""
        seen: set[str] = set()
        waiting = list(first)
        while waiting:
            key = waiting.pop()
            if key not in seen:
                seen.add(key)
                waiting += [package.key for package in self.chosen[key][1].asks]
        return [found for key, (_choice, found) in self.chosen.items() if key in seen]

    def _choice(self, key: str) -> Package:
        demands = self.demands[key]
        kinds = {type(demand.package) for demand in demands}
        if len(kinds) > 1:
            raise conflict(demands, "is asked for from different places", "let all of them name the same place")
        package = demands[0].package
        if isinstance(package, HubPackage):
            return chosen_version(demands, self.fetcher.hub.listing(package), self.rules.dbt_version)
        return _one_revision(demands) if isinstance(package, GitPackage) else package

    def _is_new(self, choice: Package) -> bool:
        before = self.chosen.get(choice.key)
        return before is None or before[0].wanted != choice.wanted

    def _tell(self, choice: Package) -> None:
        if isinstance(choice, HubPackage):
            moved = self.fetcher.hub.listing(choice).moved_to
            if moved:
                text = f"{choice.at}: The `{choice.name}` package is deprecated in favor of `{moved}`: ask for that one"
                data = {"old_name": choice.name, "new_name": moved}
                self.rules.warn(Warned(text, "PackageRedirectDeprecation", data))
        if isinstance(choice, GitPackage) and is_unpinned(choice):
            text = (
                f"{choice.at}: {choice.shown} is not pinned, it is taken from {choice.wanted}; "
                "name a tag or commit with 'revision', or write 'warn-unpinned: false'"
            )
            self.rules.warn(Warned(text, "DepsUnpinned", {"git": choice.shown, "revision": choice.wanted}))
        if isinstance(choice, TarballPackage) and len({each.package.wanted for each in self.demands[choice.key]}) > 1:
            text = f"{choice.at}: {choice.name} is asked for with several URLs; this one is taken"
            self.rules.warn(Warned(text))


def _one_revision(demands: Sequence[Demand]) -> GitPackage:
    packages = [demand.package for demand in demands if isinstance(demand.package, GitPackage)]
    revisions = list(dict.fromkeys(each.revision for each in packages if each.revision is not None))
    if len(revisions) > 1:
        raise conflict(demands, "is asked for in different revisions", "let all of them name the same revision")
    quiet = all(each.warn_unpinned for each in packages)
    hidden = tuple(pair for each in packages for pair in each.hidden)
    return replace(packages[0], revision=revisions[0] if revisions else None, warn_unpinned=quiet, hidden=hidden)


def _refuse_twins(found: Sequence[Found], demands: Mapping[str, Sequence[Demand]], root_name: str) -> None:
    seen: dict[str, Found] = {}
    for each in found:
        if each.name == root_name:
            asker = demands[each.package.key][0]
            raise ProjectError(f"{each.package.shown} has the name of this project: {root_name!r}", asker.package.at)
        twin = seen.setdefault(each.name, each)
        if twin is not each:
            both = [*demands[twin.package.key], *demands[each.package.key]]
            raise conflict(both, f"both bring a project named {each.name!r}", "keep one of them")
