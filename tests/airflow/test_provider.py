"""The package as Airflow sees it: a provider, with a command of its own; and what importing it costs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import jsonschema
import pytest

from airflow_sqlmodels.provider.info import get_provider_info
from airflow_sqlmodels.version import VERSION
from tests.projects import write_project

HEAVY = {"airflow", "sqlglot", "networkx", "jinja2", "yaml"}
HAS_PROVIDER_COMMANDS = tuple(map(int, version("apache-airflow").split(".")[:2])) >= (3, 2)


def airflow(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Airflow's own command."""
    return subprocess.run(
        [sys.executable, "-m", "airflow", *arguments],
        cwd=folder,
        env=os.environ | {"AIRFLOW_HOME": str(folder / "airflow"), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_airflow_lists_it_among_its_providers(tmp_path: Path) -> None:
    done = airflow(tmp_path, "providers", "list", "--output", "json")

    found = {each["package_name"]: each["version"] for each in json.loads(done.stdout[done.stdout.index("[") :])}
    assert found["airflow-sqlmodels"] == VERSION


def test_its_description_fits_airflows_schema() -> None:
    import airflow as package  # noqa: PLC0415  # not before conftest has set its folder

    schema = Path(package.__path__[0]) / "provider_info.schema.json"

    jsonschema.validate(get_provider_info(), json.loads(schema.read_text(encoding="utf-8")))


@pytest.mark.skipif(not HAS_PROVIDER_COMMANDS, reason="Airflow takes commands from providers since 3.2")
def test_the_command_is_there_under_airflows_own(tmp_path: Path) -> None:
    profile = "shop: {outputs: {default: {type: postgres, host: h, user: u, dbname: d, schema: s}}}"
    write_project(tmp_path, {"models/orders.sql": "select 1 as id", "profiles.yml": profile})

    listed = airflow(tmp_path, "sqlmodels", "ls", "--select", "orders")
    wrong = airflow(tmp_path, "sqlmodels", "ls", "--select", "tga:x")

    assert "shop.orders" in listed.stdout.splitlines()
    assert (listed.returncode, wrong.returncode) == (0, 2)
    assert "did you mean 'tag'?" in wrong.stdout


@pytest.mark.parametrize("module", ["airflow_sqlmodels", "airflow_sqlmodels.provider.pytest_plugin"])
def test_importing_it_imports_nothing_heavy(module: str) -> None:
    code = f"import sys, {module}; print(sorted({HEAVY!r} & set(sys.modules)))"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
