"""Values in YAML that ask for variables are read without Jinja, and give what Jinja gives."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_sqlmodels.errors import CompilationError, Location, MissingEnvVarError, ProjectError
from airflow_sqlmodels.project.rendering import YamlRenderer
from airflow_sqlmodels.templating.native import native_renderer
from airflow_sqlmodels.templating.variables import EnvVar, Var

AT = Location("profiles.yml", 3)
NAMES = {
    "env_var": EnvVar({"HOST": "db", "PORT": "5432", "EMPTY": "", "DBT_ENV_SECRET_X": "s"}),
    "var": Var({"text": "a", "nothing": None, "items": [1, "b"], "yes": True, "templated": "{{ 1 }}"}, str, False),
    "target": {"name": "t"},
}


@pytest.mark.parametrize(
    ("text", "without_jinja"),
    [
        ("{{ env_var('HOST') }}", True),
        ('{{ env_var("PORT") }}', True),
        ("{{env_var('NOT_THERE_AT_ALL', 5)}}", True),
        ("{{ env_var('EMPTY') }}", True),
        ("{{ env_var('EMPTY') }}{{ env_var('HOST') }}", True),
        ("{{ env_var('HOST') }}.{{ env_var('PORT') }}\n", True),
        ("a {{ env_var('HOST') }}\n\n", True),
        ("{# env_var #}x", True),
        ("{# env_var #}", False),
        ("{{ var('text') }}", True),
        ("{{ var('nothing') }}", True),
        ("{{ var('nothing') }}{{ var('items') }}", True),
        ("{{ var('items', []) }}", True),
        ("{{ var('yes') }}\n", True),
        ("{{ var('templated', true) }}", True),
        ("{{ var('none_of_them') }}", True),
        ("{{ var('none_of_them', ['a', 1, none]) }}", True),
        ("{{ var('none_of_them', true) }}", True),
        ("{{ var('text') }}_{{ env_var('HOST') }}", True),
        ("{{ var('none_of_them', var('text')) }}", False),
        ("{{ var('text') == 'a' }}", False),
        ("{{ env_var('PORT') | as_number }}", False),
        ("{{ env_var('PORT') | int + 1 }}", False),
        ("{{- env_var('HOST') }} ", False),
        ("{{ env_var('HOST') ~ target.name }}", False),
        ("{{ target.name }}{{ env_var('HOST') }}", False),
        ("{% if true %}{{ env_var('HOST') }}{% endif %}", False),
    ],
)
def test_the_value_of_a_variable(text: str, without_jinja: bool) -> None:
    expected: Any = native_renderer(NAMES)(text, AT)
    renderer = YamlRenderer(NAMES)
    found = renderer.text(text, AT)
    assert (found, type(found)) == (expected, type(expected))
    assert (renderer._render is None) == without_jinja


@pytest.mark.parametrize("name", ["NOT_THERE_AT_ALL", "DBT_ENV_SECRET_X"])
def test_a_variable_that_may_not_be_read_is_told_with_its_place(name: str) -> None:
    text = f"{{{{ env_var('{name}') }}}}"
    with pytest.raises(CompilationError) as expected:
        native_renderer(NAMES)(text, AT)
    with pytest.raises(CompilationError) as raised:
        YamlRenderer(NAMES).text(text, AT)
    assert raised.value.args == expected.value.args
    assert raised.value.at == AT


def test_a_call_without_a_name_is_told_with_its_place() -> None:
    with pytest.raises(ProjectError) as raised:
        YamlRenderer(NAMES).text("{{ env_var() }}", AT)
    assert raised.value.at == AT


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ local_md5('x') }}", "9dd4e461268c8034f5c8564e155c67a6"),
        ("{{ fromjson(env_var('LIST'))[1] }}", 3),
        ("{{ tojson([1]) }}", "[1]"),
        ("{{ set([1, 1]) | length }}", 1),
        ("{{ run_started_at.year > 2000 }}", True),
        ("{{ flags.FULL_REFRESH }}", False),
        ("{{ invocation_id | length }}", 36),
        ("{{ builtins.set([1]) | list }}", [1]),
        ("{{ context.get('nothing', 'none') }} {{ context.dbt_version is string }}", "none True"),
        ("{{ dbt_version[:2] }}", "1."),
        ("a{{ log('x', info=True) }}{{ print('y') }}", "a"),
        ("{{ exceptions is defined }}{{ project_name is defined }}", "FalseFalse"),
    ],
)
def test_names_that_need_no_project(text: str, value: Any, capsys: pytest.CaptureFixture[str]) -> None:
    assert YamlRenderer({"env_var": EnvVar({"LIST": "[2, 3]"})}).text(text, AT) == value
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("text", ["{{ 1 / 0 }}", "{{ local_md5(1) }}", "{{ return(1) }}"])
def test_whatever_goes_wrong_is_told_with_its_place(text: str) -> None:
    with pytest.raises(CompilationError) as raised:
        YamlRenderer(NAMES).text(text, AT)
    assert raised.value.at == AT


def test_nothing_is_no_default_for_the_environment() -> None:
    with pytest.raises(MissingEnvVarError):
        YamlRenderer(NAMES).text("{{ env_var('NOT_THERE_AT_ALL', none) }}", AT)
