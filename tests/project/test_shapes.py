"""Property files in which something is of another kind than it must be: an error with its line, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import ProjectError
from tests.projects import load

FILES = {"models/m.sql": "select 1 as id", "models/m_v1.sql": "select 1 as id"}


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("models: {a: b}", "1:1", "'models' is not a list"),
        ("sources:", "1:1", "'sources' is not a list"),
        ("models:\n  - name: m\n    columns: 5", "3:5", "'columns' must be a list, not 5"),
        ("models:\n  - name: m\n    columns:\n      - id", "4:9", "this must be a mapping, not 'id'"),
        (
            "models:\n  - name: m\n    columns: [{name: a}, ]\n    config: [a]",
            "4:5",
            "'config' must be a mapping, not a list",
        ),
        ("models:\n  - name: m\n    description: [a]", "3:5", "'description' must be a text, not a list"),
        ("models:\n  - name: m\n    tags: [{a: b}]", "3:5", "'tags' must be a text or a list of texts"),
        (
            "models:\n  - name: m\n    columns:\n      - name: a\n        meta: x",
            "5:9",
            "'meta' must be a mapping, not 'x'",
        ),
        ("models:\n  - name: m\n    data_tests: []\n    tests: []", "4:5", "cannot have both 'tests' and 'data_tests'"),
        ("models:\n  - name: m\n    data_tests: unique", "3:5", "data_tests must be a list"),
        ("models:\n  - name: m\n    versions: 1", "3:5", "'versions' must be a list, not 1"),
        ("models:\n  - name: m\n    constraints: [unique]", "3:19", "this must be a mapping, not 'unique'"),
        ("models:\n  - name: [m]", "2:5", "'name' must be a text, not a list"),
        ("sources:\n  - name: s\n    tables: [t]", "3:14", "this must be a mapping, not 't'"),
        ("sources:\n  - name: s\n    freshness: 5", "3:5", "'freshness' must be a mapping, not 5"),
        ("sources:\n  - name: s\n    quoting: yes", "3:5", "'quoting' must be a mapping, not True"),
        (
            "sources:\n  - name: s\n    tables: [{name: t, freshness: {warn_after: {count: x, period: day}}}]",
            "3:14",
            "no time for freshness: 'x' of 'day'",
        ),
        (
            "sources:\n  - name: s\n    tables: [{name: t, freshness: {warn_after: {count: 1, period: week}}}]",
            "3:14",
            "no time for freshness: 1 of 'week'",
        ),
        ("exposures:\n  - name: e\n    depends_on: ref('m')", "3:5", "'depends_on' must be a list"),
        ("exposures:\n  - name: e\n    owner: me", "3:5", "'owner' must be a mapping"),
        ("unit_tests:\n  - name: u\n    model: m\n    given: x", "4:5", "'given' must be a list"),
        ("groups:\n  - name: g\n    config: {meta: 5}", "3:14", "'meta' must be a mapping"),
        (
            "semantic_models:\n  - name: s\n    model: ref('m')\n    measures:\n      - agg: sum",
            "5:9",
            "a measure has no name",
        ),
        ("saved_queries:\n  - name: q\n    query_params: {metrics: 5}", "3:20", "'metrics' must be a list"),
    ],
)
def test_it_is_refused_where_it_stands(text: str, place: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        load(tmp_path, FILES | {"models/p.yml": text})
    assert str(caught.value).startswith(f"models/p.yml:{place}: ")
    assert what in caught.value.what


def test_numbers_and_dates_do_as_texts(tmp_path: Path) -> None:
    text = "models: [{name: m, description: 5, tags: daily, deprecation_date: 2030-01-01, columns: [{name: 1}]}]"
    load(tmp_path, FILES | {"models/p.yml": text})


def test_columns_of_a_version_are_included_by_their_whole_name(tmp_path: Path) -> None:
    text = """models: [{name: m, columns: [{name: id}, {name: i}], versions: [{v: 1, columns: [{include: id}]}]}]"""
    manifest = load(tmp_path, {"models/m_v1.sql": "select 1 as id", "models/p.yml": text})
    assert [list(node.columns) for key, node in manifest.items() if key == "model.shop.m.v1"] == [["id"]]
