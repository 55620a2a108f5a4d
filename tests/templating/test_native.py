"""Templates that stand for one value: what comes of them has the type that a filter asks for."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.errors import Location, ProjectError
from airflow_sqlmodels.templating.native import native_renderer

RENDER = native_renderer({"kind": "postgres", "five": "5", "yes": "True", "off": False})
AT = Location("dbt_project.yml", 3)


@pytest.mark.parametrize(
    ("template", "value"),
    [
        ("{{ five }}", "5"),
        ("{{ five | as_number }}", 5),
        ("{{ five | as_text }}", "5"),
        ("{{ yes | as_bool }}", True),
        ("{{ off | as_bool }}", False),
        ("{{ [five] | as_native }}", ["5"]),
        ("a {{ five | as_number }}", "a 5"),
        ("{{ kind == 'postgres' | as_bool }}", True),
        ("{{ kind == 'bigquery' | as_bool() }}", False),
        ("{{ kind in ['bigquery', 'postgres'] | as_bool() }}", True),
    ],
)
def test_a_filter_gives_the_type_to_the_whole_value(template: str, value: object) -> None:
    """Inside of an expression it leaves the text a text, whatever it binds to."""
    found = RENDER(template, AT)

    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("template", ["{% if off %}x{% endif %}", "{% set n = 1 %}", "{# a note #}"])
def test_a_template_of_nothing_but_tags_gives_an_empty_text(template: str) -> None:
    """Not null: a schema that is empty is another than none."""
    assert RENDER(template, AT) == ""


@pytest.mark.parametrize("template", ["{{ 'true' | as_bool }}", "{{ '1' | as_bool }}", "{{ '007' | as_number }}"])
def test_a_filter_knows_values_as_python_writes_them(template: str) -> None:
    """As in dbt."""
    with pytest.raises(ProjectError, match="is not a"):
        RENDER(template, AT)


def test_what_is_no_bool_is_told_with_its_place() -> None:
    """The file and line are those of the value."""
    with pytest.raises(ProjectError, match=r"dbt_project.yml:3.*'postgres' is not a bool"):
        RENDER("{{ kind | as_bool }}", AT)
