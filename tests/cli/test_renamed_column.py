"""A column is renamed through views of a project: one run does it, as with dbt."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.projects import Call, calling, profile_for
from tests.projects import write_project

FILES = {
    "models/stg_orders.sql": "{{ config(materialized='KIND') }} select 1 as id, 'new' as status",
    "models/int_orders.sql": "select * from {{ ref('stg_orders') }} where status = 'new'",
    "models/fct_orders.sql": "select id, status as state from {{ ref('int_orders') }}",
    "models/dim_states.sql": "{{ config(materialized='table') }} select state from {{ ref('fct_orders') }}",
}
NAMES = "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'v') order by 1"


@pytest.fixture
def call(tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command on a project of models that read one another."""
    fields = {key: str(value) for key, value in psycopg.conninfo.conninfo_to_dict(postgres_dsn).items()}
    write_project(tmp_path, {"profiles.yml": profile_for(fields)})
    return calling(tmp_path, capfd)


def write(folder: Path, kind: str, column: str) -> None:
    texts = {path: text.replace("KIND", kind) for path, text in FILES.items()}
    renamed = {path: text.replace("status", column) for path, text in texts.items()}
    write_project(folder, renamed)


@pytest.mark.parametrize("kind", ["view", "table"])
def test_one_run_renames_a_column(call: Call, tmp_path: Path, connection: psycopg.Connection[Any], kind: str) -> None:
    write(tmp_path, kind, "status")
    assert call("run")[0] == 0
    write(tmp_path, kind, "order_status")

    code, said = call("run", "--threads", "4")

    assert code == 0, said
    assert connection.execute("select state from dim_states").fetchall() == [("new",)]
    assert connection.execute("select order_status from int_orders").fetchall() == [("new",)]
    names = [name for (name,) in connection.execute(NAMES)]
    assert names == ["dim_states", "fct_orders", "int_orders", "stg_orders"]


def test_what_a_materialization_of_the_project_does_is_not_known(call: Call, tmp_path: Path) -> None:
    """Like one that leaves a view alone that is there."""
    write(tmp_path, "table", "status")
    assert call("run")[0] == 0
    write(tmp_path, "table", "order_status")
    macro = """\
        {% materialization view, default %}
            {% call statement('main') %} select 1 {% endcall %}
            {{ return({'relations': [this]}) }}
        {% endmaterialization %}
        """
    write_project(tmp_path, {"macros/view.sql": macro})

    code, said = call("run")

    assert code == 1
    assert "the view public.int_orders needs the column 'status', which goes" in said


def test_what_is_not_selected_is_not_lost(call: Call, tmp_path: Path, connection: psycopg.Connection[Any]) -> None:
    write(tmp_path, "table", "status")
    assert call("run")[0] == 0
    write(tmp_path, "table", "order_status")

    code, said = call("run", "--select", "stg_orders")

    assert code == 1
    assert "the view public.int_orders needs the column 'status', which goes" in said
    assert "build views of the project in the same run, or remove or change these first; nothing was changed" in said
    assert connection.execute("select state from fct_orders").fetchall() == [("new",)]


def test_a_view_that_fails_goes_on_with_the_old_rows(
    call: Call, tmp_path: Path, connection: psycopg.Connection[Any]
) -> None:
    write(tmp_path, "table", "status")
    assert call("run")[0] == 0
    write(tmp_path, "table", "order_status")
    write_project(tmp_path, {"models/int_orders.sql": "select id / 0 as id, status from {{ ref('stg_orders') }}"})

    code, said = call("run")

    assert code == 1
    assert "'status'" in said or '"status"' in said
    assert connection.execute("select state from fct_orders").fetchall() == [("new",)]

    assert [name for (name,) in connection.execute(NAMES) if "outgrown" in name]
    write(tmp_path, "table", "order_status")
    assert call("run")[0] == 0
    assert not [name for (name,) in connection.execute(NAMES) if "outgrown" in name]


def test_the_view_over_the_latest_version_follows(
    call: Call, tmp_path: Path, connection: psycopg.Connection[Any]
) -> None:
    properties = """\
        models:
          - name: orders
            latest_version: 1
            config: {materialized: table, latest_version_pointer: {enabled: true}}
            versions: [{v: 1}]
        """
    write_project(tmp_path, {"models/orders_v1.sql": "select 1 as id, 2 as old", "models/orders.yml": properties})
    assert call("run")[0] == 0
    write_project(tmp_path, {"models/orders_v1.sql": "select 1 as id"})

    code, said = call("run")

    assert code == 0, said
    assert connection.execute("select * from orders").fetchall() == [(1,)]
    assert [name for (name,) in connection.execute(NAMES)] == ["orders", "orders_v1"]
