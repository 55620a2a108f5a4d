"""A saved manifest gives back what was saved, one node at a time."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.manifest.store import Broken, Stored, manifest_records, open_store, read_manifest, write_store
from tests.projects import load

FILES = {
    "models/a.sql": "select 1 as id\n",
    "models/b.sql": "{{ config(tags=['x'], meta={'owner': 'me'}) }} select * from {{ ref('a') }}\n",
    "models/schema.yml": "models:\n  - name: b\n    columns:\n      - name: id\n        data_tests: [unique]\n",
    "macros/m.sql": "{% macro m() %}{% endmacro %}\n",
}


@pytest.fixture
def saved(tmp_path: Path) -> tuple[Manifest, Path]:
    manifest = load(tmp_path / "project", FILES)
    path = tmp_path / "saved.sqlm"
    write_store(path, manifest_records(manifest))
    return manifest, path


def test_every_node_and_macro_comes_back_equal(saved: tuple[Manifest, Path]) -> None:
    manifest, path = saved

    again = read_manifest(open_store(path))

    assert dict(again) == dict(manifest)
    assert dict(again.macros) == dict(manifest.macros)
    assert again.settings == manifest.settings


def test_all_that_are_read_at_once_are_those_that_are_read_one_by_one(saved: tuple[Manifest, Path]) -> None:
    nodes = read_manifest(open_store(saved[1])).nodes
    assert isinstance(nodes, Stored)
    first, *others = nodes
    changed = nodes.with_values({first: nodes[others[-1]]})

    assert list(nodes.items()) == [(node_id, nodes[node_id]) for node_id in nodes] == list(saved[0].nodes.items())
    assert list(nodes.values()) == list(saved[0].nodes.values())
    assert list(changed.values()) == [nodes[others[-1]], *(nodes[node_id] for node_id in others)]


def test_a_record_that_is_not_there_is_missed_however_it_is_read(tmp_path: Path) -> None:
    records = dict(manifest_records(load(tmp_path / "project", FILES)))
    del records["model.shop.a"]
    write_store(tmp_path / "saved.sqlm", records.items())
    with pytest.raises(KeyError):
        dict(read_manifest(open_store(tmp_path / "saved.sqlm")).nodes.items())


def test_an_unknown_id_is_missing(saved: tuple[Manifest, Path]) -> None:
    again = read_manifest(open_store(saved[1]))

    assert NodeId("model.shop.gone") not in again
    assert again.nodes.get(NodeId("model.shop.gone")) is None


@pytest.mark.parametrize("damage", ["empty", "short", "other magic", "random"])
def test_a_damaged_file_is_noticed(damage: str, saved: tuple[Manifest, Path]) -> None:
    path = saved[1]
    whole = path.read_bytes()
    path.write_bytes({"empty": b"", "short": whole[:-9], "other magic": b"x" + whole[1:], "random": b"?" * 99}[damage])

    with pytest.raises(Broken):
        open_store(path)


def test_nothing_is_left_of_a_file_that_could_not_be_written(tmp_path: Path) -> None:
    def records():  # type: ignore[no-untyped-def]
        yield "a", b"1"
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_store(tmp_path / "x", records())

    assert list(tmp_path.iterdir()) == []
