"""What is compiled without Jinja is what Jinja would give."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.templating import plainly
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.plain import plain_parts
from tests.compile.test_compiler import BASE, TARGET
from tests.projects import load

PLAIN = (
    "select 1",
    "\n\nselect 1 as id -- {x}, %}, }}\n\n\n",
    "{{ config(materialized='table', tags=['a', 'b'], meta={'a': {'b': 1}}, pre_hook=\"'}}' || f(1)\") }}\n1",
    "select * from {{ ref('a') }} join {{ref( \"shop\" , 'a' )}} using (id)\n",
    "select '{{ source('raw', 'orders') }}' {# a {{ comment }} #} from {{ this }}",
    "{{ shown('it') }} {{ var('day', 'x') }} {{ var('day', default=2) }} {{ var('set') }} {{ var('nested') }}",
    "{{ shown(-2.5) }} {{ shown(none) }} {{ shown(true) }} {{ shown([1, 'a', false]) }} {{ shown('') }}",
    "{{ shown(x='named') }} {{ twice(4) }} {{ greet('you') }} {{ shown(\n  'over lines'\n) }} {{ shown('a' 'b') }}",
    "{{ type_string() }} {{ shown(\"it's\") }} {{ shown('{%') }}",
)
NOT_PLAIN = (
    "{{- ref('a') }}",
    "{{ ref('a') -}} ",
    "{%- if true %}1{% endif %}",
    "select 1\r\n",
    "{{ shown('a') | upper }}",
    "{{ shown(r'a') }}",
    "{{ shown('\\n') }}",
    "{{ shown(ref('a')) }}",
    "{{ target.schema }}",
    "{{ env_var('DAY', 'x') | int }}",
    "{{ shown(*[1]) }}",
    "{{ shown(x ",
    "{#- a #} b",
)


@pytest.mark.parametrize("template", PLAIN)
def test_plain_is_as_jinja_has_it(template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert plain_parts(template) is not None
    without = _compiled(tmp_path / "without", template)
    monkeypatch.setattr(plainly, "plain_parts", lambda _template: None)
    assert without == _compiled(tmp_path / "with", template)


@pytest.mark.parametrize("template", NOT_PLAIN)
def test_what_is_left_to_jinja(template: str) -> None:
    assert plain_parts(template) is None


def test_a_projects_own_ref_is_asked(tmp_path: Path) -> None:
    macro = "{% macro ref(name) %}{{ return(builtins.ref(name).include(database=false)) }}{% endmacro %}"
    own = {"macros/own.sql": macro}
    assert _compiled(tmp_path, "select * from {{ ref('a') }}", own) == 'select * from "s"."a"'


def test_an_error_in_a_macro_has_its_line(tmp_path: Path) -> None:
    failing = {"macros/f.sql": "{% macro fails(x) %}\n{{ exceptions.raise_compiler_error('no ' ~ x) }}\n{% endmacro %}"}
    with pytest.raises(CompilationError) as raised:
        _compiled(tmp_path, "select 1,\n  {{ fails('good') }}\n", failing)
    assert raised.value.what == "no good\n> in macro fails (macros/f.sql:2)"
    assert str(raised.value.at) == "models/model.sql:2"


def _compiled(folder: Path, template: str, more: dict[str, str] | None = None) -> str:
    manifest = load(
        folder,
        {**BASE, "models/model.sql": template, **(more or {})},
        target=TARGET,
        vars={"set": True, "nested": "{{ target.schema }}"},
    )
    node = manifest[NodeId("model.shop.model")]
    means = answerer(manifest, Invocation())
    return compile_node(means, node, None).sql
