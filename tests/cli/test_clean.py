"""`sqlmodels clean`: what dbt_project.yml says is rendered, though there is no profile."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.cli.main import exit_code

PROJECT = """\
name: shop
version: "1.0"
target-path: "{{ env_var('BUILT', 'built') }}"
clean-targets: ["{{ env_var('BUILT', 'built') }}", "logs_{{ target.name }}", "{{ var('more') }}"]
"""


def test_templates_in_clean_targets_are_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUILT", "elsewhere")
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    for name in ("built", "elsewhere", "logs_", "further"):
        (tmp_path / name).mkdir()

    assert exit_code(["clean", "--project-dir", str(tmp_path), "--vars", "{more: further}"]) == 0

    assert {each.name for each in tmp_path.iterdir()} >= {"built", "dbt_project.yml"}
    assert not any((tmp_path / name).exists() for name in ("elsewhere", "logs_", "further"))


def test_a_template_that_cannot_be_rendered_deletes_nothing(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text(PROJECT)
    (tmp_path / "built").mkdir()

    assert exit_code(["clean", "--project-dir", str(tmp_path)]) == 2
    assert (tmp_path / "built").exists()


@pytest.mark.parametrize(
    ("said", "flags", "gone"),
    [
        ("", (), "target"),
        ("target-path: built\n", (), "built"),
        ("target-path: built\n", ("--target-path", "elsewhere"), "elsewhere"),
        ("clean-targets: []\n", ("--target-path", "elsewhere"), None),
    ],
)
def test_where_nothing_is_said_the_target_folder_goes(
    said: str, flags: tuple[str, ...], gone: str | None, tmp_path: Path
) -> None:
    (tmp_path / "dbt_project.yml").write_text(f"name: shop\n{said}")
    folders = ("built", "elsewhere", "target")
    for name in folders:
        (tmp_path / name).mkdir()

    assert exit_code(["clean", "--project-dir", str(tmp_path), *flags]) == 0
    assert [name for name in folders if not (tmp_path / name).exists()] == ([gone] if gone else [])
