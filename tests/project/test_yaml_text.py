"""Reading YAML."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.project.yaml_text import parse_yaml, place_in


@pytest.mark.parametrize(
    "text", [" version: 2\nmodels: []\n", "\n\n   version: 2\nmodels: []\n", "\tversion: 2\nmodels: []"]
)
def test_the_first_line_may_be_indented(text: str) -> None:
    content = parse_yaml(text, "models/a.yml")

    assert content == {"version": 2, "models": []}
    assert place_in(content, "models", "models/a.yml", text).line == text.count("\n", 0, text.index("models")) + 1


def test_so_may_all_lines() -> None:
    assert parse_yaml("  version: 2\n  models: []\n", "models/a.yml") == {"version": 2, "models": []}


def test_other_lines_may_not() -> None:
    with pytest.raises(ProjectError, match=r"models/a\.yml:3:"):
        parse_yaml("\n version: 2\n   models: []\n", "models/a.yml")


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("depends_on: [ref('a'), source('s','x')]", "between [ ] and { } one that holds a comma"),
        ("a: {b: c: d}", "between [ ] and { } one that holds a comma"),
        ("a: b: c", "a colon followed by a space"),
        ("a:\n\tb: 1", "indent with spaces"),
    ],
)
def test_the_hint_says_what_needs_quotes(text: str, hint: str) -> None:
    with pytest.raises(ProjectError) as raised:
        parse_yaml(text, "models/a.yml")

    assert hint in raised.value.hint
