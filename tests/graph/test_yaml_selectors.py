"""Definitions in selectors.yml, right and wrong."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_sqlmodels.errors import SelectorError
from airflow_sqlmodels.graph.selector import Combined, Term
from airflow_sqlmodels.graph.yaml_selectors import check_selectors, default_selector, selector_named
from tests.manifests import manifest_of


def definition_of(definition: Any) -> Any:
    return selector_named(manifest_of(selectors={"mine": {"name": "mine", "definition": definition}}), "mine")


def test_a_mapping_carries_every_option() -> None:
    found = definition_of(
        {
            "method": "config.materialized",
            "value": "table",
            "parents": True,
            "parents_depth": 2,
            "children": True,
            "children_depth": 1,
            "indirect_selection": "buildable",
        }
    )

    assert isinstance(found, Term)
    assert (found.method, found.arguments, found.value) == ("config", ("materialized",), "table")
    assert (found.parents, found.parents_depth, found.children, found.children_depth) == (True, 2, True, 1)
    assert found.indirect == "buildable"


def test_exclude_makes_a_difference() -> None:
    found = definition_of({"union": ["a", {"exclude": ["b", {"tag": "c"}]}]})

    assert isinstance(found, Combined)
    assert found.how == "difference"


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        ({"method": "tga", "value": "x"}, "selector 'mine': no selector method 'tga'\nhint: did you mean 'tag'"),
        ({"method": "tag", "vale": "x"}, "needs 'method' and 'value', this has 'method', 'vale'"),
        ({"union": "a"}, "'union' needs a list"),
        ({"union": ["a"], "intersection": ["b"]}, "'union' or 'intersection' must stand alone"),
        ({"union": ["a", {"exclude": ["b"]}, {"exclude": ["c"]}]}, "several 'exclude'"),
        ({"method": "tag", "value": "x", "exclude": "a"}, "'exclude' needs a list"),
        ({"method": "tag", "value": "x", "childrens_parents": True, "children": True}, "exclude each other"),
        ([1], "a definition is a text or a mapping"),
        ("a,tag:b", "'a,tag:b' is more than one term"),
        ("tga:x", "selectors.yml, selector 'mine':1: no selector method 'tga'"),
    ],
)
def test_a_wrong_definition_is_refused_with_the_name_of_its_selector(definition: Any, message: str) -> None:
    with pytest.raises(SelectorError) as caught:
        definition_of(definition)

    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["tag:my tag", "tag:a, b"])
def test_a_value_behind_a_method_may_have_spaces(text: str) -> None:
    assert definition_of(text).value == text.removeprefix("tag:")


def test_a_method_that_is_null_is_told_by_the_value() -> None:
    assert definition_of({"method": None, "value": "models/a"}).method == "path"


@pytest.mark.parametrize(
    "wrong",
    [
        {"a": {"definition": {"nope": "x"}}},
        {"a": {"definition": {"union": ["x"], "intersection": ["y"]}}},
        {"a": {"definition": "x", "default": True}, "b": {"definition": "y", "default": True}},
    ],
)
def test_wrong_definitions_are_found_though_nobody_asks_for_them(wrong: dict[str, Any]) -> None:
    with pytest.raises(SelectorError):
        check_selectors(wrong)


def test_a_definition_that_will_name_nothing_stops_only_those_who_ask_for_it() -> None:
    check_selectors({"a": {"definition": "x y"}, "b": {"definition": {"method": "selector", "value": "nope"}}})


def test_two_defaults_are_refused() -> None:
    manifest = manifest_of(selectors={"a": {"default": True}, "b": {"default": True}})

    with pytest.raises(SelectorError, match="several selectors are the default: 'a', 'b'"):
        default_selector(manifest)
