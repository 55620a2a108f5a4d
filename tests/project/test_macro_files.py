"""Macro files while the project is loaded: what is no Jinja is refused, what nothing comes of is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.warned import Warned
from tests.projects import load

GOOD = "{% macro good() %} 1 {% endmacro %}"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{% macro bad() %}\n{{ 1 + }} {% endmacro %}", "macros/a.sql:2"),
        ("{% macro bad() %} {% if x %} {% endfor %} {% endmacro %}", "macros/a.sql:1"),
        ("{% macro bad() %} {% if x %} {% endmacro %}", "macros/a.sql:1"),
        ("{% macro bad( %} 1 {% endmacro %}", "macros/a.sql:1"),
        ("{% macro bad() %} {% wrong %} {% endmacro %}", "Encountered unknown tag 'wrong'"),
        (f"{GOOD}\n  {{% endif %}}", "macros/a.sql:2:3: Got an unexpected control flow end tag, endif"),
        (f"{{% for a in b %}} {{% endif %}}{GOOD}", "macros/a.sql:1:18: Got an unexpected control flow end tag, endif"),
        (f"{{% if x %}}{GOOD}{{% endif %}}", "macros/a.sql:1:11: Got a block definition inside control flow"),
        ("{% macro bad() %} {% macro b() %}{% endmacro %} {% endmacro %}", "macros/a.sql:1:19: Got nested tags"),
    ],
)
def test_a_macro_that_nobody_calls_is_checked_too(text: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(CompilationError) as caught:
        load(tmp_path, {"macros/a.sql": text, "models/m.sql": "select 1 as id"})
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("around", "words"),
    [
        ("{% set x = 1 %}\n{% endmacro %}", ["set", "endmacro"]),
        ("{% if x %} text {% endif %}", ["if", "endif"]),
        ("{% macro b() %}{{ '{% docs about %}' }} {{ '{% enddocs %}' }}{% endmacro %}", []),
        ("{# {% set x = 1 %} #} text {% raw %}{% if %}{% endraw %} {{ y }}", []),
    ],
)
def test_tags_around_macros_are_told(around: str, words: list[str], tmp_path: Path) -> None:
    files = {"macros/a.sql": f"{GOOD}\n{around}\n", "models/m.sql": "select {{ good() }} as id"}
    found = [each for each in load(tmp_path, files).warnings if isinstance(each, Warned)]
    assert [each.name for each in found] == ["UnexpectedJinjaBlockDeprecation"] * len(words)
    assert [each.data["msg"] for each in found] == [f"Found unexpected '{word}' block tag." for word in words]


def test_a_macro_beside_generic_tests_is_none(tmp_path: Path) -> None:
    text = "{% macro helper() %}5{% endmacro %}{% test low(model) %}select 1{% endtest %}"
    manifest = load(
        tmp_path, {"tests/generic/low.sql": text, "macros/generic/own.sql": "{% macro own() %}{% endmacro %}"}
    )
    own = sorted(each for each in manifest.macros if each.startswith("macro.shop."))
    assert own == ["macro.shop.own", "macro.shop.test_low"]
