"""What templates ask for, and what is said of one that asks wrongly: where, and how it is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import CompilationError
from tests.projects import load


@pytest.mark.parametrize("rendered", ["", "{% if target.name %}{% endif %}{{ modules.datetime.datetime.now() }}"])
@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("ref()", "ref() takes a model's name"),
        ("ref('a', 'b', 'c')", "ref() takes a model's name"),
        ("source('a')", "source() takes two names"),
        ("function()", "function() takes a function's name"),
        ("function('f', a=1)", "function() takes names alone, and no a="),
        ("metric('f', a=1)", "metric() takes names alone, and no a="),
        ("config('table')", "config() takes named values"),
    ],
)
def test_a_wrong_call_is_told_with_its_line(call: str, message: str, rendered: str, tmp_path: Path) -> None:
    with pytest.raises(CompilationError) as raised:
        load(tmp_path, {"models/m.sql": f"-- m\nselect 1,\n  {{{{ {call} }}}}{rendered}"})
    assert raised.value.what.startswith(message)
    assert str(raised.value.at).startswith("models/m.sql:3")
