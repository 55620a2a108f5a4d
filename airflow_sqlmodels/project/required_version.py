"""`require-dbt-version`: which releases of dbt's language a project or package is made for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from airflow_sqlmodels.errors import Location, SettingsError
from airflow_sqlmodels.project.semver import Bound, bound, rank
from airflow_sqlmodels.templating.invocation import LANGUAGE_VERSION

_AROUND = "take another release of it, or use --no-version-check"


def check_version(name: str, said: Any, at: Location) -> None:
    """Raises SettingsError if the language is none that the project `name` takes, or nothing can be."""
    wanted = _split(said)
    try:
        bounds = [bound(each) for each in wanted]
    except ValueError:
        wrong = next(each for each in wanted if not _is_bound(each))
        hint = "a bound is a sign and three numbers, such as '>=1.6.0'"
        raise SettingsError(f'"{wrong}" is not a valid semantic version', at, hint) from None
    if all(each.allows(rank(LANGUAGE_VERSION)) for each in bounds):
        return
    if _contradict(bounds):
        what = f"the version requirement of the package {name!r} can never be satisfied: {', '.join(wanted)}"
        raise SettingsError(what, at, "correct require-dbt-version")
    what = f"This version of dbt is not supported with the {name!r} package: it requires {', '.join(wanted)}"
    raise SettingsError(f"{what}, and this speaks the language of {LANGUAGE_VERSION}", at, _AROUND)


def _split(said: Any) -> list[str]:
    parts = said if isinstance(said, list) else [said]
    return [each.strip() for part in parts for each in str(part).split(",")]


def _is_bound(text: str) -> bool:
    try:
        bound(text)
    except ValueError:
        return False
    return True


def _contradict(bounds: Sequence[Bound]) -> bool:
    """Whether no version meets all of them: if any does, one at a bound or right beside one does."""
    lower = [each for each in bounds if each.sign in (">", ">=", "=")]
    upper = [each for each in bounds if each.sign in ("<", "<=", "=")]
    return any(
        low.rank > high.rank or (low.rank == high.rank and (low.sign == ">" or high.sign == "<"))
        for low in lower
        for high in upper
    )
