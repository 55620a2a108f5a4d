"""Errors in macros name the macros, with the lines that each had come to."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import PROJECT, TARGET, load

MACROS = {
    "macros/outer.sql": """\
        {% macro first() %}{% endmacro %}

        {% macro outer(x) %}
          {{ first() }}
          {{ adapter.dispatch('inner', 'shop')(x, {}) }}
        {% endmacro %}
        """,
    "macros/deep/inner.sql": """\
        {% macro default__inner(x, seen) %}
          {% do seen.update({1: 2}) %}
          {% if execute %}
            {{ x.get('a') }}
          {% endif %}
        {% endmacro %}
        """,
}
TRAIL = "\n> in macro default__inner (macros/deep/inner.sql:4)\n> called by macro outer (macros/outer.sql:5)"


@pytest.mark.parametrize("call", ["{{ outer(none) }}", "{% if true %}{{ outer(none) }}{% endif %}"])
def test_an_error_names_the_macros_from_where_it_came_up(tmp_path: Path, call: str) -> None:
    error = _error(tmp_path, {**MACROS, "models/m.sql": f"select 1,\n{call}"})

    assert error.what == f"'None' has no attribute 'get'{TRAIL}"
    assert str(error.at) == "models/m.sql:2"
    assert error.hint == "what stands in front of it is none: was it given a value?"


def test_an_error_while_loading_names_them_too(tmp_path: Path) -> None:
    files = {"macros/m.sql": "{% macro m() %}\n{% do exceptions.raise_compiler_error('no') %}{% endmacro %}"}

    with pytest.raises(CompilationError) as raised:
        load(tmp_path, {"dbt_project.yml": PROJECT, **files, "models/m.sql": "{{ m() }} select 1"}, target=TARGET)

    assert raised.value.what == "no\n> in macro m (macros/m.sql:2)"


def test_macros_that_have_ended_and_built_in_ones_are_not_named(tmp_path: Path) -> None:
    model = "{% if execute %}{{ first() }}{{ dbt.get_powers_of_two(0) }}{% endif %}"

    error = _error(tmp_path, {**MACROS, "models/m.sql": model})

    assert "> " not in error.what


def test_a_macro_of_a_package_is_told_with_its_file(tmp_path: Path) -> None:
    files = {
        "packages.yml": "packages: [{local: ../tools}]",
        "dbt_packages/tools/dbt_project.yml": "name: tools\n",
        "dbt_packages/tools/macros/t.sql": "{% macro t() %}\n\n{{ nope.x if execute }}{% endmacro %}",
        "models/m.sql": "select {{ tools.t() }}",
    }

    error = _error(tmp_path, files)

    assert error.what == "'nope' is undefined\n> in macro t (dbt_packages/tools/macros/t.sql:3)"


def _error(root: Path, files: dict[str, str]) -> CompilationError:
    manifest = load(root, {"dbt_project.yml": PROJECT, **files}, target=TARGET)
    with pytest.raises(CompilationError) as raised:
        compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None)
    return raised.value
