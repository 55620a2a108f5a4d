"""`--state`, on real folders: what an edit of the project makes of `state:`. dbt 1.12 chose the same nodes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_sqlmodels.cli.main import exit_code
from tests.cli.projects import write_project

Call = Callable[..., tuple[int, list[str], str]]
Capture = pytest.CaptureFixture[str]

MORE = {
    "dbt_project.yml": """\
        name: shop
        profile: shop
        models:
          shop:
            staging: {+tags: daily, +materialized: "{{ 'view' if target.name == 'default' else 'table' }}"}
            marts: {+materialized: table, +schema: "{{ env_var('MARTS', 'marts') }}"}
        """,
    "models/staging/stg_orders.sql": "select id, {{ cents('amount') }} as amount from {{ ref('raw_orders') }}\n",
    "models/marts/revenue.sql": "{{ config(alias='rev', meta={'k': var('least', 0)}) }}\n"
    "select sum(amount) as amount from {{ ref('stg_orders') }}\n",
    "macros/money.sql": "{% macro cents(c) %}{{ inner(c) }}{% endmacro %}\n"
    "{% macro inner(c) %}{{ c }} * 100{% endmacro %}\n{% macro unused() %}1{% endmacro %}\n",
}


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Lists what a selector chooses, compared with the project as it was."""
    project = write_project(tmp_path / "project", **MORE)
    place = ["--project-dir", str(project), "--profiles-dir", str(project)]
    assert exit_code(["parse", "-q", *place]) == 0
    shutil.copytree(project / "target", tmp_path / "prod")

    def run(selector: str, *args: str) -> tuple[int, list[str], str]:
        state = [] if "--state" in args else ["--state", str(tmp_path / "prod")]
        code = exit_code(["ls", "-q", "--select", selector, "--indirect-selection", "empty", *state, *args, *place])
        said = capsys.readouterr()
        return code, said.out.split(), (said.out + said.err)

    return run


def test_an_edit_of_a_macro_is_found_by_those_that_call_it_in_hooks(tmp_path: Path, capsys: Capture) -> None:
    files = {
        "dbt_project.yml": "{name: shop, profile: shop, seeds: {+post-hook: '{{ kept() }}'}}",
        "models/marts/revenue.sql": "{{ config(pre_hook='{{ kept() }}') }} select 1 as id",
        "macros/kept.sql": "{% macro kept() %}select 1{% endmacro %}",
    }
    project = write_project(tmp_path / "project", **files)
    place = ["-q", "--project-dir", str(project), "--profiles-dir", str(project)]
    assert exit_code(["parse", *place]) == 0
    shutil.copytree(project / "target", tmp_path / "prod")
    (project / "macros/kept.sql").write_text("{% macro kept() %}select 2{% endmacro %}")

    assert exit_code(["ls", "--select", "state:modified.macros", "--state", str(tmp_path / "prod"), *place]) == 0

    assert capsys.readouterr().out.split() == ["shop.marts.revenue", "shop.raw_orders"]


def test_a_macro_that_no_call_reached_when_the_files_were_read_is_no_change(call: Call, tmp_path: Path) -> None:
    (tmp_path / "project/models/later.sql").write_text(
        "{{ config(materialized='incremental') }} select 1 {% if is_incremental() %}+ {{ unused() }}{% endif %}"
    )
    call("state:modified")
    shutil.copytree(tmp_path / "project/target", tmp_path / "then")
    macros = tmp_path / "project/macros/money.sql"
    macros.write_text(macros.read_text().replace("%}1{%", "%}2{%"))

    _, found, _ = call("state:modified", "--state", str(tmp_path / "then"))

    assert found == []


@pytest.mark.parametrize(
    ("path", "old", "new", "selector", "found"),
    [
        ("models/marts/orders.sql", "where", "and", "state:modified", ["shop.marts.orders"]),
        ("models/marts/orders.sql", "where", "and", "state:modified.body", ["shop.marts.orders"]),
        ("models/marts/orders.sql", "where", "and", "state:modified.configs", []),
        ("models/marts/orders.sql", "select", "\n\nselect", "state:modified", []),
        ("models/marts/revenue.sql", "alias='rev'", "alias='sales'", "state:modified.relation", ["shop.marts.revenue"]),
        ("models/marts/revenue.sql", "'least', 0", "'least', 1", "state:modified.configs", ["shop.marts.revenue"]),
        ("dbt_project.yml", "'marts')", "'mart')", "state:modified.relation",
         ["shop.marts.orders", "shop.marts.revenue"]),
        ("dbt_project.yml", "'view' if", "'table' if", "state:modified.configs", ["shop.staging.stg_orders"]),
        ("dbt_project.yml", "+tags: daily", "+tags: hourly", "state:modified", []),
        ("macros/money.sql", "* 100", "* 1000", "state:modified.macros", ["shop.staging.stg_orders"]),
        ("macros/money.sql", "%}1{%", "%}2{%", "state:modified", []),
        ("seeds/raw_orders.csv", "2,20", "2,30", "state:modified", ["shop.raw_orders"]),
        ("seeds/raw_orders.csv", "2,20\n", "2,20\n\n", "state:modified", []),
        ("models/schema.yml", "name: stg_orders", "name: stg_orders\n    description: said", "state:modified", []),
        ("models/schema.yml", "not_null]", "not_null: {config: {severity: warn}}]", "state:modified",
         ["shop.not_null_stg_orders_id"]),
    ],
)  # fmt: skip
def test_an_edit_is_found_where_dbt_finds_it(  # noqa: PLR0913  # what was edited, and what should come of it
    path: str, old: str, new: str, selector: str, found: list[str], call: Call, tmp_path: Path
) -> None:
    place = tmp_path / "project" / path
    text = place.read_text()
    assert old in text
    place.write_text(text.replace(old, new, 1))

    code, chosen, complaint = call(selector)

    assert (code, chosen) == (0, found), complaint


def test_a_state_that_the_run_writes_over_is_told(tmp_path: Path, capsys: Capture) -> None:
    project = write_project(tmp_path / "project", **MORE)
    place = ["--project-dir", str(project), "--profiles-dir", str(project)]
    assert exit_code(["parse", "-q", *place]) == 0

    assert exit_code(["ls", "--select", "state:modified", "--state", "target", *place]) == 0

    assert "The state and target directories are the same: 'target'" in capsys.readouterr().err


def test_another_target_or_variable_is_no_change(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MARTS", "elsewhere")

    assert call("state:modified", "--vars", "{least: 7}")[1] == []


def test_new_and_renamed_models_are_new(call: Call, tmp_path: Path) -> None:
    marts = tmp_path / "project/models/marts"
    (marts / "orders.sql").rename(marts / "all_orders.sql")

    assert call("state:new")[1] == ["shop.marts.all_orders"]
    assert call("state:modified+")[1] == ["shop.marts.all_orders"]
    assert call("state:old", "--resource-type", "model")[1] == ["shop.marts.revenue", "shop.staging.stg_orders"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "there is no manifest.json in the state folder"),
        ("{", "this is not JSON"),
        ("[]", "no file that dbt or sqlmodels wrote"),
        ('{"metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v3.json"}}', "versions 4 to 12"),
    ],
)
def test_a_folder_that_holds_no_state_is_refused(content: str | None, message: str, call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()
    if content is not None:
        (folder / "manifest.json").write_text(content)

    code, _, complaint = call("state:modified", "--state", str(folder))

    assert code == 2
    assert message in complaint
    assert str(folder) in complaint


def test_results_of_the_earlier_run_choose_nodes(call: Call, tmp_path: Path) -> None:
    results = [
        {"unique_id": "model.shop.revenue", "status": "error"},
        {"unique_id": "model.shop.orders", "status": "success"},
    ]
    (tmp_path / "prod/run_results.json").write_text(json.dumps({"results": results}))

    assert call("result:error+")[1] == ["shop.marts.revenue"]


def test_results_are_enough_where_nothing_is_compared(call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "kept"
    folder.mkdir()
    results = {"results": [{"unique_id": "model.shop.revenue", "status": "error"}]}
    (folder / "run_results.json").write_text(json.dumps(results))

    assert call("result:error", "--state", str(folder))[:2] == (0, ["shop.marts.revenue"])


def test_a_state_that_nothing_asks_for_may_be_missing(call: Call, tmp_path: Path) -> None:
    assert call("revenue", "--state", str(tmp_path / "nowhere"))[:2] == (0, ["shop.marts.revenue"])


PROMISED = """\
models:
  - name: orders
    config: {contract: {enforced: true}}
    columns: [{name: id, data_type: int}, {name: amount, data_type: numeric(10, 2)}]
    VERSIONS
"""


@pytest.fixture
def promised(tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[str], None]:
    """Puts a contract, and maybe versions, into the project and into the state it is compared with."""
    request.getfixturevalue("call")  # which writes the project
    project = tmp_path / "project"

    def promise(versions: str) -> None:
        (project / "models/contract.yml").write_text(PROMISED.replace("VERSIONS", versions))
        if versions:
            (project / "models/marts/orders.sql").rename(project / "models/marts/orders_v1.sql")
        assert exit_code(["parse", "-q", "--project-dir", str(project), "--profiles-dir", str(project)]) == 0
        shutil.rmtree(tmp_path / "prod")
        shutil.copytree(project / "target", tmp_path / "prod")

    return promise


def test_a_broken_contract_is_a_warning(call: Call, promised: Callable[[str], None], tmp_path: Path) -> None:
    promised("")
    place = tmp_path / "project/models/contract.yml"
    place.write_text(place.read_text().replace("{name: id, data_type: int}, ", "").replace("(10, 2)", "(12, 2)"))

    code, found, said = call("state:modified", "--no-quiet")
    strict = call("state:modified", "--warn-error")

    assert code == 0
    assert "shop.marts.orders" in found
    assert "a breaking change to an unversioned model: orders, since" in said
    assert "\n  - columns were removed: id\n" in said
    assert strict[0] == 2
    options = "{error: all, warn: [UnversionedBreakingChange]}"
    assert call("state:modified", "--warn-error-options", options)[0] == 0


def test_a_broken_contract_of_a_versioned_model_is_an_error(
    call: Call, promised: Callable[[str], None], tmp_path: Path
) -> None:
    promised("versions: [{v: 1}]")
    place = tmp_path / "project/models/contract.yml"
    assert call("state:modified")[0] == 0
    place.write_text(place.read_text().replace("data_type: int", "data_type: text"))

    code, _found, said = call("state:modified.contract")

    assert code == 2
    assert "Breaking change to contract" in said
    assert "columns have another data_type: id (int -> text)" in said


def test_a_model_with_a_contract_that_is_gone_is_told_of(
    call: Call, promised: Callable[[str], None], tmp_path: Path
) -> None:
    promised("")
    (tmp_path / "project/models/contract.yml").unlink()
    (tmp_path / "project/models/marts/orders.sql").unlink()

    assert "Contracted model 'model.shop.orders' was deleted or renamed." in call("state:modified", "--no-quiet")[2]
    assert "Contracted model" not in call("state:new", "--no-quiet")[2]


def test_a_seed_too_large_to_be_compared_is_told_of(call: Call, tmp_path: Path) -> None:
    seed = tmp_path / "project/seeds/raw_orders.csv"
    seed.write_text(seed.read_text() + "3,30\n" * 300_000)

    grown = call("state:modified", "--resource-type", "seed", "--no-quiet")
    strict = call("state:modified.body", "--resource-type", "seed", "--warn-error")
    silent = call("state:modified", "--no-quiet", "--warn-error-options", "{silence: [SeedIncreased]}")

    assert (grown[0], "shop.raw_orders" in grown[1]) == (0, True)
    assert "seed.shop.raw_orders is >1MiB, too large to be compared: it was smaller" in grown[2]
    assert (strict[0], ">1MiB" in strict[2]) == (2, True)
    assert ">1MiB" not in silent[2]


def test_of_a_large_seed_the_path_counts(call: Call, tmp_path: Path) -> None:
    project = tmp_path / "project"
    seed = project / "seeds/raw_orders.csv"
    seed.write_text(seed.read_text() + "3,30\n" * 300_000)
    assert exit_code(["parse", "-q", "--project-dir", str(project), "--profiles-dir", str(project)]) == 0
    shutil.copytree(project / "target", tmp_path / "large")
    seed.write_text(seed.read_text() + "4,40\n")
    state = ("--state", str(tmp_path / "large"), "--no-quiet")

    unmoved = call("state:modified", *state)
    (project / "seeds/new").mkdir()
    seed.rename(project / "seeds/new/raw_orders.csv")
    moved = call("state:modified.body", *state)

    assert "shop.raw_orders" not in unmoved[1]
    assert "its path is the same, so it counts as unchanged" in unmoved[2]
    assert "shop.new.raw_orders" in moved[1]
    assert "its path is another, so it counts as changed" in moved[2]


AREA = "{{ env_var('AREA', 'a') }}"
BY_AREA = {
    "models/staging/stg_orders.sql": "select 1 as id\n",
    "models/marts/revenue.sql": "{{ config(meta={'k': env_var('AREA', 'a')}) }}\nselect 1 as id\n",
    "models/marts/told.sql": "{{ config(tags=['x']) }}\nselect 1 as id from {{ source('raw', 'orders') }}\n",
    "models/marts/described.sql": "select 1 as id\n",
    "models/p.yml": f"""\
        sources: [{{name: raw, schema: "{AREA}", tables: [{{name: orders}}]}}]
        models:
          - name: described
            config: {{meta: {{k: "{AREA}"}}}}
            columns: [{{name: id, data_tests: [{{not_null: {{config: {{where: "'{AREA}' = 'a'"}}}}}}]}}]
        exposures:
          - {{name: wall, type: dashboard, owner: {{name: A}}, config: {{meta: {{k: "{AREA}"}}}}}}
        """,
}
ALWAYS = {"exposure:shop.wall", "shop.not_null_described_id"}


@pytest.mark.parametrize(
    ("more", "modified", "moved"),
    [(True, ALWAYS, set()),
     (False, {*ALWAYS, "shop.marts.revenue", "shop.marts.described", "source:shop.raw.orders"},
      {"source:shop.raw.orders"})],
)  # fmt: skip
def test_of_configs_the_text_counts_unless_the_flag_says_no(
    more: bool, modified: set[str], moved: set[str], tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """dbt 1.12 chose the same; folders of dbt_project.yml are compared by their text either way."""
    flag = f"flags: {{state_modified_compare_more_unrendered_values: {str(more).lower()}}}\n"
    named = f'name: shop\nprofile: shop\nmodels: {{shop: {{staging: {{+meta: {{k: "{AREA}"}}}}}}}}\n'
    project = write_project(tmp_path / "project", **BY_AREA, **{"dbt_project.yml": named + flag})
    place = ["-q", "--project-dir", str(project), "--profiles-dir", str(project)]
    assert exit_code(["parse", *place]) == 0
    shutil.copytree(project / "target", tmp_path / "prod")
    monkeypatch.setenv("AREA", "b")
    capsys.readouterr()

    for selector, expected in (("state:modified", modified), ("state:modified.relation", moved)):
        args = ["ls", "--select", selector, "--indirect-selection", "empty", "--state", str(tmp_path / "prod"), *place]
        assert exit_code(args) == 0
        assert set(capsys.readouterr().out.split()) == expected


def test_without_the_flag_unrendered_configs_are_what_templates_give(tmp_path: Path) -> None:
    flag = "name: shop\nprofile: shop\nflags: {state_modified_compare_more_unrendered_values: false}\n"
    project = write_project(tmp_path / "project", **BY_AREA, **{"dbt_project.yml": flag})
    assert exit_code(["parse", "-q", "--project-dir", str(project), "--profiles-dir", str(project)]) == 0

    content = json.loads((project / "target/manifest.json").read_text())

    said = {name.rpartition(".")[2]: node["unrendered_config"] for name, node in content["nodes"].items()}
    assert (said["revenue"], said["described"]) == ({"meta": {"k": "a"}}, {"meta": {"k": "a"}})
    assert content["exposures"]["exposure.shop.wall"]["unrendered_config"] == {"meta": {"k": "a"}}


def test_what_is_unpacked_into_config_is_not_in_the_unrendered_config(tmp_path: Path) -> None:
    model = "{% set said = {'materialized': 'table', 'tags': ['t']} %}{{ config(meta=said, **said) }} select 1 as id"
    named = "name: shop\nprofile: shop\nmodels: {shop: {+materialized: ephemeral}}\n"
    project = write_project(tmp_path / "project", **{"models/unpacked.sql": model, "dbt_project.yml": named})
    assert exit_code(["parse", "-q", "--project-dir", str(project), "--profiles-dir", str(project)]) == 0

    content = json.loads((project / "target/manifest.json").read_text())

    entry = content["nodes"]["model.shop.unpacked"]
    assert (entry["config"]["materialized"], entry["unrendered_config"]) == (
        "table",
        {"materialized": "ephemeral", "meta": "said"},
    )
