"""What one package says of a model or seed that stands in another one."""

from __future__ import annotations

from collections.abc import Iterable

from airflow_sqlmodels.errors import NamingError
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry

Key = tuple[str, str, str]
"""Kind, package and name."""


def described_elsewhere(parts: Parts, built: Iterable[AnyNode]) -> dict[Key, Entry]:
    """For nodes that their own package does not describe: the entry of another package that holds for them.

    As in dbt, it holds if that package has no node of the name itself, or its own is disabled. Raises NamingError if
    two entries describe a node, or if several packages have one of the name.
    """
    enabled = {
        (node.id.partition(".")[0], node.package, node.name)
        for node in built
        if node.config.get("enabled", True) is not False
    }
    packages = dict.fromkeys((parts.settings.name, *parts.projects))
    found: dict[Key, Entry] = {}
    for key, entry in parts.entries.items():
        if entry.kind in ("model", "seed") and entry.version is None and key not in enabled:
            others = [each for package in packages if (each := (entry.kind, package, entry.name)) in enabled]
            if len(others) > 1:
                owners = " and ".join(repr(package) for _, package, _ in others)
                what = f"the {entry.kind} {entry.name!r} is in the packages {owners}: which one is described?"
                raise NamingError(what, entry.at, "describe it in the package that it is in")
            for other in others:
                twin = parts.entries.get(other) or found.setdefault(other, entry)
                if twin is not entry and not twin.content.get("versions"):
                    raise twice(entry, twin)
    return found


def twice(entry: Entry, twin: Entry) -> NamingError:
    """What is wrong with a second entry for one node."""
    what = f"the {entry.kind} {entry.name!r} is described twice: also in {twin.at}"
    return NamingError(what, entry.at, "keep one of the two entries")
