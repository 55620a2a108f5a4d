"""docker-compose.yml: what can be known of it without a Docker engine."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from airflow.configuration import conf
from airflow.sdk import Connection

from docs.demo import airflow as demo

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text(encoding="utf-8"))
SERVICES: dict[str, Any] = COMPOSE["services"]
AIRFLOW = {name: service for name, service in SERVICES.items() if service["image"] == "airflow-sqlmodels"}
DOCKERFILE: str = SERVICES["migrate"]["build"]["dockerfile_inline"]


def _has_compose() -> bool:
    if shutil.which("docker") is None:
        return False
    return subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode == 0


@pytest.mark.skipif(not _has_compose(), reason="no `docker compose` here; the other tests read the file themselves")
def test_compose_accepts_the_file() -> None:
    done = subprocess.run(
        ["docker", "compose", "config", "--quiet"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr


def test_every_service_and_volume_that_is_named_is_there() -> None:
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or (ROOT / source).exists(), volume


def test_every_healthy_service_that_is_waited_for_has_a_check() -> None:
    waited = {
        name
        for service in SERVICES.values()
        for name, how in service.get("depends_on", {}).items()
        if how["condition"] == "service_healthy"
    }

    assert waited == {"metadata", "warehouse", "api-server"}
    assert all("test" in SERVICES[name]["healthcheck"] for name in waited)


def test_its_airflow_commands_are_those_of_the_demo() -> None:
    assert {service["command"] for service in AIRFLOW.values()} == {*demo._PARTS, "db migrate"}


def test_its_settings_are_settings_of_airflow() -> None:
    known = conf.configuration_description
    for name in COMPOSE["x-airflow"]["environment"]:
        if name.startswith("AIRFLOW__"):
            _, section, option = name.split("__")
            assert option.lower() in known[section.lower()]["options"], name


def test_its_connection_leads_to_the_warehouse_service() -> None:
    uri = COMPOSE["x-airflow"]["environment"]["AIRFLOW_CONN_WAREHOUSE"]
    found = Connection.from_uri(uri, conn_id="warehouse")

    assert (found.conn_type, found.host) == ("postgres", "warehouse")
    assert found.schema == SERVICES["warehouse"]["environment"]["POSTGRES_DB"]
    role = re.search(rf"create role {found.login}\b.*?password '(\w+)'",
                     (ROOT / "sql_project/raw/raw_data.sql").read_text(), re.IGNORECASE | re.DOTALL)  # fmt: skip
    assert role is not None
    assert role[1] == found.password


def test_its_image_holds_what_the_package_is_built_from() -> None:
    copied = {
        word for line in DOCKERFILE.splitlines() if line.startswith("COPY") for word in shlex.split(line)[1:-1]
    } - {"--chown=airflow:root"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert all((ROOT / each).exists() for each in copied)
    assert copied == {"pyproject.toml", project["readme"], *project["license-files"], "airflow_sqlmodels"}


def test_its_airflow_is_the_locked_one() -> None:
    locked = re.search(r"^apache-airflow==(\S+)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)

    assert locked is not None
    assert set(re.findall(r"airflow(?::|==)(\d\S+)", DOCKERFILE)) == {locked[1]}
