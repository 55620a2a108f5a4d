"""Property files in which something is of another kind than it must be: an error with its line, never a traceback."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import ProjectError
from tests.projects import load

FILES = {"models/m.sql": "select 1 as id", "models/m_v1.sql": "select 1 as id", "seeds/s.csv": "id\n1\n"}


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
        ("macros:\n  - name: m\n    tags: [{a: b}]", "3:5", "'tags' must be a text or a list of texts"),
        (
            "models:\n  - name: m\n    columns:\n      - name: a\n        meta: x",
            "5:9",
            "'meta' must be a mapping, not 'x'",
        ),
        (
            "models:\n  - name: m\n    data_tests: []\n    tests: [unique]",
            "4:5",
            "cannot have both 'tests' and 'data_tests'",
        ),
        ("models:\n  - name: m\n    data_tests: unique", "3:5", "'data_tests' must be a list"),
        ("models:\n  - name: m\n    versions: 1", "3:5", "'versions' must be a list, not 1"),
        ("models:\n  - name: m\n    constraints: [unique]", "3:19", "this must be a mapping, not 'unique'"),
        ("models:\n  - name: [m]", "2:5", "'name' must be a text, not a list"),
        ("sources:\n  - name: s\n    tables: [t]", "3:14", "this must be a mapping, not 't'"),
        ("sources:\n  - name: s\n    freshness: 5", "3:5", "'freshness' must be a mapping, not 5"),
        ("sources:\n  - name: s\n    quoting: yes", "3:5", "'quoting' must be a mapping, not True"),
        (
            "sources:\n  - name: s\n    tables: [{name: t, freshness: {warn_after: {count: x, period: day}}}]",
            "3:49",
            "'count' must be a whole number, not 'x'",
        ),
        (
            "sources:\n  - name: s\n    tables: [{name: t, freshness: {warn_after: {count: 1, period: week}}}]",
            "3:59",
            "'period' must be one of 'minute', 'hour', 'day', not 'week'",
        ),
        ("exposures:\n  - name: e\n    depends_on: ref('m')", "3:5", "'depends_on' must be a list"),
        ("exposures:\n  - name: e\n    owner: me", "3:5", "'owner' must be a mapping"),
        ("unit_tests:\n  - name: u\n    model: m\n    given: x", "4:5", "'given' must be a list"),
        ("groups:\n  - name: g\n    config: {meta: 5}", "3:14", "'meta' must be a mapping"),
        (
            "semantic_models:\n  - name: s\n    model: ref('m')\n    measures:\n      - agg: sum",
            "5:9",
            "'name' is a required property",
        ),
        ("saved_queries:\n  - name: q\n    query_params: {metrics: 5}", "3:20", "'metrics' must be a list"),
        (
            "sources: [{name: s, catalog: c}]",
            "1:21",
            "Additional properties are not allowed ('catalog' was unexpected)",
        ),
        ("models:\n  - name: m\n    docs: {}\n    config: {docs: {}}", "3:5", "'docs' of 'm' stands below"),
        ("seeds: [{name: s, group: , config: {group: }}]", "1:19", "'group' of 's' stands below 'config' and beside"),
        ("sources: [{name: s, tests: [unique]}]", "1:21", "('tests' was unexpected)"),
        ("sources: [{name: s, quoting: {all: true}}]", "1:31", "('all' was unexpected)"),
        ("sources: [{name: s, freshness: {after: 1}}]", "1:33", "('after' was unexpected)"),
        ("sources: [{name: s, schema: 1}]", "1:21", "'schema' must be a text, not 1"),
        ("sources: [{name: s, description: }]", "1:21", "'description' must be a text, not nothing"),
        ("sources: [{name: s, tables: [{name: t, tags: q}]}]", "1:40", "'tags' must be a list, not 'q'"),
        ("models: [{name: m, docs: {hide: true}}]", "1:27", "('hide' was unexpected)"),
        ("models: [{name: m, description: 5}]", "1:20", "'description' must be a text, not 5"),
        ("models: [{name: m, columns: }]", "1:20", "'columns' must be a list, not nothing"),
        ("models: [{name: m, columns: [{name: 1}]}]", "1:31", "'name' must be a text, not 1"),
        ("models: [{name: m, columns: [{name: a, tests: }]}]", "1:40", "'tests' must be a list, not nothing"),
        ("models: [{name: m, columns: [{name: a, quote: 'yes'}]}]", "1:40", "'quote' must be true or false, not 'yes'"),
        ("models: [{name: m, versions: [{v: 1, name: x}]}]", "1:38", "('name' was unexpected)"),
        ("models: [{name: m, versions: [{defined_in: x}]}]", "1:31", "'v' is a required property"),
        ("macros: [{name: a, arguments: [{name: x, types: text}]}]", "1:42", "('types' was unexpected)"),
        ("exposures: [{name: e, owner: {name: A}}]", "1:14", "'type' is a required property"),
        ("exposures: [{name: e, type: wall, owner: {name: A}}]", "1:23", "'type' must be one of 'dashboard', "),
        ("exposures: [{name: e, type: ml, owner: {}}]", "1:33", "Exposure owner must have at least one of"),
        ("exposures: [{name: e, type: ml, owner: {name: A}, enabled: true}]", "1:51", "('enabled' was unexpected)"),
        ("groups: [{name: g, owner: {name: A}, meta: {}}]", "1:38", "('meta' was unexpected)"),
        ("saved_queries: [{name: q, query_params: {metrics: []}, more: 1}]", "1:56", "('more' was unexpected)"),
        ("models: [{name: m, data_type: 1}]", "1:20", "'data_type' must be a text, not 1"),
        ("models: [{name: m, access: }]", "1:20", "'access' must be a text, not nothing"),
        ("models: [{name: m, latest_version: 1}]", "1:20", "'m' has a latest_version, and no versions"),
        ("models: [{name: m, deprecation_date: ''}]", "1:20", "deprecation_date: '' is no date"),
        ("models: [{name: m, columns: [{name: a, config: {tags: 1}}]}]", "1:49", "'tags' must be a text or a list"),
        (
            "models: [{name: m, versions: [{v: 1, constraints: [{type: check, columns: 1}]}]}]",
            "1:66",
            "'columns' must be a text or a list or a mapping, not 1",
        ),
        ("models: [{name: m, versions: [{v: 1, defined_in: 2}]}]", "1:38", "'defined_in' must be a text, not 2"),
        ("models: [{name: m, versions: [{v: 1, access: open}]}]", "1:38", "'access' must be one of 'private', "),
        ("models: [{name: m, versions: [{v: 1, columns: [{include: a}]}]}]", "1:49", "must be one of 'all', '*' or a"),
        ("models: [{name: m, versions: [{v: 1, columns: [{include: all, x: 1}]}]}]", "1:63", "('x' was unexpected)"),
        (
            "models: [{name: m, versions: [{v: 1, columns: [{include: [a], exclude: [b]}]}]}]",
            "1:63",
            "columns can be excluded only where all are included",
        ),
        ("seeds: [{name: s, access: open}]", "1:19", "'access' must be one of 'private', "),
        ("seeds: [{name: s, columns: [{name: a, constraints: [{type: uniq}]}]}]", "1:9", "constraint type on column a"),
        ("snapshots: [{name: s, relation: }]", "1:23", "'relation' must be a text or a number, not nothing"),
        ("sources: [{name: s, config: {meta: }}]", "1:30", "'meta' must be a mapping, not nothing"),
        ("sources: [{name: s, tables: [{name: t, external: {partitions: 1}}]}]", "1:51", "must be a list, not 1"),
        ("macros: [{name: a, config: {docs: {hide: true}}}]", "1:36", "('hide' was unexpected)"),
        (
            "unit_tests: [{name: u, model: m, given: [], expect: {rows: []}, versions: }]",
            "1:65",
            "these are no versions",
        ),
        ("groups: [{name: g, owner: {email: 1}}]", "1:28", "'email' must be a text or a list, not 1"),
    ],
)
def test_it_is_refused_where_it_stands(text: str, place: str, what: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as caught:
        load(tmp_path, FILES | {"models/p.yml": text})
    assert str(caught.value).startswith(f"models/p.yml:{place}: ")
    assert what in caught.value.what


def test_what_dbt_takes_is_taken(tmp_path: Path) -> None:
    """Keys of one's own, dates, nothing where dbt has it so, and templates: nobody knows yet what they give."""
    text = """
        models:
          - {name: m, more: 1, tags: daily, deprecation_date: 2030-01-01, group: , columns: [{name: a, data_type: }]}
        sources:
          - {name: s, schema: , tags: "{{ ['a'] }}", tables: [{name: t, freshness: , more: 1, identifier: }]}
        """
    load(tmp_path, FILES | {"models/p.yml": text})


def test_columns_of_a_version_are_included_by_their_whole_name(tmp_path: Path) -> None:
    text = """models: [{name: m, columns: [{name: id}, {name: i}], versions: [{v: 1, columns: [{include: [id]}]}]}]"""
    manifest = load(tmp_path, {"models/m_v1.sql": "select 1 as id", "models/p.yml": text})
    assert [list(node.columns) for key, node in manifest.items() if key == "model.shop.m.v1"] == [["id"]]
