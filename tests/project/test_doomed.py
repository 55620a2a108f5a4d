"""Nodes that fail whenever they are rendered are refused when the project is loaded, as by dbt; others never are."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import CompilationError
from tests.projects import load

MACROS = """\
{% macro of_package() %}{{ not_installed.f(1) }}{% endmacro %}
{% macro calls() %}{{ nope(1) }}{% endmacro %}
{% macro asks() %}{{ nope.x }}{% endmacro %}
{% macro by_key() %}{{ nope['x'] }}{% endmacro %}
{% macro in_set() %}{% set a %}{{ nope(1) }}{% endset %}{% endmacro %}
{% macro refuses() %}{% set m = 'no more' %}{% do exceptions.raise_compiler_error(m) %}{% endmacro %}
{% macro one(a) %}{{ a }}{% endmacro %}
{% macro many() %}{{ one([1, 2], ')') }}{% endmacro %}
{% macro keyword() %}{{ one(b=2) }}{% endmacro %}
{% macro far() %}{{ return(adapter.dispatch('further')(1)) }}{% endmacro %}
{% macro default__further(a) %}{{ nope(a) }}{% endmacro %}

{% macro asks_environment() %}{% if not execute %}{{ env_var('NO_SUCH') }}{% endif %}{% endmacro %}

{% macro guarded() %}{% if execute %}{{ nope(1) }}{{ one(1, 2) }}{% endif %}{% endmacro %}
{% macro refuses_later() %}{% if execute %}{% do exceptions.raise_compiler_error('x') %}{% endif %}{% endmacro %}
{% macro returns() %}{% if not execute %}{{ return('') }}{% endif %}{{ nope(1) }}{{ one(1, 2) }}{% endmacro %}
{% macro looks() %}{{ nope(1) if nope is defined }}{{ nope and nope.x }}{% endmacro %}
{% macro asks_later() %}{% if execute %}{{ env_var('NO_SUCH') }}{% endif %}{% endmacro %}
{% macro prints() %}{{ nope }}{% endmacro %}
{% macro has(nope) %}{{ nope.x }}{{ nope.y() }}{% endmacro %}
{% macro sets() %}{% set nope = [] %}{% do nope.append(1) %}{% for n in [nope] %}{{ n.x }}{% endfor %}{% endmacro %}
{% macro loops() %}{% for each in nope %}{{ each.x() }}{{ one(1, 2) }}{% endfor %}{% endmacro %}
{% macro in_call() %}{% call statement('a') %}{{ nope(1) }}{% endcall %}{% endmacro %}
{% macro takes_all() %}{{ varargs }}{{ kwargs }}{% endmacro %}
{% macro gives_all() %}{{ takes_all(1, 2, k=3) }}{{ one(*[1]) }}{{ one(a=1) }}{{ one() }}{% endmacro %}
{% macro filtered() %}{{ [1] | map('string') | join(', ') }}{{ 'nope.x(1)' }}{# nope(1) #}{% endmacro %}
{% macro of_context() %}{{ context.get('x') }}{{ context['model'] }}{% endmacro %}
{% macro given() %}{{ target.name.upper() }}{{ this.schema }}{{ modules.re.match('a', 'b') }}{% endmacro %}
"""


@pytest.mark.parametrize(
    ("called", "message"),
    [
        ("of_package()", "'not_installed' is undefined"),
        ("calls()", "'nope' is undefined"),
        ("asks()", "'nope' is undefined"),
        ("by_key()", "'nope' is undefined"),
        ("in_set()", "'nope' is undefined"),
        ("far()", "'nope' is undefined"),
        ("refuses()", "no more"),
        ("exceptions.raise_compiler_error('not this')", "not this"),
        ("one(1, 2)", "takes not more than 1 argument"),
        ("one(b=2)", "takes no keyword argument 'b'"),
        ("many()", "takes not more than 1 argument"),
        ("keyword()", "takes no keyword argument 'b'"),
        ("asks_environment()", "Env var required but not provided: 'NO_SUCH'"),
    ],
)
def test_what_surely_fails_is_refused(called: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(CompilationError, match=message):
        load(tmp_path, {"macros/m.sql": MACROS, "models/m.sql": f"select 1 as x {{{{ {called} }}}}"})


@pytest.mark.parametrize(
    "template",
    [
        *(f"{{{{ {name}() }}}}" for name in ("guarded", "refuses_later", "returns", "looks", "asks_later", "prints")),
        *(
            f"{{{{ {name}() }}}}"
            for name in ("sets", "loops", "in_call", "gives_all", "filtered", "of_context", "given")
        ),
        "{{ has(unknown) }}",
        "{{ not_installed.f(1) }}{{ nope(1) }}{{ nope.x }}",
        "{% if execute %}{{ calls() }}{{ refuses() }}{{ one(1, 2) }}{% endif %}",
        "{{ calls() if execute }}{{ execute and refuses() }}",
    ],
)
def test_what_may_not_fail_is_read(template: str, tmp_path: Path) -> None:
    found = load(tmp_path, {"macros/m.sql": MACROS, "models/m.sql": f"select 1 as x {template}"})

    assert "model.shop.m" in found.nodes


def test_what_a_suspected_macro_logs_is_told_once(tmp_path: Path) -> None:
    told: list[str] = []
    macro = "{% macro m() %}{{ log('here', info=true) }}{{ 1 + 'a' }}{{ nope(1) }}{% endmacro %}"
    with pytest.raises(CompilationError, match="unsupported operand"):
        load(tmp_path, {"models/a.sql": "select {{ m() }}", "macros/m.sql": macro}, say=told.append)
    assert told == ["here"]
