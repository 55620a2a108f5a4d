"""Nodes that are made side by side are those that one process makes, in the same order, with the same warnings."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels import forked
from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.project import making
from airflow_sqlmodels.project.choices import Choices
from airflow_sqlmodels.project.load import load
from tests.projects import TARGET, write_project
from tests.projects import load as load_files

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot copy a process"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),  # those of the runner of tests have threads
]

SHOP = {
    "dbt_project.yml": """\
        name: shop
        profile: shop
        on-run-end: ["select '{{ env_var('NIGHT', 'no') }}'"]
        vars: {first: 1}
        """,
    "models/a.sql": "{{ config(meta={'when': modules.datetime.date(2026, 1, 1)}) }} select 1 as id",
    "models/b.sql": "select * from {{ ref('a') }} where id = {{ env_var('ID', '2') }}",
    "models/c.sql": "{% do exceptions.warn('c is odd') %}select * from {{ ref('b') }}",
    "models/d.sql": "{% do exceptions.warn('d is odd') %}select * from {{ source('raw', 'orders') }}",
    "models/e.sql": "{{ config(enabled=false) }} select {{ var('first') }} as id",
    "models/properties.yml": """\
        models:
          - name: a
            columns: [{name: id, tests: [unique, not_null]}]
          - name: b
            data_tests: [{unique: {column_name: id, where: "id > 1"}}]
        sources:
          - name: raw
            tables: [{name: orders, freshness: {warn_after: {count: 1, period: day}}}]
        """,
    "models/exposures.yml": "exposures: [{name: wall, type: dashboard, owner: {name: we}, depends_on: [ref('a')]}]",
    "snapshots/s.sql": "{% snapshot s %}{{ config(strategy='check', unique_key='id', check_cols='all') }}"
    "select * from {{ ref('a') }}{% endsnapshot %}",
    "seeds/seed.csv": "id\n1\n",
    "tests/one.sql": "select * from {{ ref('a') }}",
    "analyses/look.sql": "select * from {{ ref('c') }}",
}


@pytest.fixture
def side_by_side(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Three processes whatever there is to do; gets whether what was shared out came back."""
    whether: list[bool] = []

    def noted(work: Any, count: int) -> Any:
        done = forked.shared_out(work, count)
        whether.append(done is not None)
        return done

    monkeypatch.setattr(threading, "active_count", lambda: 1)
    monkeypatch.setitem(forked._state, "most", 3)
    monkeypatch.setattr(making, "ENOUGH", 1)
    monkeypatch.setattr(making, "shared_out", noted)
    return whether


def _both(folder: Path, files: Mapping[str, str], monkeypatch: pytest.MonkeyPatch, **options: Any) -> list[Manifest]:
    together = load_files(folder, files, **options)
    monkeypatch.setitem(forked._state, "most", 1)
    return [together, load_files(folder, files, **options)]


def test_the_manifest_is_the_same(tmp_path: Path, side_by_side: list[bool], monkeypatch: pytest.MonkeyPatch) -> None:
    together, alone = _both(tmp_path, SHOP, monkeypatch)
    assert side_by_side == [True]
    assert list(together.nodes.items()) == list(alone.nodes.items())
    assert len(together.nodes) > 12
    assert together.disabled == alone.disabled
    assert [each.text for each in together.warnings] == [each.text for each in alone.warnings]
    assert any("c is odd" in each.text for each in alone.warnings)
    assert (together.settings, together.macros, together.docs) == (alone.settings, alone.macros, alone.docs)


def test_the_environment_that_others_read_is_known(tmp_path: Path, side_by_side: list[bool]) -> None:
    choices = Choices(target=TARGET)
    load(write_project(tmp_path, SHOP), choices, None)
    assert side_by_side == [True]
    assert {"ID", "NIGHT"} <= choices.env_read


def test_what_templates_log_is_told_once_and_in_order(
    tmp_path: Path, side_by_side: list[bool], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    talking = {
        f"models/m{number}.sql": f"{{% do log('{number}', info=true) %}}{{% do print('p{number}') %}}select 1"
        for number in range(5)
    }
    said: list[str] = []
    together, alone = _both(tmp_path, {**SHOP, **talking}, monkeypatch, say=said.append)
    assert side_by_side == [True]
    assert said == [*"01234", *"01234"]
    assert capsys.readouterr().out.split() == ["p0", "p1", "p2", "p3", "p4"] * 2
    assert list(together.nodes.items()) == list(alone.nodes.items())
    assert [each.text for each in together.warnings] == [each.text for each in alone.warnings]


def test_what_templates_log_before_a_mistake_is_told_once(tmp_path: Path, side_by_side: list[bool]) -> None:
    files = {"models/a.sql": "{% do log('a', info=true) %}select 1", "models/b.sql": "{{ config('a', 'b') }}select 1"}
    said: list[str] = []
    with pytest.raises(SqlModelsError, match=r"models/b\.sql:1"):
        load_files(tmp_path, files, say=said.append)
    assert side_by_side == [False]
    assert said == ["a"]


def test_of_several_mistakes_the_first_is_told(
    tmp_path: Path, side_by_side: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = {f"models/m{number}.sql": "{{ config('a', 'b') }}select 1" for number in range(5)}
    texts = []
    for most in (3, 1):
        monkeypatch.setitem(forked._state, "most", most)
        with pytest.raises(SqlModelsError) as raised:
            load_files(tmp_path, {**SHOP, **wrong})
        texts.append(str(raised.value))
    assert side_by_side == [False]
    assert texts[0] == texts[1]
    assert texts[0].startswith("models/m0.sql:1")
