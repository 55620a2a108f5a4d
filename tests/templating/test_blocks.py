"""Named blocks are cut out of files as they stand."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.templating.blocks import as_macros, find_blocks, inner_block, macro_name


def test_blocks_are_found_with_their_names_and_bodies() -> None:
    text = "{% macro a(x) %}A{% endmacro %}\n{% test b(model) -%}B{%- endtest %}{% docs c %}C's{% enddocs %}"

    blocks = find_blocks(text, "m.sql")

    assert [(block.kind, block.name, block.body) for block in blocks] == [
        ("macro", "a", "A"),
        ("test", "b", "B"),
        ("docs", "c", "C's"),
    ]


def test_comments_and_raw_text_hold_no_blocks() -> None:
    text = "{# {% macro a() %}{% endmacro %} #}{% raw %}{% macro b() %}{% endmacro %}{% endraw %}"

    assert find_blocks(text, "m.sql") == []


@pytest.mark.parametrize(
    "inside",
    [
        "{% do lines.append('{% macro get_' ~ table ~ '_columns() %}') %}",
        '{% do lines.append("{% endmacro %}") %}',
        "{% set line = 'it\\'s {% test a(model) %}' %}",
        "{{ '{% raw %}' }}",
        "{% if line == '{% endmacro %}' %}{% raw %}{{ it's }}{% endraw %}{% endif %}",
    ],
)
def test_tags_in_strings_are_text(inside: str) -> None:
    """Macros that write macros have such."""
    text = f"{{% macro a() %}}{inside}{{% endmacro %}}"

    (block,) = find_blocks(text, "m.sql")

    assert (block.body, inner_block(block), as_macros(text)) == (inside, None, text)


def test_a_macro_may_hold_another_one() -> None:
    (outer,) = find_blocks("{% macro a() %}{% macro b() %}{% endmacro %}{% endmacro %}", "m.sql")

    assert outer.name == "a"


def test_a_block_that_is_not_closed_is_refused_with_its_line() -> None:
    with pytest.raises(ProjectError, match=r"m\.sql:2:1: this test is not closed"):
        find_blocks("\n{% test a(model) %}", "m.sql")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{% macro cents(x) %}{% endmacro %}", "cents"),
        ("{% test positive(model) %}{% endtest %}", "test_positive"),
        ("{% data_test positive(model) %}{% enddata_test %}", "test_positive"),
        ("{% materialization kept, default %}{% endmaterialization %}", "materialization_kept_default"),
        ("{% materialization kept, adapter='postgres' %}{% endmaterialization %}", "materialization_kept_postgres"),
    ],
)
def test_a_block_is_called_as_a_macro_of_this_name(text: str, name: str) -> None:
    (block,) = find_blocks(text, "m.sql")

    assert macro_name(block) == name
    assert f"macro {name}(" in as_macros(text)


def test_types_of_arguments_are_left_out() -> None:
    text = as_macros("{% macro cents(column: string, precision: int = 2) %}{% endmacro %}")

    assert text == "{% macro cents(column, precision = 2) %}{% endmacro %}"


def test_lines_stay_where_they_are() -> None:
    text = "{% test a(\n    model,\n    column_name\n) %}\nbody\n{% endtest %}"

    assert as_macros(text).count("\n") == text.count("\n")
