"""Ephemeral models become CTEs of what reads them."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.compile.ctes import with_ctes


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1", "with a as (\nx\n) select 1"),
        ("with b as (y) select 1", "with  a as (\nx\n), b as (y) select 1"),
        ("-- note\n/* with */ with b as (y) select 1", "-- note\n/* with */ with  a as (\nx\n), b as (y) select 1"),
        ("WITH RECURSIVE b as (y) select 1", "WITH RECURSIVE  a as (\nx\n), b as (y) select 1"),
        ("\n-- note\nselect 1", "\nwith a as (\nx\n) -- note\nselect 1"),
        ("with\n  b as (y) select 1", "with\n   a as (\nx\n), b as (y) select 1"),
        ("withheld", "with a as (\nx\n) withheld"),
    ],
)
def test_ctes_stand_before_the_querys_own(sql: str, expected: str) -> None:
    assert with_ctes(sql, [("a", "x")]) == expected


def test_without_ctes_the_query_stays_as_it_is() -> None:
    assert with_ctes("select 1", []) == "select 1"
