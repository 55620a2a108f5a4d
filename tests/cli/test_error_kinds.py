"""The kind of an error that is found while a node runs: what dbt 1.12 names first."""

from __future__ import annotations

from pathlib import Path

import pytest
from psycopg.conninfo import conninfo_to_dict

from tests.cli.projects import Call, calling, profile_for, write_project

ORDERS = "models/marts/orders.sql"
INCREMENTAL = "{{ config(materialized='incremental') }}\n"
SNAPSHOT = (
    "{{% snapshot kept %}}{{{{ config(strategy='{}', unique_key='id', schema='kept') }}}}"
    "select 1 as id{{% endsnapshot %}}"
)
MACRO = "{{% materialization note, default %}}{}{{% endmaterialization %}}"
MAIN = "{% call statement('main') %}select 1{% endcall %}"
NOTED = {ORDERS: "{{ config(materialized='note') }}\nselect 1 as id\n"}


@pytest.fixture
def call(tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str]) -> Call:
    profile = profile_for({key: str(value) for key, value in conninfo_to_dict(postgres_dsn).items()})
    write_project(tmp_path, **{"profiles.yml": profile, ORDERS: f"{INCREMENTAL}select 1 as id, 2 as n\n"})
    return calling(tmp_path, capfd)


@pytest.mark.parametrize(
    ("files", "first"),
    [
        ({ORDERS: f"{INCREMENTAL}select 1 as id\n"}, "Database Error in model orders"),
        ({ORDERS: f"{INCREMENTAL}select 1 as other\n"}, "Database Error in model orders"),
        (
            {ORDERS: "{{ config(materialized='incremental', incremental_strategy='nope') }}\nselect 1 as id, 2 as n\n"},
            "Runtime Error in model orders",
        ),
        ({"snapshots/kept.sql": SNAPSHOT.format("nope")}, "Compilation Error in snapshot kept"),
        ({**NOTED, "macros/note.sql": MACRO.format(MAIN)}, "Compilation Error in model orders"),
        (
            {**NOTED, "macros/note.sql": MACRO.format(MAIN + "{{ return({'relations': [1]}) }}")},
            "Compilation Error in model orders",
        ),
        (
            {**NOTED, "macros/note.sql": MACRO.format("{{ return({'relations': [this]}) }}")},
            "Runtime Error in model orders",
        ),
        ({"seeds/raw_orders.csv": "id,amount\n1,10\n2,20,30\n"}, "Compilation Error in seed raw_orders"),
        ({"seeds/raw_orders.csv": ""}, "Compilation Error in seed raw_orders"),
        (
            {
                "models/marts/terms_v1.sql": "select 1 as id\n",
                "models/terms.yml": """\
                    models:
                      - name: terms
                        config: {alias: terms, latest_version_pointer: {enabled: true}}
                        versions: [{v: 1}]
                    """,
            },
            "Runtime Error in model terms",
        ),
    ],
)
def test_what_a_node_meets_is_called_as_in_dbt(call: Call, tmp_path: Path, files: dict[str, str], first: str) -> None:
    assert call("run", "--select", "orders")[0] == 0
    write_project(tmp_path, **{"profiles.yml": (tmp_path / "profiles.yml").read_text(), **files})

    code, said = call("build")

    assert code == 1
    assert first in said


def test_a_source_that_says_no_time_is_a_runtime_error(call: Call, tmp_path: Path) -> None:
    (tmp_path / "models/sources.yml").write_text(
        "sources: [{name: pg, schema: pg_catalog, tables: [{name: pg_class, config: "
        "{freshness: {warn_after: {count: 1, period: day}}}}]}]\n"
    )

    code, said = call("source", "freshness")

    assert code == 1
    assert "Runtime Error in source pg_class" in said


@pytest.mark.parametrize("command", [("compile",), ("show", "--select", "orders"), ("docs", "generate")])
@pytest.mark.parametrize(
    ("text", "first", "place"),
    [
        ("select {{ nope() }} as id\n", "Compilation Error in model orders", "models/marts/orders.sql:1: "),
        ("{% set rows = run_query('select nope') %}\nselect 1 as id\n", "Database Error in model orders", "nope"),
    ],
)
def test_what_only_compiles_ends_with_the_error_of_the_node(
    call: Call, tmp_path: Path, command: tuple[str, ...], text: str, first: str, place: str
) -> None:
    (tmp_path / ORDERS).write_text(text)

    code, said = call(*command)

    assert code == 2
    assert f"Encountered an error:\nRuntime Error\n  {first} (models/marts/orders.sql:1)\n    " in said
    assert place in said


def test_a_query_that_cannot_be_shown_is_placed_in_its_model(call: Call, tmp_path: Path) -> None:
    (tmp_path / ORDERS).write_text("select 1 as id,\n  nope as n\n")

    code, said = call("show", "--select", "orders")

    assert code == 2
    assert "Runtime Error\n  Database Error in model orders (models/marts/orders.sql:1)\n" in said
    assert 'models/marts/orders.sql:2:3: column "nope" does not exist' in said


@pytest.mark.parametrize(
    "expect", ["{rows: [{other: 1}]}", "{rows: [{id: abc}]}", "{format: sql, rows: 'select nope'}"]
)
def test_a_unit_test_that_cannot_be_run_is_a_runtime_error(call: Call, tmp_path: Path, expect: str) -> None:
    (tmp_path / "models/units.yml").write_text(
        f"unit_tests: [{{name: counts, model: orders, given: [{{input: this, rows: []}}], expect: {expect}}}]\n"
    )
    (tmp_path / ORDERS).write_text("select 1 as id\n")

    code, said = call("test", "--select", "test_type:unit")

    assert code == 1
    assert "Runtime Error in unit_test counts" in said


def test_a_macro_that_is_not_there_is_a_runtime_error(call: Call) -> None:
    code, said = call("run-operation", "nope")

    assert code == 2
    assert "Runtime Error\ncould not find a macro with the name 'nope' in any package" in said
