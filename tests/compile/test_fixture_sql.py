"""Rows of a unit test become a query."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_sqlmodels.compile.fixture_sql import Types, cast, expected_select, given_select
from airflow_sqlmodels.dialects.postgres import Postgres
from airflow_sqlmodels.errors import CompilationError, Location
from airflow_sqlmodels.manifest.fixtures import FixtureRows

TYPES = Types.of({"id": "integer", "Name": "character varying(2)"})


def written(*rows: dict[str, Any], lines: tuple[int, ...] = ()) -> FixtureRows:
    return FixtureRows(at=Location("models/tests.yml", 5, 3), rows=rows, lines=lines)


@pytest.mark.parametrize(
    ("value", "data_type", "expected"),
    [
        (None, "integer", "cast(null as integer)"),
        (1, "integer", "cast(1 as integer)"),
        (1.5, "numeric(10,2)", "cast(1.5 as numeric(10,2))"),
        (float("nan"), "numeric", "cast('nan' as numeric)"),
        (True, "boolean", "cast(true as boolean)"),
        ("o'clock", "text", "cast('o''clock' as text)"),
        ("a\\b", "text", "cast(E'a\\\\b' as text)"),
        ("too long", "character varying(3)", "cast('too long' as character varying)"),
        ("2024-01-02", "date", "cast('2024-01-02' as date)"),
        ([1, None], "integer[]", "cast(array[1, null] as integer[])"),
        ([1, "a"], "jsonb", "cast('[1, \"a\"]' as jsonb)"),
        ({"a": 1}, "json", "cast('{\"a\": 1}' as json)"),
    ],
)
def test_a_value_is_cast_to_the_type_of_its_column(value: Any, data_type: str, expected: str) -> None:
    assert cast(Postgres(), value, data_type) == expected


def test_an_input_has_all_columns_of_its_relation_whatever_the_case_of_their_names() -> None:
    sql = given_select(Postgres(), written({"ID": 1}, {"name": "b", "id": 2}), TYPES, "the input")

    assert sql == (
        'select cast(1 as integer) as "id", cast(null as character varying(2)) as "Name"\nunion all\n'
        'select cast(2 as integer) as "id", cast(\'b\' as character varying) as "Name"'
    )


def test_an_input_without_rows_has_columns() -> None:
    sql = given_select(Postgres(), written(), TYPES, "the input")

    assert sql == ('select cast(null as integer) as "id", cast(null as character varying(2)) as "Name"\nwhere false')


def test_a_value_for_a_column_of_a_fixed_length_is_neither_cut_nor_padded() -> None:
    types = Types.of({"code": "character(3)", "codes": "character(3)[]"})

    sql = given_select(Postgres(), written({"code": "abcd"}, {"code": None, "codes": ["a"]}), types, "the input")

    assert sql == (
        'select cast(\'abcd\' as character varying) as "code", cast(null as character(3)[]) as "codes"\nunion all\n'
        'select cast(null as character varying(3)) as "code", cast(array[\'a\'] as character(3)[]) as "codes"'
    )


def test_expected_rows_have_the_columns_that_are_compared_in_their_order() -> None:
    rows = written({"name": "a", "id": 1}, {"id": 2, "name": "b"})

    sql = expected_select(Postgres(), rows, TYPES, ["Name", "id"])

    assert [line.count('as "Name", cast(') for line in sql.splitlines()] == [1, 0, 1]


@pytest.mark.parametrize(("lines", "place"), [((7, 8), "models/tests.yml:8"), ((), "models/tests.yml:5:3")])
def test_a_column_that_is_not_there_is_told_with_its_row(lines: tuple[int, ...], place: str) -> None:
    rows = written({"id": 1}, {"idd": "a"}, lines=lines)

    with pytest.raises(CompilationError) as raised:
        given_select(Postgres(), rows, TYPES, "the input ref('a')")

    assert str(raised.value) == f"{place}: the input ref('a') has no column 'idd'\nhint: did you mean 'id'?"
