"""The options of a run as run_results.json and templates have them."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_sqlmodels.templating.options import all_options

NONE: dict[str, Any] = {"error": [], "warn": [], "silence": []}


@pytest.mark.parametrize(
    ("said", "project", "rules"),
    [
        ({}, {}, NONE),
        ({"warn_error_options": {"error": ["A"], "nope": ["B"]}}, {}, {**NONE, "error": ["A"]}),
        ({"warn_error_options": {"include": "all", "exclude": ["B"]}}, {}, {**NONE, "error": "all", "warn": ["B"]}),
        ({}, {"warn_error_options": {"silence": ["A"]}}, {**NONE, "silence": ["A"]}),
    ],
)
def test_rules_of_warnings_have_all_keys_of_today(
    said: dict[str, Any], project: dict[str, Any], rules: dict[str, Any]
) -> None:
    assert all_options({"which": "run", **said}, project)["warn_error_options"] == rules


def test_some_commands_tell_less() -> None:
    run, clone, operation = (all_options({"which": each}, {}) for each in ("run", "clone", "run-operation"))

    assert {"sqlparse", "warn_error_options"} <= {*run}
    assert {"sqlparse", "warn_error_options"} - {*clone} == {"sqlparse"}
    assert {"sqlparse", "warn_error_options"} - {*operation} == {"sqlparse", "warn_error_options"}
