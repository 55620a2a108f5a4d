"""`unit_tests:` of property files: what they become, and what is told of those that cannot be meant."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent
from typing import Any

import pytest

from airflow_sqlmodels.compile.compiler import refuse_problems
from airflow_sqlmodels.errors import ProjectError, SqlModelsError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId, UnitTest
from airflow_sqlmodels.project.load import load_project
from tests.conftest import Golden
from tests.projects import TARGET, load, write_project

MODELS = {
    "models/stg_orders.sql": "select 1 as id, 10 as amount",
    "models/stg_people.sql": "select 1 as id",
    "models/inline.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('stg_people') }}",
    "models/marts/totals.sql": "select count(*) as n from {{ ref('stg_orders') }}"
    " join {{ ref('countries') }} using (id) join {{ ref('inline') }} using (id)"
    " join {{ source('raw', 'refunds') }} using (id)",
    "models/marts/delta.sql": "select * from {{ ref('stg_orders') }} {% if is_incremental() %}where false{% endif %}",
    "models/sources.yml": "sources:\n  - name: raw\n    tables: [{name: refunds}]\n",
    "seeds/countries.csv": "id,country\n1,de\n2,\n",
    "macros/cents.sql": "{% macro cents(x) %}{{ x }}{% endmacro %}",
}
GOOD = """\
    name: counts
    model: totals
    given:
      - input: ref('stg_orders')
        rows:
          - {id: 1, amount: 2}
    expect:
      rows:
        - {n: 1}
    """


def loaded(root: Path, test: str, **files: str) -> Manifest:
    text = indent(dedent(test), "    ")
    return load(root, {**MODELS, "models/marts/tests.yml": f"unit_tests:\n  - {text.lstrip()}", **files})


def one(manifest: Manifest) -> UnitTest:
    (found,) = (node for node in manifest.values() if isinstance(node, UnitTest))
    return found


def rows(given: str, **more: Any) -> str:
    said = "".join(f"\n        {key}: {value}" for key, value in more.items())
    return GOOD.replace("rows:\n          - {id: 1, amount: 2}", given).replace("    expect:", f"    expect:{said}", 1)


def test_it_has_the_id_and_the_names_that_dbt_gives_it(tmp_path: Path) -> None:
    test = one(loaded(tmp_path, GOOD))

    assert test.id == "unit_test.shop.totals.counts"
    assert test.fqn == ("shop", "marts", "totals", "counts")
    assert test.depends_on == ("model.shop.totals",)
    assert (test.path, str(test.at)) == ("models/marts/tests.yml", "models/marts/tests.yml:2:5")
    assert {"models/marts/totals.sql", "models/stg_orders.sql"} <= set(test.files)


def test_its_names_may_be_templates(tmp_path: Path) -> None:
    """The model, and what stands for its inputs, as a source whose table is called by an environment variable."""
    text = GOOD.replace("name: counts", """name: "{{ var('called', 'counts') }}" """).replace(
        "totals", "\"{{ 'totals' }}\""
    )
    given = """source('raw', "{{ var('table', 'refunds') }}")"""

    test = one(loaded(tmp_path, text.replace("ref('stg_orders')", given)))

    assert test.id == "unit_test.shop.totals.counts"
    assert [each.node for each in test.given] == ["source.shop.raw.refunds"]


def test_its_config_comes_from_the_project_and_from_itself(tmp_path: Path) -> None:
    project = "name: shop\nprofile: shop\nunit_tests:\n  shop:\n    +tags: [all]\n    marts: {+meta: {owner: me}}\n"

    test = one(loaded(tmp_path, GOOD + "config: {tags: fast}\n", **{"dbt_project.yml": project}))

    assert (test.tags, test.meta) == (("all", "fast"), {"owner": "me"})


def test_a_test_of_a_disabled_model_is_disabled(tmp_path: Path) -> None:
    manifest = loaded(tmp_path, GOOD, **{"models/marts/totals.sql": "{{ config(enabled=false) }} select 1 as n"})

    assert [node for node in manifest if node.startswith("unit_test.")] == []
    assert NodeId("unit_test.shop.totals.counts") in manifest.disabled


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("rows: [{id: 1, amount: null}, {id: 2, amount: 2.5}]", [{"id": 2, "amount": 2.5}, {"id": 1, "amount": None}]),
        ("rows: []", []),
        ("rows: [{id: 2024-01-02}]", [{"id": "2024-01-02"}]),
        ("rows: [{id: \"{{ var('no', 7) }}\"}]", [{"id": 7}]),
        ("format: csv\n        rows: |\n          id,amount\n          1,\n          2,\"a,b\"\n          3",
         [{"id": "2", "amount": "a,b"}, {"id": "1", "amount": None}, {"id": "3", "amount": None}]),
        ("format: csv\n        fixture: orders", [{"id": "5", "amount": "6"}]),
    ],
)  # fmt: skip
def test_rows_are_read_whatever_their_format(given: str, expected: list[dict[str, Any]], tmp_path: Path) -> None:
    files = {"tests/fixtures/deep/orders.csv": "id,amount\n5,6\n"}

    test = one(loaded(tmp_path, rows(given), **files))

    assert list(test.given[0].rows) == expected


@pytest.mark.parametrize("given", ["format: sql\n        rows: select 1 as id", "format: sql\n        fixture: orders"])
def test_rows_may_be_a_query(given: str, tmp_path: Path) -> None:
    test = one(loaded(tmp_path, rows(given), **{"tests/fixtures/orders.sql": "select 1 as id"}))

    assert (test.given[0].sql, test.given[0].rows) == ("select 1 as id", ())


def test_a_seed_has_its_own_rows_unless_others_are_given(tmp_path: Path) -> None:
    test = one(loaded(tmp_path, GOOD.replace("ref('stg_orders')\n        rows:\n          - {id: 1, amount: 2}",
                                             "ref('countries')")))  # fmt: skip

    assert list(test.given[0].rows) == [{"id": "1", "country": "de"}, {"id": "2", "country": None}]


VERSIONS = {
    "models/marts/totals.sql": "select 1 as other",
    "models/v/sums_v1.sql": "select 1 as n",
    "models/v/sums_v2.sql": "select 1 as n",
    "models/v/v.yml": "models:\n  - name: sums\n    latest_version: 2\n    versions: [{v: 1}, {v: 2}]\n",
}
OF_VERSIONS = "name: counts\nmodel: sums\ngiven: []\nexpect: {rows: [{n: 1}]}\n"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ["sums.counts_v1", "sums.counts_v2"]),
        ("versions: {include: [1]}", ["sums.counts_v1"]),
        ("versions: {exclude: [1]}", ["sums.counts_v2"]),
    ],
)
def test_each_version_of_a_model_is_tested(more: str, expected: list[str], tmp_path: Path) -> None:
    manifest = loaded(tmp_path, OF_VERSIONS + more, **VERSIONS)

    tests = [node for node in manifest.values() if isinstance(node, UnitTest)]
    assert [test.id.removeprefix("unit_test.shop.") for test in tests] == expected
    assert [test.name for test in tests] == ["counts"] * len(expected)
    assert [f"model.shop.sums.v{test.version}" for test in tests] == [test.model for test in tests]


def test_it_is_saved_and_found_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLMODELS_CACHE_DIR", str(tmp_path / "cache"))
    root = tmp_path / "project"
    given = GOOD + "overrides: {macros: {cents: 3}, vars: {a: [1]}, env_vars: {B: x}}\n"
    fresh = loaded(root, given)

    load_project(root, target=TARGET)
    again = load_project(root, target=TARGET)

    assert dict(again.nodes)[one(fresh).id] == one(fresh)


def test_a_changed_model_brings_its_unit_tests_along(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQLMODELS_CACHE_DIR", str(tmp_path / "cache"))
    loaded(tmp_path, GOOD)
    before = one(load_project(tmp_path, target=TARGET))
    write_project(tmp_path, {"models/marts/totals.sql": MODELS["models/marts/totals.sql"] + " -- changed"})

    after = one(load_project(tmp_path, target=TARGET))

    assert before.fingerprint != after.fingerprint


WRONG = {
    "unknown_model": GOOD.replace("totals", "totls"),
    "a_seed_as_model": GOOD.replace("totals", "countries"),
    "no_model": GOOD.replace("    model: totals\n", ""),
    "no_given": "name: counts\nmodel: totals\nexpect: {rows: []}\n",
    "no_expect": GOOD.partition("    expect:")[0],
    "unknown_input": GOOD.replace("ref('stg_orders')", "ref('stg_oders')"),
    "unknown_source": GOOD.replace("ref('stg_orders')", "source('raw', 'refund')"),
    "input_of_no_kind": GOOD.replace("ref('stg_orders')", "stg_orders"),
    "input_given_twice": GOOD.replace("    expect:", "      - {input: ref('stg_orders'), rows: []}\n    expect:"),
    "unknown_key": GOOD + "overides: {vars: {a: 1}}\n",
    "unknown_key_of_input": GOOD.replace("        rows:\n          -", "        row:\n          -"),
    "unknown_kind_of_override": GOOD + "overrides: {var: {a: 1}}\n",
    "unknown_format": rows("format: cvs\n        rows: |\n          id\n          1"),
    "csv_without_format": rows("rows: |\n          id\n          1"),
    "dicts_as_csv": rows("format: csv\n        rows: [{id: 1}]"),
    "row_without_columns": rows("rows: [1, 2]"),
    "no_rows": rows("format: dict"),
    "ragged_csv": rows("format: csv\n        rows: |\n          id,amount\n          1,2\n          1,2,3"),
    "ragged_fixture": rows("format: csv\n        fixture: ragged"),
    "unknown_fixture": rows("format: csv\n        fixture: ragd"),
    "fixture_with_ending": rows("format: csv\n        fixture: ragged.csv"),
    "fixture_of_other_format": rows("format: sql\n        fixture: ragged"),
    "fixture_without_format": rows("fixture: ragged"),
    "incremental_not_said": GOOD.replace("totals", "delta"),
    "incremental_without_this": GOOD.replace("totals", "delta") + "overrides: {macros: {is_incremental: true}}\n",
    "versions_of_a_model_without": GOOD + "versions: {include: [2]}\n",
    "versions_as_a_list": GOOD + "versions: [2]\n",
    "tags_beside_config": GOOD + "tags: [a]\n",
    "unknown_column_of_a_seed": GOOD.replace("stg_orders", "countries"),
    "unknown_column_of_a_contract": GOOD.replace("{n: 1}", "{m: 1}"),
    "longer_expected_row": GOOD.replace("- {n: 1}", "- {n: 1}\n        - {n: 1, m: 2}"),
    "shorter_expected_row": GOOD.replace("- {n: 1}", "- {n: 1, m: 1}\n        - {n: 1}"),
}
FILES = {"tests/fixtures/ragged.csv": "id,amount\n1,2,3\n"}
CONTRACT = {
    "models/marts/totals.yml": "models:\n  - name: totals\n    config: {contract: {enforced: true}}\n"
    "    columns: [{name: n, data_type: bigint}]\n",
}


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_meant_is_told_with_its_place(name: str, tmp_path: Path, golden: Golden) -> None:
    files = {**FILES, **(CONTRACT if "contract" in name else {})}

    with pytest.raises(SqlModelsError) as raised:
        refuse_problems(one(loaded(tmp_path, WRONG[name], **files)))

    golden.check(f"unit_test_{name}.txt", str(raised.value))


def test_a_model_has_no_two_unit_tests_of_one_name(tmp_path: Path, golden: Golden) -> None:
    text = indent(dedent(GOOD), "    ").lstrip()
    files = {**MODELS, "models/one.yml": f"unit_tests:\n  - {text}  - {text}"}

    with pytest.raises(SqlModelsError) as raised:
        load(tmp_path, files)

    golden.check("unit_test_two_of_one_name.txt", str(raised.value))


@pytest.mark.parametrize(
    ("test", "expected"),
    [
        (GOOD.replace("stg_orders", "stg_people"), "does not read the input ref('stg_people')"),
        (GOOD.replace("stg_orders", "stg_people"), "it reads the ephemeral model 'inline', which does"),
        (GOOD + "overrides: {macros: {shop.cnts: 1}}\n", "there is no macro 'shop.cnts' to override"),
        (GOOD + "overrides: {macros: {shop.cnts: 1}}\n", "did you mean 'cents'?"),
    ],
)
def test_what_dbt_passes_over_is_warned_of(test: str, expected: str, tmp_path: Path) -> None:
    (warning,) = loaded(tmp_path, test).warnings

    assert expected in warning.text
    assert warning.text.startswith("models/marts/tests.yml:")


@pytest.mark.parametrize(
    "change",
    [
        ("rows:\n          - {id: 1, amount: 2}", "format: null\n        rows: []"),
        ("ref('stg_orders')", "ref()"),
        ("ref('stg_orders')", "ref(model_name='stg_orders')"),
        ("ref('stg_orders')", "ref('shop', 'stg_orders', '1')"),
        ("ref('stg_orders')", "ref('stg_orders').x"),
        ("ref('stg_orders')", "(ref('stg_orders'))"),
        ("ref('stg_orders')", "ref('stg' ~ '_orders')"),
        ("ref('stg_orders')", "ref('stg_orders', version=none)"),
        ("ref('stg_orders')", "ref('stg_orders', package='shop')"),
        ("    expect:", "    overrides: {macros: null}\n    expect:"),
    ],
)
def test_what_dbt_refuses_too_is_no_unit_test(change: tuple[str, str], tmp_path: Path) -> None:
    with pytest.raises(ProjectError):
        loaded(tmp_path, GOOD.replace(*change))


def test_an_empty_version_of_an_input_is_none(tmp_path: Path) -> None:
    test = one(loaded(tmp_path, GOOD.replace("ref('stg_orders')", "ref('stg_orders', v='')")))

    assert [each.node for each in test.given] == ["model.shop.stg_orders"]


def test_an_input_may_have_the_arguments_of_the_projects_own_ref(tmp_path: Path) -> None:
    text = GOOD.replace("ref('stg_orders')", "ref('stg_orders', label='staging')")
    with pytest.raises(ProjectError, match="an input cannot be"):
        loaded(tmp_path / "usual", text)

    own = "{% macro ref(name) %}{{ return(builtins.ref(name)) }}{% endmacro %}"
    test = one(loaded(tmp_path / "own", text, **{"macros/ref.sql": own}))

    assert [each.node for each in test.given] == ["model.shop.stg_orders"]


def test_white_space_around_a_fixture_is_no_part_of_it(tmp_path: Path) -> None:
    files = {
        "tests/fixtures/given.csv": "\n\n id,amount\n1,2 \n\n",
        "tests/fixtures/then.sql": "\n\n  select 1 as id\n",
    }
    text = rows("format: csv\n        fixture: given").replace(
        "rows:\n        - {n: 1}", "fixture: then\n      format: sql"
    )

    test = one(loaded(tmp_path, text, **files))

    assert (test.given[0].rows, test.given[0].lines) == (({"id": "1", "amount": "2"},), (4,))
    assert (test.expect.sql, test.expect.at.line) == ("select 1 as id", 3)


def test_one_that_is_off_depends_on_nothing(tmp_path: Path) -> None:
    (found,) = loaded(tmp_path, GOOD + "config: {enabled: false}\n").disabled.values()

    assert found[0].depends_on == ()


def test_its_description_is_no_template(tmp_path: Path) -> None:
    test = one(loaded(tmp_path, GOOD + 'description: "{{ 1 }} is one"\n'))

    assert test.description == "{{ 1 }} is one"


@pytest.mark.parametrize("versions", ["{}", "{include: , exclude: }"])
def test_versions_without_numbers_do_no_harm_to_a_model_that_has_none(versions: str, tmp_path: Path) -> None:
    test = one(loaded(tmp_path, GOOD + f"versions: {versions}\n"))

    assert test.versions == {"include": None, "exclude": None}


@pytest.mark.parametrize("versions", ["{}", "{include: }", "{include: []}", "{include: 2}", "{included: [1]}"])
def test_versions_that_name_none_are_refused(versions: str, tmp_path: Path) -> None:
    files = {
        "models/people.yml": "models:\n  - {name: people, versions: [{v: 1}, {v: 2}]}\n",
        "models/people_v1.sql": "select 1 as n",
        "models/people_v2.sql": "select 1 as n",
    }
    test = f"name: counts\nmodel: people\ngiven: []\nexpect: {{rows: [{{n: 1}}]}}\nversions: {versions}\n"
    with pytest.raises(ProjectError, match="version"):
        loaded(tmp_path, test, **files)


@pytest.mark.parametrize("other", ["tests/fixtures/more/a.csv", "tests/fixtures/a.sql"])
def test_two_fixtures_of_one_name_are_refused(other: str, tmp_path: Path) -> None:
    files = {"tests/fixtures/a.csv": "id\n1\n", other: "id\n2\n"}
    with pytest.raises(ProjectError, match=r"two fixtures are named 'a': the other is tests/fixtures/"):
        load(tmp_path, files)
