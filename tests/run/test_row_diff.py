"""What differs between the rows that came and those expected, and how that is shown."""

from __future__ import annotations

from decimal import Decimal

import pytest

from airflow_sqlmodels.run.row_diff import SHOWN_ROWS, Row, row_diff, shown
from tests.conftest import Golden

COLUMNS = ("id", "name")


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ([], []),
        ([(1, "a"), (2, None)], [(2, None), (1, "a")]),
        ([(1, "a"), (1, "a")], [(1, "a"), (1, "a")]),
        ([(Decimal("1.50"), True)], [(Decimal("1.50"), True)]),
    ],
)
def test_the_same_rows_in_any_order_do_not_differ(expected: list[Row], actual: list[Row]) -> None:
    assert not row_diff(COLUMNS, expected, actual)


@pytest.mark.parametrize(
    ("expected", "actual"),
    [
        ([(1, "a")], [(1, "a"), (1, "a")]),
        ([(1, None)], [(1, "")]),
        ([(1, None)], [(1, "None")]),
        ([(Decimal("1.5"), "a")], [(Decimal("1.50"), "a")]),
    ],
)
def test_doubles_nulls_and_decimals_count(expected: list[Row], actual: list[Row]) -> None:
    assert row_diff(COLUMNS, expected, actual)


def test_a_row_that_agrees_in_half_of_its_cells_is_a_changed_one() -> None:
    expected: list[Row] = [(1, "a"), (2, "b"), (3, "c")]
    actual: list[Row] = [(1, "x"), (9, "z"), (3, "c")]

    diff = row_diff(COLUMNS, expected, actual)

    assert diff.changed == (((1, "a"), (1, "x")),)
    assert (diff.missing, diff.extra, diff.same) == (((2, "b"),), ((9, "z"),), 1)


def test_each_row_is_changed_into_the_nearest_one() -> None:
    expected: list[Row] = [(1, "a", "x"), (2, "a", "y")]
    actual: list[Row] = [(2, "a", "z"), (1, "b", "x")]

    diff = row_diff(("id", "name", "more"), expected, actual)

    assert diff.changed == ((expected[0], actual[1]), (expected[1], actual[0]))


def test_it_is_shown_as_a_table(golden: Golden) -> None:
    expected: list[Row] = [(1, "anna", Decimal("3.5")), (2, "ben", None), (3, "a\nb", None), (4, "d", None)]
    actual: list[Row] = [(1, "anna", Decimal("3.50")), (2, "bob", None), (5, "x" * 99, None), (4, "d", None)]

    text = shown(row_diff(("id", "name", "total"), expected, actual))

    golden.check("row_diff.txt", text)


def test_of_many_rows_the_first_are_shown() -> None:
    diff = row_diff(("id",), [(n,) for n in range(300)], [])

    lines = shown(diff).splitlines()

    assert lines[-1] == f"and {300 - SHOWN_ROWS} more"
    assert len(lines) == SHOWN_ROWS + 4
