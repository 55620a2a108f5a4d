"""Flags -> the chosen nodes: resource types, and a word when a selector names nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.cli.opening import write_manifest
from airflow_sqlmodels.cli.telling import tell_warning
from airflow_sqlmodels.cli.warnings import BROKEN_CONTRACT, LARGE_SEED, NOTHING_SELECTED, SELECT_IGNORED
from airflow_sqlmodels.errors import ContractChangeError, Location, SqlModelsError
from airflow_sqlmodels.graph.contract_changes import Promise
from airflow_sqlmodels.graph.selection import nearest
from airflow_sqlmodels.graph.state import LargeSeed, State
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.run.plan import COMMANDS, Plan, make_plan

NOTHING = "Nothing to do: the selection names no node of this kind."


def tell_nothing(flags: Flags) -> None:
    """Say that there is nothing to do. Raises StrictWarningError under --warn-error."""
    tell_warning(flags, Warned(NOTHING, "NothingToDo"))


_LIMIT = "maximum_seed_size_mib"


def chosen_plan(flags: Flags, manifest: Manifest, command: str) -> Plan:
    """The steps of a command over the nodes that the flags choose.

    As in dbt manifest.json is there also if nothing can be chosen so.
    """
    try:
        return _plan(flags, manifest, command)
    except SqlModelsError:
        write_manifest(flags, manifest)
        raise


def _plan(flags: Flags, manifest: Manifest, command: str) -> Plan:
    warn_ignored(flags)
    meant = kinds(flags.resource_type, COMMANDS[command], COMMANDS[command])
    foreign = [each for each in meant if each not in COMMANDS[command]]  # `test` builds no model, whatever is said
    plan = make_plan(
        manifest,
        command=command,
        select=flags.select,
        exclude=flags.exclude,
        selector=flags.selector,
        indirect=flags.indirect(manifest),
        resource_types=meant,
        exclude_resource_types=(*flags.exclude_resource_type, *foreign),
        state=earlier_state(flags, manifest),
    )
    warn_unmatched(flags, manifest, plan.unmatched)
    return plan


def earlier_state(flags: Flags, manifest: Manifest) -> State | None:
    """What `--state` names, to select by; None if nobody said."""
    if flags.state is None:
        return None
    from airflow_sqlmodels.artifacts.earlier import state_in  # noqa: PLC0415  # few runs have a state

    target = flags.target_folder(manifest)
    if flags.folder(flags.state).resolve() == target.resolve():
        said = f"The state and target directories are the same: '{flags.state}'. Each run writes over that state"
        tell_warning(flags, Warned(said, "WarnStateTargetEqual", {"state_path": str(flags.state)}))
    found = state_in(flags.folder(flags.state), manifest, target)
    return replace(
        found,
        on_broken=lambda promise, changes: _tell_broken(flags, promise, changes),
        on_large_seed=lambda seed, what: _tell_large(flags, seed, what),
    )


def _tell_broken(flags: Flags, promise: Promise, changes: Sequence[str]) -> None:
    """A warning; of a model with versions an error, as others rely on its versions."""
    listed = "".join(f"\n  - {each}" for each in changes)
    if promise.versioned:
        hint = "add to it instead, or make a new version of the model"
        raise ContractChangeError(f"{promise.name} broke its contract since {flags.state}:{listed}",
                                  Location(promise.path, 1), hint)  # fmt: skip
    found = "While comparing to previous project state, dbt detected a breaking change to an unversioned model"
    said = f"{promise.path}: {found}: {promise.name}, since {flags.state}:{listed}"
    tell_warning(flags, Warned(said, BROKEN_CONTRACT))


def _tell_large(flags: Flags, seed: str, what: LargeSeed) -> None:
    taken = {"grown": "it was smaller, so it has changed", "unmoved": "its path is the same, so it counts as unchanged"}
    verdict = taken.get(what, "its path is another, so it counts as changed")
    limit = flags.said.get(_LIMIT, flags.log.project_flags.get(_LIMIT, 1))
    said = f"the file of {seed} is >{limit}MiB, too large to be compared: {verdict}"
    tell_warning(flags, Warned(said, LARGE_SEED[what]))


def kinds(said: Sequence[str], usual: Sequence[str], every: Sequence[str]) -> tuple[str, ...]:
    """The resource types that are meant: `default` and `all` stand for several."""
    meant: list[str] = []
    for each in said:
        meant += {"default": usual, "all": every}.get(each, (each,))
    return tuple(dict.fromkeys(meant)) if said else tuple(usual)


def warn_ignored(flags: Flags) -> None:
    """A warning if a selector by name keeps other choices from counting."""
    if flags.selector and (flags.select or flags.exclude):
        tell_warning(flags, Warned("--select and --exclude do not count beside --selector", SELECT_IGNORED))


def warn_unmatched(flags: Flags, manifest: Manifest, unmatched: Iterable[str]) -> None:
    """A warning for each expression that named nothing, with the nearest name."""
    for expression in unmatched:
        hint = nearest(manifest, [expression])
        text = f"the selection {expression!r} names nothing{', ' + hint if hint else ''}"
        tell_warning(flags, Warned(text, NOTHING_SELECTED, {"spec_raw": expression}))
