"""Tells warnings: by dbt's names, as errors or not at all if the user says so; deprecations once, and counted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from airflow_sqlmodels.cli.event_names import DEPRECATIONS, SUMMARY, WARNINGS
from airflow_sqlmodels.errors import StrictWarningError
from airflow_sqlmodels.manifest.warned import Warned

if TYPE_CHECKING:
    from airflow_sqlmodels.cli.flags import Flags

_AGAIN = (
    "To see each of them, run again with --show-all-deprecations; with --no-partial-parse too, as some are found only "
    "when the files are read."
)


def tell_warning(flags: Flags, warned: Warned) -> None:
    """Tell a warning. Raises StrictWarningError instead if it is to be an error."""
    log = flags.log
    if warned.name in DEPRECATIONS:
        log.deprecations[warned.name] += 1
        if log.deprecations[warned.name] > 1 and not flags.show_all_deprecations:
            return
    rule = flags.rule(warned.name)
    if rule == "error":
        label = f"[{warned.name}] " if warned.name else ""
        raise StrictWarningError(f"{label}{warned.text}\n(a warning, and --warn-error is set)")
    if rule == "warn":
        log.warn(warned.text, warned.name, WARNINGS.get(warned.name, ""), warned.data)


def tell_all(flags: Flags, several: Iterable[Warned]) -> None:
    """Tell warnings. Raises StrictWarningError for all those together that are to be errors."""
    raised: list[str] = []
    for warned in several:
        try:
            tell_warning(flags, warned)
        except StrictWarningError as error:
            raised.append(str(error))
    if raised:
        raise StrictWarningError("\n".join(raised))


def tell_deprecations(flags: Flags) -> None:
    """Say how often each deprecation was met, if any was."""
    counts = flags.log.deprecations
    if not counts or flags.rule(SUMMARY) == "silence":
        return
    summaries = [
        {"event_name": name, "event_code": DEPRECATIONS[name], "occurrences": count} for name, count in counts.items()
    ]
    lines = [f"- {name}: {count} occurrence{'s' * (count != 1)}" for name, count in counts.items()]
    hint = [] if flags.show_all_deprecations else [_AGAIN]
    text = "\n".join(("Deprecations that were met:", *lines, *hint))
    data = {"summaries": summaries, "show_all_hint": not flags.show_all_deprecations}
    flags.log.warn(text, SUMMARY, WARNINGS[SUMMARY], data)
