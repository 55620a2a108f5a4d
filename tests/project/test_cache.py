"""A project that did not change is not read again; one that did is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import Model, NodeId
from airflow_sqlmodels.manifest.store import Stored, open_store
from airflow_sqlmodels.project import cache
from airflow_sqlmodels.project.inputs import unchanged
from airflow_sqlmodels.project.load import load_project
from airflow_sqlmodels.project.saved import load_saved_nodes
from tests.projects import TARGET, load, write_project

ORDERS, STG = NodeId("model.shop.orders"), NodeId("model.shop.stg")
_BY_FLAG = "{{ config(alias='anew' if flags.FULL_REFRESH else 'old') }} select 1 as id"
FILES = {
    "models/stg.sql": "select 1 as id\n",
    "models/orders.sql": "select {{ cents('id') }} as id from {{ ref('stg') }}\n",
    "models/other.yml": "models:\n  - name: stg\n    description: Staged.\n",
    "macros/cents.sql": "{% macro cents(x) %}{{ x }} / 100{% endmacro %}\n",
    "dbt_project.yml": "name: shop\nprofile: shop\nmodels: {+schema: \"{{ env_var('AREA', 'x') }}\"}\n",
}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SQLMODELS_CACHE_DIR", str(tmp_path / "cache"))
    return write_project(tmp_path / "project", FILES)


def _load(root: Path, **options: object) -> Manifest:
    return load_project(root, target=TARGET, **options)  # type: ignore[arg-type]


def _from_saved(manifest: Manifest) -> bool:
    return isinstance(manifest.nodes, Stored)


def test_the_second_load_reads_the_saved_form(project: Path) -> None:
    first, second = _load(project), _load(project)

    assert not _from_saved(first)
    assert _from_saved(second)
    assert dict(first) == dict(second)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("models/new.sql", "select 3 as id\n"),
        ("macros/cents.sql", "{% macro cents(x) %}{{ x }}{% endmacro %}\n"),
        ("models/other.yml", "models:\n  - name: stg\n    description: Changed\n"),
        ("dbt_project.yml", "name: shop\nprofile: shop\nmodels:\n  +materialized: table\n"),
    ],
)
def test_any_changed_file_is_noticed(path: str, text: str, project: Path) -> None:
    _load(project)
    before = os.stat(project / "models/stg.sql")
    (project / path).write_text(text)
    os.utime(project / "models/stg.sql", ns=(before.st_atime_ns, before.st_mtime_ns))

    manifest = _load(project)

    assert not _from_saved(manifest)
    assert _from_saved(_load(project))


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("models/stg.sql", "select 2 as id\n"),
        ("models/orders.sql", "{{ config(tags=['new']) }} select 1 as id from {{ ref('stg') }}\n"),
        ("models/orders.sql", "select 1 as id\n"),
    ],
)
def test_one_changed_model_is_read_alone_and_as_a_whole_load_reads_it(path: str, text: str, project: Path) -> None:
    _load(project)
    (project / path).write_text(text)

    refreshed = _load(project)

    assert _from_saved(refreshed)
    assert dict(refreshed) == dict(_load(project)) == dict(_load(project, cache=False))


@pytest.mark.parametrize(
    "text",
    [
        "{{ config(alias='other') }} select 1 as id\n",
        "{{ config(enabled=false) }} select 1 as id\n",
        "{{ config(materialized='ephemeral') }} select 1 as id\n",
    ],
)
def test_a_model_that_others_must_know_of_makes_a_whole_load(text: str, project: Path) -> None:
    _load(project)
    (project / "models/orders.sql").write_text(text)

    refreshed = _load(project)

    assert not _from_saved(refreshed)
    assert dict(refreshed) == dict(_load(project, cache=False))


def test_a_mistake_in_a_changed_model_is_told_as_ever(project: Path) -> None:
    _load(project)
    (project / "models/orders.sql").write_text("select * from {{ ref('stgg') }}\n")

    with pytest.raises(ProjectError, match="did you mean 'stg'"):
        _load(project)


def test_a_removed_file_is_noticed(project: Path) -> None:
    _load(project)
    (project / "models/orders.sql").unlink()

    assert ORDERS not in _load(project)


def test_other_variables_are_another_project(project: Path) -> None:
    _load(project)

    assert not _from_saved(_load(project, vars={"day": 1}))


def test_an_environment_variable_that_was_read_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _load(project)
    monkeypatch.setenv("AREA", "y")

    assert not _from_saved(_load(project))


def test_flags_are_those_of_the_command_and_each_answer_has_a_saved_form(project: Path) -> None:
    (project / "models/stg.sql").write_text(_BY_FLAG)
    (project / "models/other.yml").write_text("models: [{name: orders, config: {alias: '{{ flags.WHICH }}'}}]")

    loaded = [_load(project, said={"which": "run", "full_refresh": anew, "threads": 4}) for anew in (True, False) * 2]
    with_other_threads = _load(project, said={"which": "run", "full_refresh": False, "threads": 8})

    found = [[one[node].relation.identifier for node in (STG, ORDERS)] for one in loaded]  # type: ignore[union-attr]
    assert found == [["anew", "run"], ["old", "run"]] * 2
    assert [_from_saved(one) for one in (*loaded, with_other_threads)] == [False, False, True, True, True]


def test_a_worker_does_not_take_what_was_read_with_other_flags(project: Path) -> None:
    (project / "models/stg.sql").write_text(_BY_FLAG)
    _load(project, said={"full_refresh": True})
    saved = next((project.parent / "cache").glob("*.sqlm"))

    assert load_saved_nodes(saved, project, {}, [STG]) is None


def test_a_worker_looks_only_at_what_its_node_comes_from(project: Path) -> None:
    _load(project)
    saved = next((project.parent / "cache").glob("*.sqlm"))
    (project / "models/orders.sql").write_text("select 2 as id\n")

    assert load_saved_nodes(saved, project, {}, [STG]) is not None
    assert load_saved_nodes(saved, project, {}, [ORDERS]) is None


def test_a_worker_notices_when_what_its_node_reads_has_another_name(project: Path) -> None:
    _load(project)
    saved = next((project.parent / "cache").glob("*.sqlm"))

    (project / "models/stg.sql").write_text("{{ config(alias='staged') }} select 1 as id\n")

    assert load_saved_nodes(saved, project, {}, [ORDERS]) is None


def test_all_that_reads_a_project_decides_which_saved_form_is_good() -> None:
    """Between two releases too: else an update would go on with what the code before it made."""
    package = Path(cache.__file__).parent.parent
    modules = (path for part in ("manifest", "project", "templating") for path in (package / part).rglob("*.py"))
    reading = {(path.name, path.stat().st_size) for path in modules if path.parent.name != "packages"}

    assert reading <= set(cache._reader())


def test_saved_projects_of_long_ago_are_removed(project: Path) -> None:
    _load(project, vars={"a": 1})
    folder = project.parent / "cache"
    (old,) = folder.iterdir()
    os.utime(old, (0, 0))
    (folder / "mine.txt").write_text("not ours")
    os.utime(folder / "mine.txt", (0, 0))

    _load(project, vars={"a": 2})

    assert not old.exists()
    assert len(list(folder.iterdir())) == 2


def test_a_node_depends_on_the_files_of_its_macros(project: Path) -> None:
    _load(project)
    saved = next((project.parent / "cache").glob("*.sqlm"))
    (project / "macros/cents.sql").write_text("{% macro cents(x) %}{{ x }}{% endmacro %}\n")

    assert load_saved_nodes(saved, project, {}, [ORDERS]) is None
    assert load_saved_nodes(saved, project, {}, [STG]) is not None


def test_a_macro_changes_the_fingerprint_of_what_calls_it(project: Path) -> None:
    before = _load(project)
    (project / "macros/cents.sql").write_text("{% macro cents(x) %}{{ x }}{% endmacro %}\n")

    after = _load(project)

    assert before[ORDERS].fingerprint != after[ORDERS].fingerprint
    assert before[STG].fingerprint == after[STG].fingerprint


def test_nothing_is_saved_where_that_is_turned_off(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLMODELS_CACHE_DIR", "")
    _load(project)

    assert isinstance(_load(project)[STG], Model)
    assert not (project.parent / "cache").exists()


def test_a_file_of_the_same_time_and_another_size_is_noticed(project: Path) -> None:
    long_ago = 10**18
    path = project / "models/stg.sql"
    os.utime(path, ns=(long_ago, long_ago))
    _load(project)
    path.write_text("select 10 as id\n")
    os.utime(path, ns=(long_ago, long_ago))

    assert "10" in getattr(_load(project)[STG], "raw_code", "")


def test_a_file_changed_twice_within_the_clock_s_step_is_noticed(project: Path) -> None:
    path = project / "models/stg.sql"
    before = os.stat(path)
    _load(project)
    path.write_text("select 2 as id\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert "2" in getattr(_load(project)[STG], "raw_code", "")


def test_a_worker_notices_another_environment(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _load(project)
    saved = next((project.parent / "cache").glob("*.sqlm"))
    assert load_saved_nodes(saved, project, {}, [STG]) is not None

    monkeypatch.setenv("AREA", "y")

    assert load_saved_nodes(saved, project, {}, [STG]) is None


def test_a_worker_does_not_vouch_for_a_file_that_was_never_read(project: Path) -> None:
    _load(project)
    store = open_store(next((project.parent / "cache").glob("*.sqlm")))

    assert unchanged(store, [str(project / "models/stg.sql")], {})
    assert not unchanged(store, [str(project / "models/stg.sql"), str(project / "models/new.sql")], {})


def test_another_environment_makes_another_mark(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _load(project)
    monkeypatch.setenv("AREA", "y")

    assert _load(project).mark != before.mark


@pytest.mark.parametrize(
    "options", [{"flags": {"require_generic_test_arguments_property": False}}, {"env": {"B": "1"}}]
)
def test_what_the_caller_says_makes_another_project(options: dict[str, object], project: Path) -> None:
    _load(project)

    assert not _from_saved(_load(project, **options))
    assert _from_saved(_load(project, **options))


def test_selectors_are_read_again_when_they_change(project: Path) -> None:
    path = project / "selectors.yml"
    path.write_text("selectors: [{name: old, definition: stg}]\n")
    _load(project)
    path.write_text("selectors: [{name: new, definition: stg}]\n")

    assert list(_load(project).selectors) == ["new"]


def test_a_config_changes_the_fingerprint(project: Path) -> None:
    before = _load(project)
    path = project / "models/other.yml"
    path.write_text(path.read_text() + "    config: {materialized: table}\n")

    after = _load(project)

    assert before[STG].fingerprint != after[STG].fingerprint
    assert before[ORDERS].fingerprint == after[ORDERS].fingerprint


def test_what_becomes_part_of_a_query_counts_as_its_reader_s_own(tmp_path: Path) -> None:
    inside = "{{ config(materialized='ephemeral') }} select {{ cents('1') }} as id\n"
    files = {
        "models/inner.sql": inside,
        "models/outer.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('inner') }}\n",
        "models/orders.sql": "select * from {{ ref('outer') }}\n",
        "macros/cents.sql": FILES["macros/cents.sql"],
    }
    before = load(tmp_path / "before", files)
    after = load(tmp_path / "after", {**files, "models/inner.sql": inside.replace("1", "2")})

    assert before[ORDERS].fingerprint != after[ORDERS].fingerprint
    assert {"models/inner.sql", "models/outer.sql", "macros/cents.sql"} <= set(after[ORDERS].files)
