"""A place in SQL is traced back to its template only where that is sure."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from airflow_sqlmodels.compile.origins import CompiledText, Template, origin_of, template_in
from airflow_sqlmodels.errors import Location, WarehouseError

RAW = """\
{{ config(materialized='table') }}
{% set columns = ['id', 'amount'] %}
select
    {% for column in columns -%}
    {{ column }},
    {% endfor -%}
    {{ cents('amount') }} as cents,
    day
from {{ ref('orders') }} as o
join {{ ref('people') }} as p on p.id = o.perso
where day > '2024-01-01'"""

SQL = """\


select
    id,
    amount,
    
    round(amount * 100)
 as cents,
    day
from "w"."shop"."orders" as o
join "w"."shop"."people" as p on p.id = o.perso
where day > '2024-01-01'"""


@pytest.mark.parametrize(
    ("line", "column", "origin"),
    [
        (9, 5, (8, 5)),  # the same text
        (12, 7, (11, 7)),
        (10, 3, (9, 3)),  # in front of the braces
        (10, 6, (9, 6)),  # what they gave
        (10, 29, (9, 29)),  # behind them
        (11, 41, (10, 41)),
        (4, 5, None),  # a loop made it
        (7, 5, None),  # a macro
        (8, 2, None),
    ],
)
def test_a_line_is_traced_to_its_twin(line: int, column: int, origin: tuple[int, int] | None) -> None:
    assert origin_of(RAW, SQL, line, column) == origin


def test_of_lines_that_occur_more_often_than_they_were_written_none_is_claimed() -> None:
    raw = "{% if big %}\nselect 1\n{% else %}\nselect 1\n{% endif %}\nfrom a"

    assert origin_of(raw, "\nselect 1\n\nfrom a", 2, 1) is None


def test_a_line_between_tags_is_known_if_its_neighbours_became_empty() -> None:
    raw = "select 1\n{% if is_incremental() %}\nwhere a > (select max(b) from {{ this }})\n{% endif %}\n"

    assert origin_of(raw, "select 1\n\nwhere a > (select max(b) from x)\n\n", 3, 23) == (3, 23)
    assert origin_of(raw, "select 1\nwhere a > (select max(b) from x)\n\n", 2, 23) is None


def test_two_expressions_in_one_line_are_told_apart() -> None:
    raw, sql = "select\n{{ a }} as a, {{ b }} as b, c\nfrom x", "select\n1 as a, 22 as b, c\nfrom x"

    assert [origin_of(raw, sql, 2, column) for column in (1, 3, 9, 18)] == [(2, 1), (2, 9), (2, 15), (2, 29)]


def test_an_error_gets_the_place_of_its_template() -> None:
    text = CompiledText(
        "select\n    amont\nfrom a", "compiled", (Template("models/a.sql", "select\n    amont\nfrom a", 3),)
    )
    statement = f"create view b as\n{text.sql}"
    error = WarehouseError("no column", None, "", "42703", statement, statement.index("amont") + 1)

    assert text.placed(error).at == Location("models/a.sql", 4, 5, "    amont")


@pytest.mark.parametrize(
    ("files", "place"),
    [
        ({"a.sql": "{{ config(\n  post_hook='analyze {{ this }}',\n) }}\n"}, ("a.sql", 2, 13)),
        ({"a.sql": "select 1\n", "b.yml": "hooks:\n  - analyze {{ this }}\n"}, ("b.yml", 2, 4)),
        ({"a.sql": "-- analyze {{ this }}\nanalyze {{ this }}\n"}, None),
        ({}, None),
    ],
)
def test_a_hook_is_found_where_it_is_written(
    files: dict[str, str], place: tuple[str, int, int] | None, tmp_path: Path
) -> None:
    for path, text in files.items():
        (tmp_path / path).write_text(dedent(text), encoding="utf-8")

    found = template_in(tmp_path, ("a.sql", "b.yml"), "analyze {{ this }}")

    assert (found and (found.path, found.line, found.indent)) == place


def test_the_first_line_behind_ephemeral_models_is_traced_back_too() -> None:
    sql = "with __dbt__cte__a as (\nselect 1 as id\n) select nothing from __dbt__cte__a"
    model = Template("models/b.sql", "select nothing from {{ ref('a') }}", line=3)
    text = CompiledText(sql, "target/compiled/b.sql", (model, Template("models/a.sql", "select 1 as id")))
    assert text.at(sql.index("nothing")) == Location("models/b.sql", 3, 8, model.text)
