"""The selector methods that look back: `state:`, `result:` and `source_status:`."""

from __future__ import annotations

from airflow_sqlmodels.graph.asked import NO_STATE, Asked, Predicate, one_of
from airflow_sqlmodels.graph.state import SUB_SELECTORS

RESULTS = ("success", "error", "fail", "warn", "pass", "skipped", "no-op", "partial success", "runtime error", "reused")
"""What can come of a node."""


_TARGET = "name a folder that holds the 'target' of an earlier run"


def state(asked: Asked) -> Predicate:
    """Nodes by what became of them since the earlier state."""
    earlier = asked.earlier()
    if not earlier.known:
        raise asked.refuse(f"{NO_STATE}: there is no manifest.json in the state folder {earlier.folder!r}", _TARGET)
    if asked.value in ("modified", "unmodified", "modified.contract"):
        earlier.look_for_removed(asked.manifest.nodes, asked.manifest.disabled)
    sides = {f"modified.{side}": side for side in SUB_SELECTORS}
    match one_of(asked, ("new", "old", "modified", "unmodified", *sides), "state"):
        case "new":
            return earlier.is_new
        case "old":
            return lambda node: not earlier.is_new(node)
        case "modified":
            return earlier.changed
        case "unmodified":
            return lambda node: not earlier.changed(node)
        case side:
            return lambda node: earlier.side_changed(node, sides[side])


def result(asked: Asked) -> Predicate:
    """Nodes by what came of them in the run that the earlier state tells of."""
    statuses = asked.earlier().statuses
    if statuses is None:
        raise asked.refuse("this needs the results of an earlier run", _without(asked, "run_results.json"))
    wanted = one_of(asked, RESULTS, "result")
    return lambda node: statuses.get(node.id) == wanted


def source_status(asked: Asked) -> Predicate:
    """Sources by whether they got newer rows since the earlier state: `fresher`."""
    fresher = asked.earlier().fresher
    if fresher is None:
        raise asked.refuse("this needs the ages of the sources, then and now", _without(asked, "sources.json"))
    one_of(asked, ("fresher",), "source status")
    return lambda node: node.id in fresher


def _without(asked: Asked, name: str) -> str:
    hint = f"there is no {name} in {asked.earlier().folder!r}"
    return hint if name != "sources.json" else f"{hint}, or none here: 'sqlmodels source freshness' writes it"
