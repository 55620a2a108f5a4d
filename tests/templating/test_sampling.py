"""Windows of time that end now."""

from __future__ import annotations

import datetime

import pytest

from airflow_sqlmodels.templating.sampling import Window, window_before


@pytest.mark.parametrize(
    ("end", "count", "unit", "start"),
    [
        ("2024-09-17T16:06", 3, "hour", "2024-09-17T13:06"),
        ("2024-03-01T00:00", 1, "day", "2024-02-29T00:00"),
        ("2024-03-31T10:00", 1, "month", "2024-02-29T10:00"),
        ("2024-01-15T10:00", 2, "month", "2023-11-15T10:00"),
        ("2024-02-29T10:00", 1, "year", "2023-02-28T10:00"),
    ],
)
def test_a_window_goes_back_from_its_end(end: str, count: int, unit: str, start: str) -> None:
    window = window_before(datetime.datetime.fromisoformat(end), count, unit)

    assert window.start == datetime.datetime.fromisoformat(start)


def test_a_batch_of_a_sample_is_cut_to_it() -> None:
    first, second, third, fourth = (datetime.datetime(2026, 1, day, tzinfo=datetime.UTC) for day in (1, 2, 3, 4))

    assert Window(first, third).within(Window(second, fourth)) == Window(second, third)
    assert Window(first, second).within(None) == Window(first, second)
