"""seed: what a CSV is in the warehouse."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import CompilationError, WarehouseError
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, hook, names_in, rows_of, seeded

TYPES = (
    "select attname::text, format_type(atttypid, atttypmod) from pg_attribute"
    " where attrelid = 'orders'::regclass and attnum > 0 and not attisdropped order by attnum"
)
ALL = "select * from orders"


def test_types_are_found_and_values_read(session: DbApiSession, connection: Connection, tmp_path: Path) -> None:
    text = (
        "id,big,price,share,day,at,paid,zip,name\n"
        '1,5000000000,"$1,000",0.5,2024-01-31,2024-01-31 10:00:00,true,00501,"a, b"\n'
        "2,,$2,1,,,False,2,NULL\n"
    )

    result = seeded(session, tmp_path, text)

    assert (result.rows, result.status) == (2, "INSERT 2")
    assert rows_of(connection, TYPES) == [
        ("id", "integer"),
        ("big", "bigint"),
        ("price", "integer"),
        ("share", "double precision"),
        ("day", "date"),
        ("at", "timestamp without time zone"),
        ("paid", "boolean"),
        ("zip", "integer"),
        ("name", "text"),
    ]
    assert rows_of(connection, "select id, big, price, share, day::text, paid, zip, name from orders order by id") == [
        (1, 5000000000, 1000, 0.5, "2024-01-31", True, 501, "a, b"),
        (2, None, 2, 1.0, None, False, 2, None),
    ]


def test_column_types_are_kept_to(session: DbApiSession, connection: Connection, tmp_path: Path) -> None:
    types = {"id": "bigint", "ZIP": "text", "zip": "varchar(5)", "price": "numeric(8,2)"}

    seeded(session, tmp_path, "id,zip,price\n1,00501,1.5\n2,,\n", column_types=types)

    assert rows_of(connection, TYPES) == [
        ("id", "bigint"), ("zip", "character varying(5)"), ("price", "numeric(8,2)")
    ]  # fmt: skip
    assert rows_of(connection, "select zip, price::text from orders order by id") == [("00501", "1.50"), (None, None)]


def test_column_types_of_another_spelling_count_for_nothing(
    session: DbApiSession, connection: Connection, tmp_path: Path
) -> None:
    seeded(session, tmp_path, "ID,zip\n1,00501\n", column_types={"id": "varchar(9)"}, quote_columns=False)

    assert rows_of(connection, TYPES) == [("id", "integer"), ("zip", "integer")]


@pytest.mark.parametrize("delimiter", ["", "||"])
def test_a_delimiter_that_is_none_is_refused(session: DbApiSession, tmp_path: Path, delimiter: str) -> None:
    with pytest.raises(CompilationError, match="a delimiter is one character"):
        seeded(session, tmp_path, "id,name\n1,a\n", delimiter=delimiter)


def test_another_delimiter(session: DbApiSession, connection: Connection, tmp_path: Path) -> None:
    seeded(session, tmp_path, "id;name\n1;a,b\n", delimiter=";")

    assert rows_of(connection, ALL) == [(1, "a,b")]


def test_quotes_newlines_and_backslashes_stay_in_their_cell(
    session: DbApiSession, connection: Connection, tmp_path: Path
) -> None:
    seeded(session, tmp_path, 'id,name\n1,"he said ""hi"",\nand \\N went 100% ö"\n2,\\.\n3,"  x "\n')

    assert rows_of(connection, "select name from orders order by id") == [
        ('he said "hi",\nand \\N went 100% ö',), ("\\.",), ("  x ",)
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["\ufeffid,name\r\n1,a\r\n", "id,name\n1,a"])
def test_marks_and_line_ends_do_not_matter(
    session: DbApiSession, connection: Connection, tmp_path: Path, text: str
) -> None:
    seeded(session, tmp_path, text)

    assert rows_of(connection, ALL) == [(1, "a")]


def test_headers_become_names_as_in_dbt(session: DbApiSession, connection: Connection, tmp_path: Path) -> None:
    seeded(session, tmp_path, "a,a,,Order Id,select\n1,2,3,4,5\n")

    assert [name for name, _ in rows_of(connection, TYPES)] == ["a", "a_2", "c", "Order Id", "select"]


def test_a_header_alone_is_an_empty_table(session: DbApiSession, connection: Connection, tmp_path: Path) -> None:
    result = seeded(session, tmp_path, "id,name\n")

    assert result.rows == 0
    assert rows_of(connection, TYPES) == [("id", "integer"), ("name", "integer")]


def test_short_rows_end_in_nulls(session: DbApiSession, connection: Connection, tmp_path: Path) -> None:
    seeded(session, tmp_path, "id,name\n1\n2,b\n")

    assert rows_of(connection, ALL) == [(1, None), (2, "b")]


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_an_empty_line_is_a_row_as_in_dbt(
    session: DbApiSession, connection: Connection, tmp_path: Path, ends: str
) -> None:
    seeded(session, tmp_path, ends.join(["id,name", "", "1,a", "", ""]))

    assert rows_of(connection, ALL) == [(None, None), (1, "a"), (None, None)]


def test_an_empty_first_line_names_no_column(session: DbApiSession, connection: Connection, tmp_path: Path) -> None:
    """As in dbt: they get letters, and the second line is a row."""
    seeded(session, tmp_path, "\nid,name\n1,a\n")

    assert rows_of(connection, TYPES) == [("a", "text"), ("b", "text")]
    assert rows_of(connection, ALL) == [("id", "name"), ("1", "a")]


def test_one_column_of_nulls_keeps_its_rows(session: DbApiSession, connection: Connection, tmp_path: Path) -> None:
    seeded(session, tmp_path, 'name\na\n""\nnull\n')

    assert rows_of(connection, ALL) == [("a",), (None,), (None,)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id,name\n1,a\n2,b,c\n", r"orders.csv:3: this row has 3 cells, and there are 2 columns"),
        ('id,name\n1,"a\nb"\n2,b,c\n', r"orders.csv:4: this row has 3 cells"),
        ("", r"orders.csv:1: this seed is empty"),
        ("\n\n", r"orders.csv:1: this seed is empty"),
    ],
)
def test_a_broken_file_is_refused_with_its_line(
    session: DbApiSession, connection: Connection, tmp_path: Path, text: str, told: str
) -> None:
    seeded(session, tmp_path, "id\n1\n")

    with pytest.raises(CompilationError, match=told):
        seeded(session, tmp_path, text)

    assert rows_of(connection, ALL) == [(1,)]


def test_a_value_that_is_not_of_its_type_is_told(session: DbApiSession, tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match='invalid input syntax for type integer: "a"'):
        seeded(session, tmp_path, "id\n1\na\n", column_types={"id": "integer"})


def test_a_second_load_replaces_rows_and_columns(session: DbApiSession, connection: Connection, tmp_path: Path) -> None:
    """dbt truncates and inserts, and fails if the columns changed; here a seed is published like a table."""
    seeded(session, tmp_path, "id,name\n1,a\n2,b\n")

    seeded(session, tmp_path, "id,more\n3,1.5\n")

    assert rows_of(connection, ALL) == [(3, 1.5)]
    assert names_in(connection) == {"orders"}


def test_hooks_see_the_rows(session: DbApiSession, connection: Connection, tmp_path: Path) -> None:
    hooks = {
        "post_hooks": (
            hook("create table counted as select count(*) as n from orders"),
            hook("vacuum orders", transaction=False),
        )
    }

    seeded(session, tmp_path, "id\n1\n2\n", **hooks)

    assert rows_of(connection, "select n from counted") == [(2,)]


def test_many_rows_are_loaded_in_blocks(session: DbApiSession, connection: Connection, tmp_path: Path) -> None:
    text = "id,name\n" + "".join(f"{number},{'x' * 50}\n" for number in range(40_000))

    result = seeded(session, tmp_path, text)

    assert result.rows == 40_000
    assert rows_of(connection, "select count(*), sum(id) from orders") == [(40_000, 799_980_000)]
