"""One model's file changed: whatever is read again, the project is the one that a whole load finds."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.manifest.store import Stored
from airflow_sqlmodels.project.load import load_project
from airflow_sqlmodels.project.saved import load_saved_nodes
from tests.projects import TARGET, write_project

ORDERS = NodeId("model.shop.orders")
FILES = {
    "models/stg.sql": "select 1 as id\n",
    "models/orders.sql": "select id from {{ ref('stg') }}\n",
    "dbt_project.yml": "name: shop\nprofile: shop\nmodels: {+schema: \"{{ env_var('AREA', 'x') }}\"}\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SQLMODELS_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "project"


def _load(root: Path, *, cache: bool = True) -> Manifest:
    return load_project(root, target=TARGET, cache=cache)


def _changed(root: Path, files: dict[str, str], path: str, text: str) -> Manifest:
    """The project after one file has got another text."""
    _load(write_project(root, {**FILES, **files}))
    (root / path).write_text(text)
    return _load(root)


EPHEMERAL = "{{ config(materialized='ephemeral') }} select 1 as id\n"
CASES: dict[str, tuple[dict[str, str], str, str]] = {
    "an ephemeral model is part of what its readers send": (
        {"models/stg.sql": EPHEMERAL},
        "models/stg.sql",
        EPHEMERAL.replace("1", "2"),
    ),
    "a column whose name is a template": (
        {"models/orders.yml": "models: [{name: orders, columns: [{name: \"{{ 'id' }}\"}]}]\n"},
        "models/orders.sql",
        "select id + 1 as id from {{ ref('stg') }}\n",
    ),
    "what reads an ephemeral model": (
        {"models/stg.sql": EPHEMERAL},
        "models/orders.sql",
        "select id + 1 as id from {{ ref('stg') }}\n",
    ),
    "a config that unit tests and access rules look at": (
        {"models/groups.yml": "groups: [{name: sales, owner: {name: Ann}}]\n"},
        "models/orders.sql",
        "{{ config(group='sales') }} select 1 as id\n",
    ),
    "a unit test gives rows of what is no longer read": (
        {
            "models/unit.yml": "unit_tests:\n  - name: u\n    model: orders\n"
            "    given: [{input: ref('stg'), rows: [{id: 1}]}]\n    expect: {rows: [{id: 1}]}\n"
        },
        "models/orders.sql",
        "select 1 as id\n",
    ),
    "a contract that a view cannot keep": (
        {
            "models/orders.yml": "models:\n  - name: orders\n    columns:\n"
            "      - {name: id, data_type: int, constraints: [{type: not_null}]}\n"
        },
        "models/orders.sql",
        "{{ config(contract={'enforced': true}) }} select 1 as id\n",
    ),
    "a warning of the template": ({}, "models/orders.sql", "{{ exceptions.warn('old') }} select 1 as id\n"),
    "what nothing here builds": (
        {"models/stg.sql": "{{ config(materialized='qqqqqq') }} select 1 as id\n"},
        "models/stg.sql",
        "{{ config(materialized='qqqqqq') }} select 2 as id\n",
    ),
    "batches without an input that says its time": (
        {
            "models/stg.sql": "{{ config(event_time='at') }} select now() as at\n",
            "models/orders.sql": (
                batches := "{{ config(materialized='incremental', incremental_strategy='microbatch', unique_key='at',"
                " event_time='at', begin='2026-01-01', batch_size='day') }} select at"
            )
            + " from {{ ref('stg') }}\n",
        },
        "models/orders.sql",
        batches + "\n",
    ),
    "a time that batches go by": (
        {
            "models/stg.sql": "{{ config(event_time='at') }} select now() as at\n",
            "models/orders.sql": batches + " from {{ ref('stg') }}\n",
        },
        "models/stg.sql",
        "select now() as at\n",
    ),
    "a model that another package describes": (
        {
            "packages.yml": "packages: [{local: lib}]\n",
            "dbt_packages/lib/dbt_project.yml": "name: lib\n",
            "dbt_packages/lib/models/parts.sql": "select 1 as id\n",
            "models/parts.yml": "models: [{name: parts, description: Parts.}]\n",
        },
        "dbt_packages/lib/models/parts.sql",
        "select 2 as id\n",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_a_changed_model_is_as_a_whole_load_finds_it(case: str, folder: Path) -> None:
    changed = _changed(folder, *CASES[case])

    whole = _load(folder, cache=False)
    assert dict(changed) == dict(whole)
    assert changed.warnings == whole.warnings


def test_a_warning_that_holds_no_more_is_told_no_more(folder: Path) -> None:
    files, path, text = CASES["a contract that a view cannot keep"]

    changed = _changed(folder, {**files, path: text}, path, "select 1 as id\n")

    assert not changed.warnings


RINGS = {
    "models": ({}, "select * from {{ ref('orders') }}\n"),
    "a function": (
        {
            "functions/top.sql": "select max(id) from {{ ref('orders') }}\n",
            "functions/top.yml": "functions: [{name: top, arguments: [], returns: {data_type: integer}}]\n",
        },
        "select {{ function('top') }}() as id\n",
    ),
}


@pytest.mark.parametrize("ring", RINGS)
def test_a_ring_that_one_file_closes_is_refused(ring: str, folder: Path) -> None:
    files, text = RINGS[ring]

    with pytest.raises(SqlModelsError, match="cycle"):
        _changed(folder, files, "models/stg.sql", text)


def test_a_variable_that_a_changed_model_reads_counts_from_then_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LABEL", "old")
    changed = _changed(folder, {}, "models/orders.sql", "{{ config(tags=[env_var('LABEL')]) }} select 1 as id\n")
    assert isinstance(changed.nodes, Stored)

    monkeypatch.setenv("LABEL", "new")

    assert _load(folder)[ORDERS].config["tags"] == ["new"]


def test_a_variable_that_was_read_before_counts_as_ever(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {"models/stg.sql": "{{ config(tags=[env_var('LABEL', 'x')]) }} select 1 as id\n"}
    changed = _changed(folder, files, "models/orders.sql", "select 2 as id\n")
    assert isinstance(changed.nodes, Stored)

    monkeypatch.setenv("LABEL", "y")

    assert not isinstance(_load(folder).nodes, Stored)


def test_a_worker_finds_the_changed_model_in_the_saved_project(folder: Path) -> None:
    _changed(folder, {}, "models/orders.sql", "select 2 as id\n")
    (saved,) = (folder.parent / "cache").glob("*.sqlm")

    found = load_saved_nodes(saved, folder, {}, [ORDERS])

    assert found is not None
    assert re.search("select 2", getattr(found[ORDERS], "raw_code", ""))


def test_a_file_that_changes_while_it_is_read_is_read_again(folder: Path) -> None:
    path = folder / "models/orders.sql"
    text = "{{ log('reading', info=True) }} select 2 as id\n"
    _load(write_project(folder, FILES))
    path.write_text(text)

    load_project(folder, target=TARGET, say=lambda _told: path.write_text(text.replace("2", "3")) and None)

    assert "select 3" in getattr(_load(folder)[ORDERS], "raw_code", "")


@pytest.mark.parametrize("config", ["", "{{ config(materialized='table') }}"])
def test_what_a_changed_model_logs_is_told_once(config: str, folder: Path) -> None:
    _load(write_project(folder, FILES))
    (folder / "models/orders.sql").write_text(f"{config} {{{{ log('reading', info=True) }}}} select 2 as id\n")
    told: list[str] = []

    load_project(folder, target=TARGET, say=told.append)

    assert told == ["reading"]


def test_a_name_that_another_model_has_is_refused(folder: Path) -> None:
    macro = (
        "{% macro generate_alias_name(custom=none, node=none) %}{{ node.config.get('meta', {}).get('as', node.name) }}"
    )
    files = {"macros/names.sql": macro + "{% endmacro %}\n"}

    with pytest.raises(SqlModelsError, match="stg"):
        _changed(folder, files, "models/orders.sql", "{{ config(meta={'as': 'stg'}) }} select 1 as id\n")
