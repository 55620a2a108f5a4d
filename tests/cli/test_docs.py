"""`sqlmodels docs`: which files are written, for which nodes, and what is refused."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.cli.main import exit_code
from tests.cli.projects import Call, calling, profile_for, write_project


@pytest.fixture
def call(tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command on a small project with a database of its own: the exit code, and all it said."""
    fields = psycopg.conninfo.conninfo_to_dict(postgres_dsn)
    write_project(tmp_path, **{"profiles.yml": profile_for({key: str(value) for key, value in fields.items()})})

    return calling(tmp_path, capfd)


def read(folder: Path, name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "target" / name).read_text())
    return content


def test_what_was_built_is_described(call: Call, tmp_path: Path) -> None:
    assert call("build")[0] == 0

    code, said = call("docs", "generate", "--static")

    assert code == 0, said
    assert "  Building catalog\n" in said
    assert said.endswith(f"  Catalog written to {tmp_path / 'target/catalog.json'}\n")
    described = read(tmp_path, "catalog.json")
    assert {*described["nodes"]} == {
        *("model.shop.orders", "model.shop.revenue", "model.shop.stg_orders", "seed.shop.raw_orders")
    }
    revenue = read(tmp_path, "manifest.json")["nodes"]["model.shop.revenue"]
    assert revenue["compiled_code"].startswith("select sum(amount)")
    assert revenue["compiled_path"] == "target/compiled/shop/models/marts/revenue.sql"
    assert (tmp_path / "target/index.html").is_file()
    assert (tmp_path / "target/static_index.html").is_file()


def test_what_tests_keep_by_their_config_is_described_too(call: Call, tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir(exist_ok=True)
    for name, config in (("kept", "{{ config(store_failures=true) }}"), ("not_kept", "")):
        (tmp_path / f"tests/{name}.sql").write_text(
            f"{config} select 1 as fault from {{{{ ref('revenue') }}}} where false"
        )
    assert call("build", "--exclude", "not_kept")[0] == 0

    assert call("docs", "generate", "--select", "revenue")[0] == 0

    assert {*read(tmp_path, "catalog.json")["nodes"]} == {"model.shop.revenue", "test.shop.kept"}


@pytest.mark.parametrize(
    ("args", "nodes"),
    [
        (["--select", "revenue"], {"model.shop.revenue"}),
        (["--select", "nothing"], set()),
        (["--exclude", "marts"], {"model.shop.stg_orders", "seed.shop.raw_orders"}),
        (
            ["--exclude", "marts", "--no-compile"],  # nothing is selected then: all is described
            {"model.shop.stg_orders", "model.shop.orders", "model.shop.revenue", "seed.shop.raw_orders"},
        ),
        (["--empty-catalog"], set()),
    ],
)
def test_only_what_is_selected_is_described(args: list[str], nodes: set[str], call: Call, tmp_path: Path) -> None:
    assert call("build")[0] == 0

    assert call("docs", "generate", *args)[0] == 0
    assert {*read(tmp_path, "catalog.json")["nodes"]} == nodes


def test_without_compiling_the_manifest_stays_as_it_is(call: Call, tmp_path: Path) -> None:
    assert call("parse")[0] == 0
    before = (tmp_path / "target/manifest.json").read_bytes()

    assert call("docs", "generate", "--no-compile")[0] == 0
    assert (tmp_path / "target/manifest.json").read_bytes() == before


def test_what_cannot_be_compiled_stops_it(call: Call, tmp_path: Path) -> None:
    (tmp_path / "models/marts/orders.sql").write_text(
        "{% if execute %}{{ exceptions.raise_compiler_error('no') }}{% endif %}\n"
    )

    code, said = call("docs", "generate")

    assert code == 2
    assert "no docs were made" in said
    assert not (tmp_path / "target/catalog.json").exists()


def test_a_failure_keeps_what_can_be_retried(call: Call, tmp_path: Path) -> None:
    broken = "select {{ var('missing') if execute else 1 }} as id"
    (tmp_path / "models/marts/revenue.sql").write_text(broken)
    assert call("build")[0] == 1
    results = read(tmp_path, "run_results.json")

    assert call("compile")[0] == 2
    assert call("docs", "generate")[0] == 2

    assert read(tmp_path, "run_results.json") == results


def test_templates_see_which_command_it_is_and_empty_models_count(call: Call, tmp_path: Path) -> None:
    (tmp_path / "models/asked.sql").write_text("select '{{ flags.WHICH ~ invocation_args_dict.which }}' as which")
    (tmp_path / "models/empty.sql").write_text("\n")
    (tmp_path / "models/remark.sql").write_text("{# to be\nwritten #}\n")
    (tmp_path / "models/configured.sql").write_text("{{ config(materialized='view') }}{% set x = 1 %}\n")

    assert call("docs", "generate", "--select", "asked", "empty", "remark", "configured")[0] == 0

    results = {each["unique_id"]: each for each in read(tmp_path, "run_results.json")["results"]}
    assert {name: each["compiled_code"] for name, each in results.items()} == {
        "model.shop.asked": "select 'generategenerate' as which",
        "model.shop.empty": "",
        "model.shop.remark": "",
        "model.shop.configured": "",
    }
    empty = read(tmp_path, "manifest.json")["nodes"]["model.shop.empty"]
    assert (empty["compiled"], empty["compiled_code"], empty["compiled_path"]) == (True, "", None)
    assert call("docs", "generate", "--select", "nothing")[0] == 0
    assert read(tmp_path, "run_results.json")["results"] == []


def test_a_compile_of_nothing_keeps_the_manifest_up_to_date(call: Call, tmp_path: Path) -> None:
    assert call("compile", "--select", "nothing")[0] == 0

    assert "model.shop.revenue" in read(tmp_path, "manifest.json")["nodes"]


def test_a_project_without_nodes_has_docs(call: Call, tmp_path: Path) -> None:
    for folder in ("models", "seeds"):
        shutil.rmtree(tmp_path / folder)

    code, said = call("docs", "generate")

    assert code == 0, said
    assert read(tmp_path, "catalog.json")["nodes"] == {}


def test_pictures_are_copied(call: Call, tmp_path: Path) -> None:
    project = tmp_path / "dbt_project.yml"
    project.write_text(project.read_text() + "asset-paths: [pictures]\n")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures/shop.svg").write_text("<svg/>")

    assert call("docs", "generate", "--empty-catalog", "--no-compile")[0] == 0
    assert (tmp_path / "target/pictures/shop.svg").is_file()


def test_there_must_be_something_to_serve(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_project(tmp_path)

    assert exit_code(["docs", "serve", "--no-browser", "--project-dir", str(tmp_path)]) == 2
    assert "make it first: sqlmodels docs generate" in "".join(capsys.readouterr())


def test_without_compiling_no_manifest_is_written(call: Call, tmp_path: Path) -> None:
    assert call("docs", "generate", "--no-compile", "--empty-catalog")[0] == 0
    assert not (tmp_path / "target/manifest.json").exists()
    assert call("docs", "generate", "--no-compile", "--empty-catalog", "--static")[0] == 0, "that page holds one"


def test_what_a_run_compiled_stays_in_the_docs(call: Call, tmp_path: Path) -> None:
    assert call("build")[0] == 0

    assert call("docs", "generate", "--no-compile")[0] == 0

    assert read(tmp_path, "manifest.json")["nodes"]["model.shop.revenue"]["compiled_code"]


OWN = """\
{% macro get_catalog_relations(information_schema, relations) %}
  {% set names %}{% for each in relations %}'{{ each.identifier }}'{{ ', ' if not loop.last }}{% endfor %}{% endset %}
  {{ return(run_query("select table_schema, table_name, 'SECRET' as table_type, column_name, ordinal_position as "
    ~ "column_index, 'hidden' as column_type from " ~ information_schema ~ ".columns where table_name in ("
    ~ names ~ ")")) }}
{% endmacro %}
"""


def test_the_projects_own_macro_tells_what_lies_there(call: Call, tmp_path: Path) -> None:
    assert call("build")[0] == 0
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros/catalog.sql").write_text(OWN)

    assert call("docs", "generate", "--select", "revenue")[0] == 0

    found = read(tmp_path, "catalog.json")["nodes"]
    assert set(found) == {"model.shop.revenue"}
    assert found["model.shop.revenue"]["metadata"]["type"] == "SECRET"
    assert found["model.shop.revenue"]["columns"]["amount"]["type"] == "hidden"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("{{ exceptions.raise_compiler_error('no catalogs for you') }}", "no catalogs for you"),
        ("{{ return(1) }}", "get_catalog_relations gave no table"),
        ("{{ return(run_query('select 1 as table_schema')) }}", "has no column 'table_name'"),
    ],
)
def test_what_a_macro_refuses_is_told(body: str, told: str, call: Call, tmp_path: Path) -> None:
    assert call("build")[0] == 0
    (tmp_path / "macros").mkdir()
    macro = f"{{% macro get_catalog_relations(information_schema, relations) %}}{body}{{% endmacro %}}\n"
    (tmp_path / "macros/catalog.sql").write_text(macro)

    code, said = call("docs", "generate")

    assert code == 1, "as in dbt the file is written, with the error in it"
    assert told in said
    assert told in read(tmp_path, "catalog.json")["errors"][0]
    assert call("docs", "generate", "--warn-error")[0] == 2
