"""The type of a CSV's column: dbt's rules, and the one where we differ."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_sqlmodels.materializations.csv_types import TypeGuess, plain_values


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (["1", "2"], "integer"),
        (["00501", "2"], "integer"),
        (["1.0", "2.00"], "integer"),
        (["$1,000", "2"], "integer"),
        (["5%", "7%"], "integer"),
        (["€5", "£6"], "integer"),
        (["1_000"], "integer"),
        (["1e3"], "integer"),
        (["-1", "-$5", "- 5"], "integer"),
        (["", "null", "NULL"], "integer"),
        (["2147483647", "-2147483647"], "integer"),
        (["2147483648"], "bigint"),
        (["1", "-9223372036854775807"], "bigint"),
        (["9223372036854775808"], "numeric"),
        (["1.5", "2"], "double precision"),
        (["1.5e-3"], "double precision"),
        (["2024-01-31", ""], "date"),
        (["2024-02-30"], "text"),
        (["2024-01-31 10:00:00"], "timestamp without time zone"),
        (["2024-01-31T10:00:00"], "timestamp without time zone"),
        (["2024-1-31 9:05:00"], "timestamp without time zone"),
        (["2024-01-31T10:00:00.5", "2024-01-31T10:00:00Z", "20240131T1000"], "timestamp without time zone"),
        (["2024-01-31 10:00:00", "2024-01-31T10:00:00"], "text"),
        (["2024-01-31 10:00:00.5"], "text"),
        (["2024-01-31 10:00"], "text"),
        (["2024-01-31 10:00:00+02:00"], "text"),
        (["2024-01-31T10:00.5"], "text"),
        (["2024-01-31", "2024-01-31 10:00:00"], "text"),
        (["true", "FALSE"], "boolean"),
        (["yes", "no"], "text"),
        (["t", "f"], "text"),
        (["10:00"], "text"),
        (["1", "a"], "text"),
        (["1", "true"], "text"),
    ],
)
def test_a_column_has_the_first_type_that_fits_all_its_cells(cells: list[str], kind: str) -> None:
    assert _guessed(cells) == kind


@pytest.mark.parametrize("cells", [["nan"], ["inf"], ["1", "NaN"]])
def test_what_is_no_finite_number_is_a_text(cells: list[str]) -> None:
    """dbt says integer, and the load fails."""
    assert _guessed(cells) == "text"


@pytest.mark.parametrize(
    ("cell", "kind", "plain"),
    [
        ("$1,000", "integer", "1000"),
        ("-$5", "integer", "-5"),
        ("1.0", "bigint", "1"),
        ("5%", "double precision", "5"),
        (" 2024-01-31 ", "date", "2024-01-31"),
        ("2024-1-31 9:05:00", "timestamp without time zone", "2024-01-31 09:05:00"),
        ("2024-01-31T10:00:00.5+02:00", "timestamp without time zone", "2024-01-31 08:00:00.500000"),
        ("null", "text", None),
        ("", "integer", None),
        (" a ", "text", " a "),
    ],
)
def test_a_cell_goes_out_as_postgres_reads_it(cell: str, kind: str, plain: str | None) -> None:
    assert plain_values([cell], kind) == [plain]


_CELLS = [
    *("", " ", "null", "0", "7", "-12", "007", "999999999", "2147483648", "1\n2", "\n", "1.0", "2.50", "-0.5", ".5"),
    *("1e3", "$1", "١٢", "true", "a", "2024-01-31", "2024-1-31", "2024-02-30"),
    *("2024-01-31 09:05:00", "2024-01-31T09:05:00"),
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(_CELLS), max_size=6))
def test_cells_are_the_same_together_as_one_by_one(cells: list[str]) -> None:
    together = TypeGuess()
    together.add(cells)

    assert together.sql_type == _guessed(cells)
    assert plain_values(cells, together.sql_type) == [plain_values([each], together.sql_type)[0] for each in cells]


def _guessed(cells: list[str]) -> str:
    guess = TypeGuess()
    for cell in cells:
        guess.add([cell])
    return guess.sql_type
