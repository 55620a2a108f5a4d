"""The built-in functions that packages ask for by name: what their SQL gives. dbt 1.12 gave the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import load


def answer(root: Path, dsn: str, template: str) -> Any:
    """The one row that a query gives."""
    manifest = load(root, {"models/m.sql": template})
    sql = compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql
    with psycopg.connect(dsn) as connection:
        return connection.execute(sql).fetchone()


DAY = "timestamp '2024-01-10 10:00'"
WEDNESDAYS = (DAY, "timestamp '2024-01-03 10:00'")


@pytest.mark.parametrize(
    ("part", "first", "second", "expected"),
    [
        ("day", *WEDNESDAYS, (-7, "integer")),
        ("week", "timestamp '2024-01-06'", "timestamp '2024-01-07'", (1, "integer")),
        ("week", "timestamp '2024-01-08'", "timestamp '2024-01-13'", (0, "integer")),
        ("week", "timestamp '2024-01-13'", "timestamp '2024-01-07'", (0, "integer")),
        ("week", *WEDNESDAYS, (-2, "integer")),
        ("week", DAY, "timestamp '2024-01-10 09:00'", (-1, "integer")),
        ("hour", DAY, "timestamp '2024-01-10 09:59'", (-1, "double precision")),
        ("millisecond", f"{DAY} + interval '600 microseconds'", f"{DAY} + interval '1100 microseconds'",
         (1, "double precision")),
        ("microsecond", DAY, f"{DAY} + interval '500 microseconds'", (500, "double precision")),
    ],
)  # fmt: skip
def test_datediff_counts_boundaries(
    part: str, first: str, second: str, expected: tuple[float, str], tmp_path: Path, postgres_dsn: str
) -> None:
    template = f"""{{% set count = dbt.datediff('a', 'b', '{part}') %}}
        select {{{{ count }}}}, pg_typeof({{{{ count }}}})::text from (values ({first}, {second})) v (a, b)"""

    assert answer(tmp_path, postgres_dsn, template) == expected


def test_any_value_is_the_least(tmp_path: Path, postgres_dsn: str) -> None:
    template = "select {{ dbt.any_value('n') }} from (values (3), (1), (2)) v (n)"
    assert answer(tmp_path, postgres_dsn, template) == (1,)


def test_types_are_spelled_as_packages_compare_them(tmp_path: Path, postgres_dsn: str) -> None:
    kinds = "['string', 'timestamp', 'float', 'numeric', 'bigint', 'int', 'boolean']"
    template = f"select '{{% for kind in {kinds} %}}{{{{ dbt['type_' ~ kind]() }}}} {{% endfor %}}'"
    assert answer(tmp_path, postgres_dsn, template) == ("TEXT timestamp float numeric(28,6) bigint integer boolean ",)


def test_numbers_of_a_series_have_dbts_type(tmp_path: Path, postgres_dsn: str) -> None:
    template = "select count(*), min(pg_typeof(generated_number)::text) from ({{ dbt.generate_series(5) }}) n"
    assert answer(tmp_path, postgres_dsn, template) == (5, "double precision")


@pytest.mark.parametrize(
    ("call", "days"),
    [
        ("dates_in_range('20240130', '20240201')", "20240130 20240131 20240201"),
        ("dates_in_range('2024-01-30', in_fmt='%Y-%m-%d')", "20240130"),
        ("dates_in_range('20240130', out_fmt='')", "2024-01-30 00:00:00"),
        ("partition_range('20240130,20240131')", "20240130 20240131"),
        ("partition_range(20240130)", "20240130"),
    ],
)
def test_days_of_ranges(call: str, days: str, tmp_path: Path, postgres_dsn: str) -> None:
    assert answer(tmp_path, postgres_dsn, f"select '{{{{ dbt.{call} | join(' ') }}}}'") == (days,)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("convert_datetime('2024-01-30', '%Y%m%d')", "'2024-01-30' is not of the form '%Y%m%d'"),
        ("dates_in_range('20240130', '20240101')", "before it begins"),
        ("partition_range('1,2,3')", "is no range of dates"),
    ],
)
def test_what_is_no_date_is_told(call: str, told: str, tmp_path: Path, postgres_dsn: str) -> None:
    with pytest.raises(CompilationError) as raised:
        answer(tmp_path, postgres_dsn, f"select '{{{{ dbt.{call} }}}}'")
    assert told in str(raised.value)
