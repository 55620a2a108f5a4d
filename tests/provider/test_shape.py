"""Which tasks a project becomes, and what each waits for: what dbt's build does, drawn between tasks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.errors import ProjectError, SelectorError
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.provider.options import Options
from airflow_sqlmodels.provider.shape import downstream_of, priorities, task_specs
from airflow_sqlmodels.provider.specs import TaskSpec
from airflow_sqlmodels.provider.translate import Translator
from tests.projects import PROJECT, load

SHOP = {
    "models/staging/stg_orders.sql": "select * from {{ source('raw', 'orders') }}",
    "models/staging/stg_customers.sql": "select * from {{ ref('countries') }}",
    "models/marts/orders.sql": "select * from {{ ref('stg_orders') }} join {{ ref('stg_customers') }} using (customer)",
    "models/marts/report.sql": "select * from {{ ref('orders') }}",
    "seeds/countries.csv": "customer,country\n1,de\n",
    "models/all.yml": """\
        sources:
          - name: raw
            freshness: {error_after: {count: 1, period: day}}
            loaded_at_field: loaded_at
            tables:
              - name: orders
                columns:
                  - {name: id, data_tests: [unique]}
              - name: refunds
                freshness: null
        models:
          - name: stg_orders
            columns:
              - name: id
                data_tests: [unique, not_null]
              - name: customer
                data_tests:
                  - relationships: {arguments: {to: ref('stg_customers'), field: customer}}
          - name: orders
            columns:
              - {name: id, data_tests: [not_null]}
        """,
}
RELATED = "relationships_stg_orders_customer__customer__ref_stg_customers_.test"
HOOKS = PROJECT + "on-run-start: select 1\non-run-end: [select 2, select 3]\n"


def specs_of(
    root: Path, files: Mapping[str, str] = SHOP, translator: type[Translator] = Translator, **options: Any
) -> dict[str, TaskSpec]:
    for name in ("select", "exclude"):
        if isinstance(options.get(name), str):
            options[name] = (options[name],)
    return task_specs(load(root, files), Options(project=str(root), conn_id="wh", **options), translator("shop"))


def edges(specs: Mapping[str, TaskSpec]) -> dict[str, set[str]]:
    return {task_id: spec.upstream for task_id, spec in specs.items()}


def nodes(spec: TaskSpec) -> list[str]:
    return [".".join(each.split(".")[0:3:2]) for each in spec.nodes]


def test_a_model_and_its_tests_are_two_tasks_and_its_readers_wait_for_the_tests(tmp_path: Path) -> None:
    specs = specs_of(tmp_path)

    assert edges(specs) == {
        "raw.orders.freshness": set(),
        "raw.orders.test": {"raw.orders.freshness"},
        "stg_orders.run": {"raw.orders.freshness", "raw.orders.test"},
        "stg_orders.test": {"stg_orders.run"},
        "countries.run": set(),
        "stg_customers.run": {"countries.run"},
        RELATED: {"stg_orders.run", "stg_customers.run"},
        "orders.run": {"stg_orders.run", "stg_orders.test", "stg_customers.run", RELATED},
        "orders.test": {"orders.run"},
        "report.run": {"orders.run", "orders.test"},
    }
    assert nodes(specs["stg_orders.test"]) == ["test.not_null_stg_orders_id", "test.unique_stg_orders_id"]


def test_tests_can_run_inside_the_task_of_their_model(tmp_path: Path) -> None:
    specs = specs_of(tmp_path, tests="with_model")

    assert nodes(specs["stg_orders.run"]) == [
        "model.stg_orders",
        "test.not_null_stg_orders_id",
        "test.unique_stg_orders_id",
    ]
    assert set(specs) == {
        "raw.orders.freshness", "raw.orders.test", "stg_orders.run", "countries.run", "stg_customers.run", RELATED,
        "orders.run", "report.run",
    }  # fmt: skip
    assert specs["orders.run"].upstream == {"stg_orders.run", "stg_customers.run", RELATED}


def test_a_test_whose_model_is_not_selected_is_a_test_task_in_every_mode(tmp_path: Path) -> None:
    specs = specs_of(tmp_path, tests="with_model", select="not_null_stg_orders_id")

    assert edges(specs) == {"stg_orders.test": set()}


def test_all_tests_can_run_after_everything_else(tmp_path: Path) -> None:
    specs = specs_of(tmp_path, tests="after_all")

    assert specs["tests"].upstream == set(specs) - {"tests"}
    assert specs["orders.run"].upstream == {"stg_orders.run", "stg_customers.run"}
    assert len(specs["tests"].nodes) == 5


def test_tests_can_be_left_out(tmp_path: Path) -> None:
    specs = specs_of(tmp_path, tests="none")

    assert not [spec for spec in specs.values() if spec.kind == "test"]
    assert specs["orders.run"].upstream == {"stg_orders.run", "stg_customers.run"}


def test_tests_can_stand_alone(tmp_path: Path) -> None:
    specs = specs_of(tmp_path, tests="only")

    assert edges(specs) == {task: set() for task in ("raw.orders.test", "stg_orders.test", "orders.test", RELATED)}


@pytest.mark.parametrize("tests", ["after_each", "with_model", "after_all", "none"])
def test_the_check_of_a_source_can_be_left_out(tests: str, tmp_path: Path) -> None:
    specs = specs_of(tmp_path, tests=tests, sources="none")

    assert not [spec for spec in specs.values() if spec.kind == "freshness"]
    assert specs["stg_orders.run"].upstream <= {"raw.orders.test"}


@pytest.mark.parametrize("tests", ["after_each", "with_model", "after_all", "none", "only"])
def test_hooks_stand_before_and_behind_everything(tests: str, tmp_path: Path) -> None:
    plain = specs_of(tmp_path, tests=tests)

    specs = specs_of(tmp_path, {**SHOP, "dbt_project.yml": HOOKS}, tests=tests)

    first = {task_id for task_id, spec in plain.items() if not spec.upstream}
    last = {task_id for task_id, below in downstream_of(plain).items() if not below}
    assert set(specs) - set(plain) == {"on_run_start", "on_run_end"}
    assert downstream_of(specs)["on_run_start"] == first
    assert specs["on_run_end"].upstream == last
    assert len(specs["on_run_end"].nodes) == 2
    assert specs["on_run_start"].schemas == specs["on_run_end"].schemas


@pytest.mark.parametrize(
    ("start", "end", "leave", "take"),
    [
        ("select 1", "select 2", False, False),
        ("{{ noting() }}", "select 2", False, False),
        ("select 1", "{{ results | length }}", True, False),
        ("{{ noting() }}", "{{ noting() }}", True, True),
    ],
)
def test_tasks_leave_their_results_if_a_hook_at_the_end_may_look(
    tmp_path: Path, start: str, end: str, leave: bool, take: bool
) -> None:
    project = f'{PROJECT}on-run-start: "{start}"\non-run-end: "{end}"\n'

    specs = specs_of(
        tmp_path, {**SHOP, "dbt_project.yml": project, "macros/n.sql": "{% macro noting() %}{% endmacro %}"}
    )

    ours = [spec for spec in specs.values() if spec.kind in ("run", "test")]
    assert {spec.leaves_results for spec in ours} == {leave}
    assert specs["on_run_end"].results_of == ({spec.id: spec.nodes for spec in ours} if leave else {})
    assert specs["on_run_start"].leaves_results == take
    assert {spec.graph_from for spec in (*ours, specs["on_run_end"])} == {"on_run_start" if take else ""}


def test_hooks_can_be_left_out(tmp_path: Path) -> None:
    assert edges(specs_of(tmp_path / "a", {**SHOP, "dbt_project.yml": HOOKS}, hooks="none")) == edges(
        specs_of(tmp_path / "b")
    )


def test_a_task_stands_in_the_folders_of_its_node(tmp_path: Path) -> None:
    groups = {task_id: spec.group for task_id, spec in specs_of(tmp_path).items()}

    assert groups["orders.run"] == ("marts",)
    assert groups["stg_orders.test"] == ("staging",)
    assert groups["countries.run"] == ("seeds",)
    assert groups["raw.orders.test"] == ("sources",)


def test_only_nodes_below_all_that_a_wide_test_reads_wait_for_it(tmp_path: Path) -> None:
    files = {
        "models/a.sql": "select 1 as id",
        "models/b.sql": "select 1 as id",
        "models/reads_a.sql": "select * from {{ ref('a') }}",
        "models/reads_b.sql": "select * from {{ ref('b') }}",
        "models/reads_both.sql": "select * from {{ ref('reads_a') }}, {{ ref('reads_b') }}",
        "models/lower.sql": "select * from {{ ref('reads_both') }}",
        "tests/same.sql": "select * from {{ ref('a') }} except select * from {{ ref('b') }}",
    }

    specs = specs_of(tmp_path, files)

    assert specs["same.test"].upstream == {"a.run", "b.run"}
    assert downstream_of(specs)["same.test"] == {"reads_both.run"}


def test_edges_pass_through_ephemeral_models(tmp_path: Path) -> None:
    files = {
        "models/a.sql": "select 1 as id",
        "models/between.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('a') }}",
        "models/c.sql": "select * from {{ ref('between') }}",
        "models/all.yml": """\
            models:
              - {name: a, columns: [{name: id, data_tests: [unique]}]}
              - {name: between, columns: [{name: id, data_tests: [not_null]}]}
            """,
    }

    specs = specs_of(tmp_path, files)

    assert edges(specs) == {
        "a.run": set(),
        "a.test": {"a.run"},
        "not_null_between_id.test": {"a.run", "a.test"},
        "c.run": {"a.run", "a.test", "not_null_between_id.test"},
    }


@pytest.mark.parametrize(
    ("options", "wanted"),
    [
        ({"select": "report"}, {"report.run"}),
        ({"select": "orders+"}, {"orders.run", "orders.test", "report.run"}),
        ({"select": ("countries", "stg_customers"), "indirect_selection": "buildable"},
         {"countries.run", "stg_customers.run"}),
        ({"select": "stg_customers"}, {"stg_customers.run", RELATED}),
        ({"select": "stg_customers", "indirect_selection": "cautious"}, {"stg_customers.run"}),
        ({"select": "path:models/marts", "exclude": "report"}, {"orders.run", "orders.test"}),
    ],
)  # fmt: skip
def test_a_selection_leaves_tasks_out(options: dict[str, Any], wanted: set[str], tmp_path: Path) -> None:
    assert set(specs_of(tmp_path, **options)) == wanted


def test_a_selector_leaves_tasks_out(tmp_path: Path) -> None:
    manifest = replace(load(tmp_path, SHOP), selectors={"marts": {"name": "marts", "definition": "path:models/marts"}})
    options = Options(project=str(tmp_path), conn_id="wh", selector="marts")

    assert set(task_specs(manifest, options, Translator("shop"))) == {"orders.run", "orders.test", "report.run"}


def test_edges_pass_through_models_that_are_not_selected(tmp_path: Path) -> None:
    specs = specs_of(tmp_path, select=("countries", "report"))

    assert edges(specs) == {"countries.run": set(), "report.run": {"countries.run"}}


def test_a_selection_of_nothing_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(SelectorError, match="nothing is selected by 'repotr'") as caught:
        specs_of(tmp_path, select="repotr")

    assert "report" in (caught.value.hint or "")


def test_a_selection_of_nothing_can_be_allowed(tmp_path: Path) -> None:
    assert specs_of(tmp_path, {**SHOP, "dbt_project.yml": HOOKS}, select="tag:none", allow_empty=True) == {}


MORE = {
    "a test": {"tests/paid.sql": "select * from {{ ref('report') }} where 1 = 0"},
    "a test of several": {"tests/paid.sql": "select * from {{ ref('report') }}, {{ ref('stg_orders') }}"},
    "a sibling": {"models/marts/other.sql": "select * from {{ ref('orders') }}"},
    "a hook": {"dbt_project.yml": HOOKS},
}


@pytest.mark.parametrize("more", MORE)
def test_additions_change_no_task_id(more: str, tmp_path: Path) -> None:
    before = set(specs_of(tmp_path))

    assert before < set(specs_of(tmp_path, {**SHOP, **MORE[more]}))


def test_moving_a_model_into_another_folder_changes_its_group_and_no_task_id(tmp_path: Path) -> None:
    moved = dict(SHOP)
    moved["models/deep/down/here/orders.sql"] = moved.pop("models/marts/orders.sql")

    before, after = specs_of(tmp_path / "a"), specs_of(tmp_path / "b", moved)

    assert edges(before) == edges(after)
    assert after["orders.run"].group == ("deep", "down", "here")


def test_a_wide_test_with_the_name_of_a_model_is_not_mixed_up_with_the_models_own_tests(tmp_path: Path) -> None:
    files = {**SHOP, "tests/orders.sql": "select * from {{ ref('report') }}, {{ ref('stg_orders') }}"}

    specs = specs_of(tmp_path, files)

    (own,) = (task_id for task_id in specs if task_id not in specs_of(tmp_path / "b"))
    assert nodes(specs["orders.test"]) == ["test.not_null_orders_id"]
    assert specs[own].upstream == {"report.run", "stg_orders.run"}


def test_wide_tests_with_one_name_are_tasks_of_their_own(tmp_path: Path) -> None:
    known = "{relationships: {name: known, arguments: {to: ref('a'), field: id}}}"
    files = {
        "models/a.sql": "select 1 as id",
        "models/b.sql": "select 1 as id",
        "models/c.sql": "select * from {{ ref('b') }}",
        "models/all.yml": f"""\
            models:
              - {{name: b, columns: [{{name: id, data_tests: [{known}]}}]}}
              - {{name: c, columns: [{{name: id, data_tests: [{known}]}}]}}
            """,
    }

    specs = specs_of(tmp_path, files)

    assert [len(spec.nodes) for spec in specs.values() if spec.kind == "test"] == [1, 1]


class Same(Translator):
    """Gives every node one name."""

    def name(self, node: AnyNode) -> str:  # noqa: ARG002  # as in the class above
        return "same"


def test_two_nodes_under_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"'same\.run' is the id of two tasks.*countries.*stg_customers"):
        specs_of(tmp_path, translator=Same)


def test_the_longer_the_way_to_the_end_the_more_urgent_is_a_task(tmp_path: Path) -> None:
    ranks = priorities(specs_of(tmp_path))

    assert ranks["report.run"] == 1
    assert ranks["orders.run"] == 3
    assert ranks["countries.run"] == 6
    assert ranks["raw.orders.freshness"] == 7


UNIT = {
    **SHOP,
    "models/staging/inline.sql": "{{ config(materialized='ephemeral') }} select * from {{ ref('stg_orders') }}",
    "models/marts/late.sql": "select * from {{ ref('inline') }}",
    "models/unit.yml": """\
        unit_tests:
          - {name: joins, model: orders, given: [], expect: {rows: []}}
          - {name: adds, model: orders, given: [], expect: {rows: []}}
          - {name: passes, model: inline, given: [], expect: {rows: []}}
        """,
}


@pytest.mark.parametrize("tests", ["after_each", "with_model", "after_all"])
def test_unit_tests_are_the_beginning_of_their_models_task(tests: str, tmp_path: Path) -> None:
    before = specs_of(tmp_path / "before", tests=tests)

    specs = specs_of(tmp_path / "after", UNIT, tests=tests)

    assert nodes(specs["orders.run"])[:3] == ["unit_test.orders", "unit_test.orders", "model.orders"]
    assert edges(specs)["orders.run"] == edges(before)["orders.run"]
    assert set(specs) - set(before) == {"inline.test", "late.run"}


def test_unit_tests_of_an_ephemeral_model_are_a_task_before_its_readers(tmp_path: Path) -> None:
    specs = specs_of(tmp_path, UNIT)

    assert nodes(specs["inline.test"]) == ["unit_test.inline"]
    assert specs["inline.test"].upstream == {"stg_orders.run", "stg_orders.test"}
    assert "inline.test" in specs["late.run"].upstream


def test_unit_tests_can_be_left_out_with_all_other_tests(tmp_path: Path) -> None:
    specs = specs_of(tmp_path, UNIT, tests="none")

    assert nodes(specs["orders.run"]) == ["model.orders"]
    assert "inline.test" not in specs


def test_where_only_tests_run_unit_tests_are_among_their_models_tests(tmp_path: Path) -> None:
    specs = specs_of(tmp_path, UNIT, tests="only")

    assert sorted(nodes(specs["orders.test"])) == ["test.not_null_orders_id", "unit_test.orders", "unit_test.orders"]


def test_a_function_is_a_task_before_what_calls_it(tmp_path: Path) -> None:
    files = {
        "functions/cents.sql": "select 1",
        "functions/f.yml": "functions:\n  - name: cents\n    returns: {data_type: int}\n",
        "models/marts/orders.sql": "select {{ function('cents') }}() as n",
    }

    specs = specs_of(tmp_path, files)

    assert {task: spec.upstream for task, spec in specs.items()} == {
        "cents.run": set(),
        "orders.run": {"cents.run"},
    }
    assert specs["cents.run"].kind == "run"


def test_tasks_below_a_model_with_on_error_continue_know_which_may_fail(tmp_path: Path) -> None:
    files = {
        "models/a.sql": "{{ config(on_error='continue') }} select 1 as id",
        "models/b.sql": "select 1 as id",
        "models/c.sql": "select * from {{ ref('a') }} join {{ ref('b') }} using (id)",
        "models/m.yml": "models: [{name: a, columns: [{name: id, data_tests: [unique]}]}]",
    }

    specs = specs_of(tmp_path, files)

    assert {task: spec.tolerated for task, spec in specs.items() if spec.tolerated} == {
        **{"a.test": {"a.run"}, "c.run": {"a.run"}},
    }
    assert specs["failed_models"].upstream == {"a.run"}
    assert not any(spec.tolerated for spec in specs_of(tmp_path, files, tests="with_model").values())
