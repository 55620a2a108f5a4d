"""Rows as a plain table: what stands on which side."""

from __future__ import annotations

import datetime
from decimal import Decimal

import pytest

from airflow_sqlmodels.cli.tables import table_lines


def test_numbers_and_times_stand_on_the_right_and_texts_on_the_left() -> None:
    rows = [(1, Decimal("1.50"), True, "a", datetime.date(2024, 1, 2)), (22, None, False, "bc", None)]

    assert table_lines(["n", "price", "is", "word", "day"], rows) == [
        "|  n | price |    is | word |        day |",
        "| -- | ----- | ----- | ---- | ---------- |",
        "|  1 |  1.50 |  True | a    | 2024-01-02 |",
        "| 22 |       | False | bc   |            |",
    ]


@pytest.mark.parametrize(
    ("value", "text"), [({"a": 1}, '{"a": 1}'), ("a\nb", "a b"), (None, ""), ("x" * 41, "x" * 39 + "…")]
)
def test_a_value_is_one_line(value: object, text: str) -> None:
    assert table_lines(["v"], [(value,)])[2] == f"| {text:1} |"
