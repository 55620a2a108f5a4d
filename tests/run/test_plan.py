"""Which steps a command has, and what each waits for. The edges were compared with those of dbt's build."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from airflow_sqlmodels.errors import SelectorError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.run.plan import Plan, make_plan
from tests.graph.shop import SHOP, short
from tests.manifests import data_test, exposure, hook, manifest_of, model, seed, source, unit_test

SEED = seed("seed")
A = model("a", SEED)
B = model("b", A)
C = model("c", B)


def edges(plan: Plan) -> dict[str, set[str]]:
    return {short(step.node): {short(each) for each in step.after} for step in plan}


def test_steps_stand_behind_what_they_wait_for() -> None:
    plan = make_plan(manifest_of(C, B, A, SEED), command="build")

    assert [short(step.node) for step in plan] == ["seed", "a", "b", "c"]
    assert [step.depth for step in plan] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("command", "kinds"),
    [
        ("build", {"model", "seed", "snapshot", "test", "unit_test", "exposure"}),
        ("run", {"model"}),
        ("test", {"test", "unit_test"}),
        ("seed", {"seed"}),
        ("snapshot", {"snapshot"}),
        ("compile", {"model", "seed", "snapshot", "test"}),
        ("freshness", {"source"}),
    ],
)
def test_a_command_is_about_its_kinds_of_node(command: str, kinds: set[str]) -> None:
    plan = make_plan(SHOP, command=command)

    assert {step.node.partition(".")[0] for step in plan} == kinds


def test_a_source_without_a_rule_is_no_step() -> None:
    assert edges(make_plan(SHOP, command="freshness")) == {"raw.orders": set()}


def test_sources_come_first_if_they_are_asked_for() -> None:
    raw = source("orders")
    staged = model("staged", raw)

    plan = make_plan(manifest_of(raw, staged), resource_types=("model", "source"))

    assert edges(plan) == {"raw.orders": set(), "staged": {"raw.orders"}}


@pytest.mark.parametrize("between", [replace(B, materialized="ephemeral"), replace(B, raw_code=" \n")])
def test_edges_pass_through_what_is_no_step(between: AnyNode) -> None:
    assert edges(make_plan(manifest_of(SEED, A, between, C), command="run")) == {"a": set(), "c": {"a"}}


def test_edges_pass_through_nodes_that_are_not_chosen() -> None:
    assert edges(make_plan(manifest_of(SEED, A, B, C), select=["a", "c"])) == {"a": set(), "c": {"a"}}


def test_readers_wait_for_the_tests_of_a_node() -> None:
    unique = data_test("unique", A)

    plan = make_plan(manifest_of(SEED, A, B, C, unique))

    assert edges(plan)["b"] == {"a", "unique_a"}
    assert edges(plan)["c"] == {"b"}


def test_readers_wait_for_the_tests_of_a_node_that_is_not_chosen() -> None:
    unique = data_test("unique", A)

    plan = make_plan(manifest_of(SEED, A, B, C, unique), select=["unique_a", "c"])

    assert edges(plan) == {"unique_a": set(), "c": {"unique_a"}}


def test_a_test_of_several_nodes_is_waited_for_where_all_of_them_lie_above() -> None:
    left, right = model("left", A), model("right", A)
    first, second, below = model("first", left, right), model("second", right, left), model("below", right)
    last = model("last", first)
    both = data_test("relationships", left, right)

    plan = make_plan(manifest_of(SEED, A, left, right, first, second, below, last, both))

    assert edges(plan)["first"] == {"left", "right", "relationships_left_right"}
    assert edges(plan)["second"] == {"left", "right", "relationships_left_right"}
    assert edges(plan)["below"] == {"right"}
    assert edges(plan)["last"] == {"first"}


def test_a_test_of_a_node_and_its_reader_holds_up_only_what_reads_both() -> None:
    both = data_test("relationships", A, B)

    plan = make_plan(manifest_of(SEED, A, B, C, both))

    assert edges(plan)["b"] == {"a"}
    assert edges(plan)["c"] == {"b", "relationships_a_b"}


def test_exposures_wait_for_models_but_not_for_tests() -> None:
    unique, dashboard = data_test("unique", A), exposure("dashboard", A)

    assert edges(make_plan(manifest_of(SEED, A, unique, dashboard)))["dashboard"] == {"a"}


def test_unit_tests_run_before_their_model() -> None:
    unit = unit_test("adds_up", B)

    plan = make_plan(manifest_of(SEED, A, B, unit))

    assert edges(plan)["b.adds_up"] == {"a"}
    assert edges(plan)["b"] == {"a", "b.adds_up"}


def test_unit_tests_of_a_model_run_one_behind_the_other() -> None:
    """As in dbt: behind one that fails the rest is skipped."""
    plan = make_plan(manifest_of(SEED, A, B, unit_test("second", B), unit_test("first", B), unit_test("other", A)))

    assert edges(plan)["b.first"] == {"a"}
    assert edges(plan)["b.second"] == {"a", "b.first"}
    assert edges(plan)["b"] == {"a", "b.first", "b.second"}
    assert edges(plan)["a.other"] == edges(plan)["a"] - {"a.other"}


def test_tests_alone_wait_for_nothing() -> None:
    manifest = manifest_of(SEED, A, B, data_test("unique", A), data_test("unique", B), unit_test("adds_up", B))

    assert set(map(frozenset, edges(make_plan(manifest, command="test")).values())) == {frozenset()}


def test_hooks_of_the_project_come_before_those_of_packages() -> None:
    theirs = replace(hook("on-run-start", 5), id="operation.extra.first", package="extra")
    manifest = manifest_of(A, hook("on-run-start", 1), hook("on-run-start", 0), hook("on-run-end"), theirs)

    plan = make_plan(manifest)

    assert [short(each) for each in plan.on_start] == ["shop-on-run-start-0", "shop-on-run-start-1", "first"]
    assert [short(each) for each in plan.on_end] == ["shop-on-run-end-0"]


def test_on_error_continue_is_noted() -> None:
    tolerated = model("a", config={"on_error": "continue"})

    assert [step.tolerated for step in make_plan(manifest_of(tolerated))] == [True]


def test_what_was_not_found_is_part_of_the_plan() -> None:
    plan = make_plan(manifest_of(A), select=["nobody"])

    assert not plan.steps
    assert plan.unmatched == ("nobody",)


def test_an_unknown_command_has_no_plan() -> None:
    with pytest.raises(SelectorError, match="did you mean 'build'"):
        make_plan(manifest_of(A), command="biuld")


def test_a_large_plan_has_no_more_edges_than_it_needs() -> None:
    manifest = chain_of(300)

    plan = make_plan(manifest)

    assert sum(len(step.after) for step in plan) < 5 * len(plan)


def chain_of(length: int) -> Manifest:
    """Models in a row, each with a test of its own and one that compares it with the first."""
    models = [model("m0")]
    for number in range(1, length):
        models.append(model(f"m{number}", models[-1]))
    own = [data_test("unique", each) for each in models]
    wide = [data_test("relationships", models[0], each) for each in models[1:]]
    return manifest_of(*models, *own, *wide)
