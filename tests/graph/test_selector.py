"""The selector grammar: what a text means, and what is said of a text that means nothing."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.errors import Location, SelectorError
from airflow_sqlmodels.graph.selector import Combined, Term, default_method, parse_selection, term

AT = Location("select", 0, 1, "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("orders", {"method": "fqn", "value": "orders"}),
        ("+orders", {"value": "orders", "parents": True}),
        ("2+orders", {"value": "orders", "parents": True, "parents_depth": 2}),
        ("orders+", {"value": "orders", "children": True}),
        ("orders+3", {"value": "orders", "children": True, "children_depth": 3}),
        ("1+orders+1", {"parents_depth": 1, "children_depth": 1}),
        ("@orders", {"value": "orders", "related": True, "parents": False}),
        ("tag:daily", {"method": "tag", "value": "daily"}),
        ("+tag:daily+", {"method": "tag", "value": "daily", "parents": True, "children": True}),
        ("config.meta.owner:sales", {"method": "config", "arguments": ("meta", "owner"), "value": "sales"}),
        ("config.meta.at:10:30", {"arguments": ("meta", "at"), "value": "10:30"}),
        ("models/a+b.sql", {"method": "path", "value": "models/a+b.sql", "children": False}),
        ("0+orders", {"parents": True, "parents_depth": 0}),
    ],
)
def test_a_term_is_taken_apart(text: str, expected: dict[str, object]) -> None:
    found = term(text, AT)

    assert {key: getattr(found, key) for key in expected} == expected


@pytest.mark.parametrize(
    ("value", "method"),
    [("orders", "fqn"), ("marts.orders", "fqn"), ("models/marts", "path"), ("orders.sql", "file"), ("A.CSV", "file")],
)
def test_without_a_method_the_shape_decides(value: str, method: str) -> None:
    assert default_method(value) == method


def test_spaces_are_a_union_and_commas_an_intersection() -> None:
    choice = parse_selection(["a b,c", "d"], [])

    assert isinstance(choice, Combined)
    taken = choice.parts[0]
    assert isinstance(taken, Combined)
    assert taken.how == "union"
    assert [part.text for part in taken.parts if isinstance(part, Combined)] == ["a", "b,c", "d"]
    assert [[each.value for each in part.parts if isinstance(each, Term)] for part in taken.parts
            if isinstance(part, Combined)] == [["a"], ["b", "c"], ["d"]]  # fmt: skip


@pytest.mark.parametrize(
    ("select", "message"),
    [
        (
            ["customers", "tga:daily"],
            "select:11: no selector method 'tga'\n    customers tga:daily\n              ^\nhint: did you mean 'tag'?",
        ),
        (
            ["@orders+"],
            "select:1: '@' and a '+' at the end exclude each other\n"
            "    @orders+\n"
            "    ^\n"
            "hint: '@' takes all that is below already",
        ),
    ],
)
def test_a_malformed_selector_is_refused_with_its_column(select: list[str], message: str) -> None:
    with pytest.raises(SelectorError) as caught:
        parse_selection(select, [])

    assert str(caught.value) == message
