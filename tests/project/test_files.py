"""What a file is, by the folder in which it lies."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import NamingError, ProjectError, SettingsError
from airflow_sqlmodels.manifest.nodes import Model, NodeId, Snapshot
from airflow_sqlmodels.project.load import load_project
from tests.projects import PROJECT, TARGET, load, write_project


def test_folders_below_tests_have_meanings_of_their_own(tmp_path: Path) -> None:
    files = {
        "tests/no_orders.sql": "select 1 where false",
        "tests/deep/generic/too.sql": "select 1 where false",
        "tests/generic/odd.sql": "{% test odd(model) %}select * from {{ model }}{% endtest %}",
        "tests/fixtures/rows.sql": "select {{ this_is_no_test() }}",
        "tests/fixtures/more.csv": "a\n1\n",
    }

    manifest = load(tmp_path, files)

    assert [node.name for node in manifest.values()] == ["too", "no_orders"]
    assert "macro.shop.test_odd" in manifest.macros


@pytest.mark.parametrize(("path", "line"), [("models/b.sql", 1), ("models/b.yml", 2), ("seeds/b.csv", 2)])
def test_a_file_in_another_encoding_is_refused_with_its_line(path: str, line: int, tmp_path: Path) -> None:
    write_project(tmp_path, {"models/a.sql": "select 1 as id", path: ""})
    (tmp_path / path).write_bytes(("\n" * (line - 1) + "select 'é'").encode("latin-1"))

    with pytest.raises(ProjectError, match=rf"{path}:{line}: this file is not UTF-8"):
        load(tmp_path, {})


@pytest.mark.parametrize("name", ["dbt_project.yml", "selectors.yml", "vars.yml", "package-lock.yml", ".dbtignore"])
def test_so_is_a_file_of_the_project_itself(name: str, tmp_path: Path) -> None:
    write_project(tmp_path, {"models/a.sql": "select 1 as id"})
    before = (tmp_path / name).read_bytes() if (tmp_path / name).exists() else b""
    (tmp_path / name).write_bytes(before + "# é".encode("latin-1"))

    with pytest.raises(ProjectError, match=rf"{name}:{before.count(10) + 1}: this file is not UTF-8"):
        load_project(tmp_path, target=TARGET, cache=False)


def test_two_docs_blocks_of_one_name_are_refused(tmp_path: Path) -> None:
    files = {"models/a.md": "{% docs x %}a{% enddocs %}", "models/b.md": "\n{% docs x %}b{% enddocs %}"}

    with pytest.raises(NamingError, match=r"models/b.md:2:1: found two docs with the name 'x'.* in models/a.md"):
        load(tmp_path, files)


def test_docs_blocks_keep_the_line_ends_of_windows_unless_they_are_templates(tmp_path: Path) -> None:
    write_project(tmp_path, {"models/a.sql": "select 1"})
    plain, template = b"{% docs x %}\r\none\r\ntwo\r\n{% enddocs %}", b"{% docs y %}one\r\n{{ 1 + 1 }}{% enddocs %}"
    (tmp_path / "models/a.md").write_bytes(plain + template)

    docs = load(tmp_path, {}).docs

    assert (docs["doc.shop.x"].text, docs["doc.shop.y"].text) == ("one\r\ntwo", "one\n2")


def test_docs_blocks_outside_the_docs_paths_are_not_there(tmp_path: Path) -> None:
    text = "{% docs NAME %}text{% enddocs %}"
    files = {
        "dbt_project.yml": "{name: shop, profile: shop, docs-paths: [texts]}",
        "models/a.md": text.replace("NAME", "x"),
        "texts/b.md": text.replace("NAME", "y"),
    }

    docs = load(tmp_path, files).docs

    assert [name for name in docs if name.startswith("doc.shop.")] == ["doc.shop.y"]


def test_what_describes_nothing_is_told(tmp_path: Path) -> None:
    files = {
        "models/a.sql": "select 1 as id",
        "models/all.yml": """\
            modles: [{name: a}]
            functions:
              - {name: first, returns: {data_type: int}}
            """,
    }

    manifest = load(tmp_path, files)

    assert [each.text for each in manifest.warnings] == [
        "models/all.yml:1:1: unknown key 'modles'\n    modles: [{name: a}]\n    ^\nhint: did you mean 'models'?",
        "models/all.yml:3:5: Did not find matching node for patch with name 'first': "
        "there is no function 'first' to describe\n"
        "    - {name: first, returns: {data_type: int}}\n      ^",
    ]


def test_folders_may_have_the_names_they_had_before(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": PROJECT + "source-paths: [sql]\ndata-paths: [rows]\n",
        "sql/a.sql": "select * from {{ ref('b') }}",
        "rows/b.csv": "a\n1\n",
    }

    manifest = load(tmp_path, files)

    assert set(manifest) == {"model.shop.a", "seed.shop.b"}
    assert manifest.settings.paths["model-paths"] == ("sql",)
    assert [(each.name, each.text) for each in manifest.warnings] == [
        ("ConfigSourcePathDeprecation", "dbt_project.yml: the `source-paths` config has been renamed to `model-paths`"),
        ("ConfigDataPathDeprecation", "dbt_project.yml: the `data-paths` config has been renamed to `seed-paths`"),
    ]


def test_a_key_that_stands_twice_in_the_project_file_is_told_by_every_run(tmp_path: Path) -> None:
    twice = PROJECT + "models:\n  shop:\n    +materialized: view\n    +materialized: table\n"

    warned = load(tmp_path, {"dbt_project.yml": twice, "models/a.sql": "select 1 as n"}).warnings[-1]

    assert (warned.name, warned.once) == ("DuplicateYAMLKeysDeprecation", False)
    assert warned.text.startswith(f"dbt_project.yml:{len(twice.splitlines())}:5: Duplicate key '+materialized'")
    assert warned.data["file"] == "dbt_project.yml"


def test_a_folder_under_both_its_names_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"(?s)dbt_project.yml:5:.*'source-paths' is the old name of 'model-paths'"):
        load(tmp_path, {"dbt_project.yml": PROJECT + "model-paths: [a]\nsource-paths: [b]\n"})


@pytest.mark.parametrize(
    ("patterns", "left"),
    [
        ("models/old*.sql\nattic\n", ["a"]),
        ("models/*\n", []),
        ("# all but one\nmodels/\n!models/old_b.sql\n", ["old_b"]),
        ("\n", ["a", "c", "old_b"]),
    ],
)
def test_what_dbtignore_names_is_not_there(tmp_path: Path, patterns: str, left: list[str]) -> None:
    files = {
        ".dbtignore": patterns,
        "models/a.sql": "select 1 as id",
        "models/old_b.sql": "select 1 as id",
        "models/attic/c.sql": "select 1 as id",
    }

    manifest = load(tmp_path, files)

    assert sorted(node.name for node in manifest.values()) == left


def test_raw_code_keeps_the_line_ends_of_windows(tmp_path: Path) -> None:
    sql = b"{{ config(\r\n  tags='x')\r\n}}\r\nselect 1 as id,\r\n  {{ ref('nowhere') }} as text\r\n"
    write_project(tmp_path, {"models/a.yml": "models: []", "snapshots/readme.md": ""})
    (tmp_path / "models" / "a.sql").write_bytes(sql.replace(b"{{ ref('nowhere') }}", b"2"))
    (tmp_path / "snapshots" / "s.sql").write_bytes(
        b"{% snapshot s %}\r\n{{ config(strategy='check', unique_key='id', check_cols='all') }}\r\nselect 1 as id\r\n"
        b"{% endsnapshot %}\r\n"
    )

    nodes = load(tmp_path, {}).nodes

    model, snapshot = nodes[NodeId("model.shop.a")], nodes[NodeId("snapshot.shop.s")]
    assert isinstance(model, Model)
    assert isinstance(snapshot, Snapshot)
    assert model.raw_code == "{{ config(\r\n  tags='x')\r\n}}\r\nselect 1 as id,\r\n  2 as text"
    assert model.tags == ("x",)
    assert snapshot.raw_code.endswith("}}\r\nselect 1 as id")

    (tmp_path / "models" / "a.sql").write_bytes(sql)
    with pytest.raises(NamingError) as refused:
        load(tmp_path, {})
    assert "models/a.sql:5" in str(refused.value)
    assert "\r" not in str(refused.value)


def test_what_stands_between_macros_counts_for_nothing(tmp_path: Path) -> None:
    files = {
        "macros/m.sql": "{% https://example.org/issues/1 %}\n{% set tag = 'x' %}\n"
        "{% macro tagged() %}{{ config(tags=tag | default('none')) }}{% endmacro %}",
        "models/a.sql": "{{ tagged() }} select 1 as id",
    }

    model = load(tmp_path, files).nodes[NodeId("model.shop.a")]

    assert isinstance(model, Model)
    assert model.tags == ("none",)
