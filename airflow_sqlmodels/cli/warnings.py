"""Which warnings are errors, and which are not told: --warn-error and --warn-error-options, with dbt's names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import click

from airflow_sqlmodels.cli.event_names import DEPRECATIONS, SUMMARY, WARNINGS
from airflow_sqlmodels.errors import SqlModelsError, closest
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.project.yaml_text import parse_yaml, plain

TEST_RESULT = "LogTestResult"
"""A data test that warned."""
BROKEN_CONTRACT = "UnversionedBreakingChange"
"""A model without versions that breaks its contract."""
LARGE_SEED = {
    "grown": "SeedIncreased",
    "unmoved": "SeedExceedsLimitSamePath",
    "moved": "SeedExceedsLimitAndPathChanged",
}
"""A seed that is too large to be compared with what it was."""
NOTHING_SELECTED = "NoNodesForSelectionCriteria"
"""A selection that names nothing."""

SELECT_IGNORED = "SelectExcludeIgnoredWithSelectorWarning"
"""A selector by name beside expressions, which do not count then."""

ONLY_TOLD = frozenset(
    (
        *("FreshnessConfigProblem", "MicrobatchModelNoEventTimeInputs", "SemanticValidationFailure"),
        *("WarnStateTargetEqual", SELECT_IGNORED),
    )
)
"""What is never an error if the project's flag `require_all_warnings_handled_by_warn_error` is false."""

Rule = Literal["error", "warn", "silence"]

TODAY = {"include": "error", "exclude": "warn"}
"""What dbt called them before."""
_GROUP = "Deprecations"
"""The name of all deprecations together."""
_ALL = ("all", "*")
_KEYS = ("error", "warn", "silence", *TODAY)
_OPTIONS = "warn_error_options"
_FORM = "{error: all, warn: [LogTestResult], silence: [NoNodesForSelectionCriteria]}"


def options_of(text: str) -> dict[str, Any]:
    """The value of --warn-error-options. Raises UsageError if it is none."""
    try:
        said = plain(parse_yaml(text, "--warn-error-options"))
    except SqlModelsError as error:
        raise click.UsageError(str(error)) from None
    if not isinstance(said, dict):
        raise click.UsageError(f"--warn-error-options must be a mapping, not {text!r}: write '{_FORM}'")
    check_options(said, "--warn-error-options")
    return said


def options_of_project(flags: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """`warn_error_options` of a project's flags, if there are any. Raises UsageError if they are none."""
    if _OPTIONS not in flags:
        return None
    said, what = flags[_OPTIONS], f"{_OPTIONS} of {PROJECT_FILE}"
    if not isinstance(said, Mapping):
        raise click.UsageError(f"{what} must be a mapping, not {said!r}: write {_FORM}")
    check_options(said, what)
    return said


def refuse_both(strict: Any, project: Mapping[str, Any], options: Any) -> None:
    """Raises UsageError if `warn_error` is said, on the command line or by the project, and options are too."""
    said = isinstance(strict, bool) or isinstance(project.get("warn_error"), bool)
    if said and (options or _OPTIONS in project):
        raise click.UsageError("--warn-error and --warn-error-options exclude each other, in a project's flags too")


def unknown_keys(said: Mapping[str, Any]) -> Iterator[str]:
    """What to say of each key of the options that means nothing: as in dbt it is passed over."""
    for key in said:
        if key not in _KEYS:
            hint = closest(str(key), _KEYS)
            yield f"{_OPTIONS}: unknown key {key!r}{', ' + hint if hint else ''}"


def check_options(said: Mapping[str, Any], what: str) -> None:
    """Raises UsageError for a name that means nothing, and for what cannot be said together."""
    for key, value in said.items():
        for name in _listed(value) if key in _KEYS else ():
            _check_name(name, what)
    for old, new in TODAY.items():
        if said.get(old) and said.get(new):
            raise click.UsageError(f"Only `{old}` or `{new}` can be specified in {what}, not both")
    _check_meaning({TODAY.get(key, key): value for key, value in said.items()}, what)


def _check_name(name: str, what: str) -> None:
    if name in WARNINGS or name == _GROUP:
        return
    from airflow_sqlmodels.cli.other_names import EVENTS, NEXT_ENGINE  # noqa: PLC0415  # long, and hardly ever asked for

    if name not in EVENTS and name not in NEXT_ENGINE:
        near = closest(name, (*WARNINGS, _GROUP))
        raise click.UsageError(f"{what}: {name} is not a valid dbt error name{near and ', '}{near}")


def _check_meaning(said: Mapping[str, Any], what: str) -> None:
    """As in dbt: `warn` excepts from what is named as a whole, so something must be."""
    error = said.get("error")
    if isinstance(error, str) and error not in _ALL:
        raise click.UsageError(f"{what}: `error` is 'all', '*' or a list of names, not {error!r}")
    for key in ("warn", "silence"):
        if isinstance(said.get(key), str):
            raise click.UsageError(f"{what}: `{key}` is a list of names, not {said[key]!r}")
    if said.get("warn") and error not in _ALL and _GROUP not in (*_listed(error), *_listed(said.get("silence"))):
        raise click.UsageError(
            f"{what}: `warn` says nothing unless `error` is 'all' or {_GROUP} is in `error` or `silence`"
        )


def old_keys(options: Mapping[str, Any] | None) -> list[str]:
    """The keys that have another name today."""
    return [key for key in TODAY if key in (options or {})]


def rule_for(name: str, options: Mapping[str, Any] | None, *, strict: bool) -> Rule:
    """What becomes of a warning of that name; "" for those that dbt has no name for.

    Its own name counts more than that of all deprecations, which counts more than `all`.
    """
    said = {TODAY.get(key, key): value for key, value in (options or {}).items()}
    group = (_GROUP,) if name in DEPRECATIONS or name == SUMMARY else ()
    for each in (name, *group):
        for rule in ("silence", "warn", "error"):
            if each and each in _listed(said.get(rule)):
                return rule
    return "error" if strict or said.get("error") in _ALL else "warn"


def _listed(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []
