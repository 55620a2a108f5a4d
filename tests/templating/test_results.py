"""Result tables in templates."""

from __future__ import annotations

import datetime
import io
from decimal import Decimal

from airflow_sqlmodels.templating.results import table_of
from airflow_sqlmodels.warehouse.session import Rows

ROWS = Rows(
    ("n", "amount", "name", "day"), ((1, Decimal("2.5"), "x", datetime.date(2024, 1, 31)), (None, None, "", None))
)


def test_a_table_keeps_whole_numbers_and_texts() -> None:
    """Whole numbers do not become Decimals, nor an empty text null."""
    assert [tuple(row) for row in table_of(ROWS).rows] == list(ROWS.rows)


def test_a_table_can_be_printed_and_written_as_json() -> None:
    """Macros that profile tables do both."""
    printed, written = io.StringIO(), io.StringIO()

    table_of(ROWS).print_table(output=printed)
    table_of(ROWS).to_json(written)

    assert printed.getvalue().splitlines()[2] == "| 1 |    2.5 | x    | 2024-01-31 |"
    assert written.getvalue().startswith('[{"n": 1, "amount": 2.5, "name": "x", "day": "2024-01-31"}')
