"""References without a version, to a model that has one above its latest: dbt 1.12 tells the same of the same nodes."""

from __future__ import annotations

import json
from pathlib import Path

import psycopg
import pytest

from tests.cli.projects import calling, profile_for, write_project

VERSIONS = """
models:
  - name: m
    latest_version: 2
    versions: [{v: 1}, {v: 2}, {v: %s}]
    columns: [{name: id, data_tests: [not_null]}]
"""


@pytest.mark.parametrize("newest", ["10", "1.5"])
def test_a_version_above_the_latest_is_told_to_those_who_name_none(
    newest: str, tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str]
) -> None:
    fields = {key: str(value) for key, value in psycopg.conninfo.conninfo_to_dict(postgres_dsn).items()}
    files = {
        **{f"models/m_v{n}.sql": f"select {n} as id" for n in ("1", "2", newest)},
        "models/m.yml": VERSIONS % newest,
        "models/reader.sql": "select * from {{ ref('m') }}",
        "models/pinned.sql": "select * from {{ ref('m', v=1) }}",
        "profiles.yml": profile_for(fields),
    }
    write_project(tmp_path, **files)

    code, said = calling(tmp_path, capfd)("build", "--select", "m", "reader", "pinned", "--log-format", "json")

    events = [json.loads(line) for line in said.splitlines()]
    told = [each for each in events if each["info"]["name"] == "UnpinnedRefNewVersionAvailable"]
    assert code == 0
    assert [each["data"]["node_info"]["node_name"] for each in told] == (["reader"] if newest == "10" else [])
    for each in told:
        assert each["info"]["level"] == "info"
        assert each["info"]["msg"].startswith("While compiling 'reader':")
        assert (each["data"]["ref_node_version"], each["data"]["ref_max_version"]) == ("2", newest)
