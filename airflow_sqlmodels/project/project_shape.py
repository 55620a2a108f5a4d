"""The shape of dbt_project.yml: which keys there are, and what each may hold; as dbt, it refuses what does not fit.

The words `at path [...]` and "Additional properties are not allowed" are those of JSON schema's validators: people
look for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from airflow_sqlmodels.errors import Location, SettingsError, closest
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE

Fits = Callable[[Any], bool]

_NAME = re.compile(r"[^\d\W]\w*")
_NUMBER = r"(0|[1-9]\d*)"
_PARTS = r"[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}(\.{_NUMBER}(-{_PARTS})?(\+{_PARTS})?)?")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _or_none(fits: Fits) -> Fits:
    return lambda value: value is None or fits(value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_variables(value: Any) -> bool:
    return isinstance(value, dict) and all(isinstance(name, str) for name in value)


def _is_object(value: Any) -> bool:
    return isinstance(value, Mapping)


def _are_hooks(value: Any) -> bool:
    return isinstance(value, str) or _are_texts(value)


def _is_version(value: Any) -> bool:
    said = str(value) if _is_number(value) else value  # as in dbt 1 is none, and 1.0 is one
    return isinstance(said, str) and _VERSION.fullmatch(said) is not None


def _is_quoting(value: Any) -> bool:
    keys = ("database", "schema", "identifier", "project", "column", "snowflake_ignore_case")
    return isinstance(value, Mapping) and all(key in keys for key in value)


def _is_comment(value: Any) -> bool:
    keys = ("comment", "append", "job-label")
    return isinstance(value, (str, bool)) or (isinstance(value, Mapping) and all(key in keys for key in value))


def _are_dispatches(value: Any) -> bool:
    return isinstance(value, list) and all(
        isinstance(each, Mapping) and "macro_namespace" in each and isinstance(each.get("search_order"), list)
        for each in value
    )


_PATHS = (_or_none(_are_texts), "a list of folders, such as ['models']")
_CONFIGS = (_or_none(_is_object), "configs by folder, below the name of a project")
_TEXT = (_or_none(_is_text), "a text")
_HOOKS = (_or_none(_are_hooks), "a statement or a list of them")

_SHAPES: dict[str, tuple[Fits, str]] = {
    "name": (lambda value: isinstance(value, str) and _NAME.fullmatch(value) is not None,
             "letters, digits and underscores, with no digit in front"),
    "config-version": (_or_none(_is_number), "2"),
    "version": (_or_none(_is_version), "two or three numbers, such as 1.0 or 1.0.0"),
    "project-root": _TEXT,
    **dict.fromkeys(("source-paths", "model-paths", "macro-paths", "data-paths", "seed-paths", "test-paths"), _PATHS),
    **dict.fromkeys(("analysis-paths", "docs-paths", "asset-paths", "function-paths", "osi-paths"), _PATHS),
    **dict.fromkeys(("snapshot-paths", "clean-targets"), _PATHS),
    **dict.fromkeys(("target-path", "profile", "log-path", "packages-install-path"), _TEXT),
    "quoting": (_or_none(_is_quoting), "database, schema and identifier, each true or false"),
    "on-run-start": _HOOKS,
    "on-run-end": _HOOKS,
    "require-dbt-version": (_or_none(_are_hooks), "bounds, such as ['>=1.6.0', '<2.0.0']"),
    "dispatch": (_or_none(_are_dispatches),
                 "a list of {macro_namespace: dbt_utils, search_order: [my_project, dbt_utils]}"),
    **dict.fromkeys(("models", "seeds", "snapshots", "analyses", "sources", "tests", "data_tests"), _CONFIGS),
    **dict.fromkeys(("unit_tests", "metrics", "semantic-models", "saved-queries", "exposures", "functions"), _CONFIGS),
    "vars": (_or_none(_are_variables), "values by name, each name a text"),
    "packages": (_or_none(lambda value: isinstance(value, list)), "a list"),
    "query-comment": (_or_none(_is_comment), "a text, or {comment: …, append: true}"),
    "restrict-access": (_or_none(lambda value: isinstance(value, bool)), "true or false"),
    "dbt-cloud": (_or_none(_is_object), "keys and values"),
    "flags": (_is_object, "flags by name"),
    "airflow": (_or_none(_is_object), "keys and values"),
}  # fmt: skip
"""What each key may hold: a check, and words for it. All of them are dbt's but `airflow`."""


def check_shape(content: Mapping[str, Any], place: Callable[[str], Location]) -> None:
    """Raises SettingsError for a key that dbt_project.yml does not have, or one that holds what it cannot."""
    for key, value in content.items():
        if key not in _SHAPES:
            what = f"at path []: Additional properties are not allowed ({key!r} was unexpected)"
            raise SettingsError(what, place(key), closest(str(key), _SHAPES) or f"{PROJECT_FILE} has no such key")
        fits, wanted = _SHAPES[key]
        if not fits(value):
            what = f"at path [{key!r}]: {value!r} is not valid under any of the given schemas"
            raise SettingsError(what, place(key), f"it has to be {wanted}")
    if "tests" in content and "data_tests" in content:
        what = "Invalid project config: cannot have both 'tests' and 'data_tests' defined"
        raise SettingsError(what, place("tests"), "put all below 'data_tests'")
