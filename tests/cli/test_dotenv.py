"""`.env` in the folder where the command is called."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from airflow_sqlmodels.cli.main import exit_code
from tests.cli.projects import write_project


def test_variables_of_a_file_count_unless_the_shell_says_more(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    model = "{{ config(tags=[env_var('SHOP_FIRST'), env_var('SHOP_SECOND')]) }}select 1 as id"
    write_project(tmp_path, **{"models/marts/orders.sql": model})
    (tmp_path / ".env").write_text("SHOP_FIRST=file\nSHOP_SECOND=file\n")
    monkeypatch.setitem(os.environ, "SHOP_FIRST", "")  # put back afterwards
    monkeypatch.delenv("SHOP_FIRST")
    monkeypatch.setenv("SHOP_SECOND", "shell")
    monkeypatch.chdir(tmp_path / "models")

    code = exit_code(["ls", "--select", "tag:file,tag:shell", "--output", "name", "--profiles-dir", str(tmp_path)])

    assert (code, capfd.readouterr().out) == (0, "orders\n")
