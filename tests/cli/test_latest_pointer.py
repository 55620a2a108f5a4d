"""`latest_version_pointer`: the view with the unversioned name over a model's latest version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.projects import Call, calling, profile_for
from tests.projects import write_project

VERSIONED = """\
    models:
      - name: orders
        latest_version: 2
        config: {CONFIG}
        columns: [{name: id}]
        versions: [{v: 1}, {v: 2}]
    """


@pytest.fixture
def call(tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command on a project that has a model in two versions."""
    fields = {key: str(value) for key, value in psycopg.conninfo.conninfo_to_dict(postgres_dsn).items()}
    files = {f"models/orders_v{n}.sql": f"select {n} as id" for n in (1, 2)}
    write_project(tmp_path, {**files, "profiles.yml": profile_for(fields)})
    return calling(tmp_path, capfd)


def relations(connection: psycopg.Connection[Any]) -> dict[str, str]:
    found = "select relname, relkind::text from pg_class where relnamespace = 'public'::regnamespace"
    return dict(connection.execute(f"{found} and relkind in ('r', 'v')").fetchall())


def configured(folder: Path, config: str) -> None:
    write_project(folder, {"models/orders.yml": VERSIONED.replace("{CONFIG}", config)})


def test_the_latest_version_has_a_view_of_the_models_name(
    call: Call, tmp_path: Path, connection: psycopg.Connection[Any]
) -> None:
    config = "{materialized: table, latest_version_pointer: {enabled: true}, grants: {select: [pg_monitor]}, "
    configured(tmp_path, config + "persist_docs: {relation: true, columns: true}, post_hook: select 1}")

    for _ in range(2):
        code, said = call("run")
        assert code == 0, said

    assert relations(connection) == {"orders_v1": "r", "orders_v2": "r", "orders": "v"}
    assert connection.execute("select id from orders").fetchall() == [(2,)]
    assert connection.execute("select has_table_privilege('pg_monitor', 'public.orders', 'select')").fetchone() == (
        True,
    )


@pytest.mark.parametrize(
    ("config", "flag", "name"),
    [
        ("{latest_version_pointer: {enabled: true, alias: newest}}", False, "newest"),
        ("{latest_version_pointer: {alias: newest}}", True, "newest"),
        ("{latest_version_pointer: {alias: newest}}", False, None),
        ("{latest_version_pointer: {enabled: false}}", True, None),
        ("{}", True, "orders"),
    ],
)
def test_its_name_and_whether_there_is_one(  # the fixtures, and three values
    call: Call, tmp_path: Path, connection: psycopg.Connection[Any], config: str, flag: bool, name: str | None
) -> None:
    configured(tmp_path, config)
    with (tmp_path / "dbt_project.yml").open("a") as file:
        file.write(f"flags: {{latest_version_pointer_enabled_by_default: {flag}}}\n")

    assert call("run")[0] == 0
    assert set(relations(connection)) == {"orders_v1", "orders_v2"} | ({name} if name else set())


def test_a_macro_of_the_project_may_name_it(call: Call, tmp_path: Path, connection: psycopg.Connection[Any]) -> None:
    configured(tmp_path, "{latest_version_pointer: {enabled: true}}")
    macro = "{% macro generate_latest_version_pointer_alias(custom_alias_name=none, node=none) %}"
    write_project(tmp_path, {"macros/m.sql": macro + " {{ node.name }}_now {% endmacro %}"})

    assert call("run")[0] == 0
    assert "orders_now" in relations(connection)
    model = json.loads((tmp_path / "target/manifest.json").read_text())["nodes"]["model.shop.orders.v2"]
    assert model["config"]["latest_version_pointer"] == {"enabled": True, "alias": None}, "whole, as in dbt"


def test_it_cannot_have_the_name_of_the_version_itself(call: Call, tmp_path: Path) -> None:
    configured(tmp_path, "{latest_version_pointer: {enabled: true, alias: orders_v2}}")

    code, said = call("run")

    assert code == 1
    assert "Cannot create latest version pointer: the latest version itself is named 'orders_v2'" in said
