"""manifest.json after a small change: what is put into the old file is what a whole new one would say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.artifacts import manifest_update
from airflow_sqlmodels.artifacts.compilation import Compilation
from airflow_sqlmodels.artifacts.keeping import keep_compiled
from airflow_sqlmodels.cli.main import exit_code
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.project.load import load_project
from airflow_sqlmodels.templating.code import CompiledCode
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import write_project

FILES = {
    "profiles.yml": "shop: {outputs: {default: {type: postgres, host: h, user: u, dbname: d, schema: s}}}",
    "models/a.sql": "select 1 as id",
    "models/b.sql": "select * from {{ ref('a') }} where name <> '\",\"model.shop.c\":{'",
    "models/c.sql": "select * from {{ ref('b') }} join {{ ref('a') }} using (id)",
    "models/all.yml": "models: [{name: c, columns: [{name: id, data_tests: [unique]}]}]",
}

A = NodeId("model.shop.a")


def parsed(root: Path) -> dict[str, Any]:
    """manifest.json of `sqlmodels parse`, without what differs from run to run."""
    assert exit_code(["parse", "--project-dir", str(root), "--profiles-dir", str(root), "--quiet"]) == 0
    found = json.loads((root / "target/manifest.json").read_text())
    for key in ("invocation_id", "generated_at", "invocation_started_at", "run_started_at"):
        assert found["metadata"].pop(key)
    for part in found.values():
        for node in part.values() if isinstance(part, dict) else ():
            if isinstance(node, dict):
                node.pop("created_at", None)
    return dict(found)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("models/a.sql", "select 2 as id, '}},\"sources\":{' as other"),
        ("models/b.sql", "{{ config(tags=['new']) }} select 1 as one from {{ ref('a') }}"),
        ("models/c.sql", "select * from {{ ref('b') }}"),
        ("models/all.yml", "models: [{name: c, description: All}]"),
    ],
)
def test_an_update_says_what_a_new_file_would(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, text: str
) -> None:
    root = write_project(tmp_path / "shop", FILES)
    monkeypatch.setenv("SQLMODELS_CACHE_DIR", str(tmp_path / "cache"))
    parsed(root)

    (root / path).write_text(text)
    updated = parsed(root)

    (root / "target/manifest.json").unlink()
    assert updated == parsed(root)


def test_one_model_is_put_into_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_project(tmp_path / "shop", FILES)
    monkeypatch.setenv("SQLMODELS_CACHE_DIR", str(tmp_path / "cache"))
    parsed(root)
    before = json.loads((root / "target/manifest.json").read_text())

    (root / "models/b.sql").write_text("select 5 as five from {{ ref('a') }}")
    parsed(root)

    after = json.loads((root / "target/manifest.json").read_text())
    assert after["nodes"]["model.shop.b"]["created_at"] > before["nodes"]["model.shop.b"]["created_at"]
    assert after["nodes"]["model.shop.a"] == before["nodes"]["model.shop.a"]
    assert after["metadata"]["generated_at"] > before["metadata"]["generated_at"]


def test_another_target_is_another_manifest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_project(tmp_path / "shop", FILES)
    monkeypatch.setenv("SQLMODELS_CACHE_DIR", str(tmp_path / "cache"))
    parsed(root)

    (root / "profiles.yml").write_text(FILES["profiles.yml"].replace("schema: s", "schema: other"))

    assert parsed(root)["nodes"]["model.shop.a"]["schema"] == "other"


def test_what_was_compiled_last_time_is_not_put_into_the_file_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_project(tmp_path / "shop", FILES)
    monkeypatch.setenv("SQLMODELS_CACHE_DIR", str(tmp_path / "cache"))
    parsed(root)
    manifest = load_project(root, profiles_dir=root)
    path = root / "target/manifest.json"

    def keep(sql: Mapping[str, str]) -> dict[str, Any]:
        codes = {NodeId(f"model.shop.{name}"): CompiledCode(text) for name, text in sql.items()}
        keep_compiled(path, manifest, Invocation(), Compilation(codes, "target"))
        return dict(json.loads(path.read_text()))

    first = keep({"a": "select 1", "b": "select 2"})
    rewritten: list[object] = []
    monkeypatch.setattr(manifest_update, "_rewrite", lambda *args: rewritten.append(args))
    again = keep({"b": "select 2", "a": "select 1"})
    assert not rewritten
    assert again["nodes"] == first["nodes"]
    assert again["nodes"]["model.shop.b"]["compiled_code"] == "select 2"
    assert again["metadata"]["invocation_id"] != first["metadata"]["invocation_id"]

    monkeypatch.undo()
    other = keep({"a": "select 1", "b": "select 3"})
    assert other["nodes"]["model.shop.b"]["compiled_code"] == "select 3"
    fewer = keep({"a": "select 1"})
    assert fewer["nodes"]["model.shop.a"]["compiled_code"] == "select 1"
    assert "compiled_code" not in fewer["nodes"]["model.shop.b"]


@pytest.mark.parametrize(
    "other",
    [
        Compilation({A: CompiledCode("select 2")}, "target"),
        Compilation({A: CompiledCode("select 1", macros=(MacroId("macro.shop.cents"),))}, "target"),
        Compilation({A: CompiledCode("select 1")}, "target", built=[A]),
        Compilation({A: CompiledCode("select 1")}, "target", targets={A: {"ref('b')": "b"}}),
        Compilation({A: CompiledCode("select 1")}, "target", bodies={A: ["select 1"]}),
        Compilation({A: CompiledCode("select 1")}, "target", kept={A: "audit.a"}),
    ],
)
def test_whatever_a_run_brings_up_tells_its_file_from_others(other: Compilation) -> None:
    first = Compilation({A: CompiledCode("select 1")}, "target")

    assert first.digest() == Compilation({A: CompiledCode("select 1")}, "target").digest()
    assert first.digest() != other.digest()
