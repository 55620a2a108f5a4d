"""What a template calls, found without Jinja's parser, is what the parser finds."""

from __future__ import annotations

import re

import pytest

from airflow_sqlmodels.project.macro_files import built_in_macros
from airflow_sqlmodels.templating import signature
from airflow_sqlmodels.templating.blocks import as_macros
from airflow_sqlmodels.templating.called import called_in
from airflow_sqlmodels.templating.signature import arguments_of
from airflow_sqlmodels.templating.static import Call, TemplateReader, called_names

SURE = {
    "{{ f(g(1), h.i(x)) }}": ("g", "h.i", "f"),
    "{{ x | replace('(', f(1)) | trim }}": ("f",),
    "{% if x is divisibleby(3) and (f(x) or not (g(x))) %}{% endif %}": ("f", "g"),
    "{{ 'a(b(c' ~ f(\"d)\") }}": ("f",),
    "{{ adapter.dispatch('star', 'dbt_utils')(a, f(b)) }}": ("dispatch:dbt_utils.star", "f"),
    "{{ return(adapter.dispatch(macro_name='star', macro_namespace = \"dbt_utils\")()) }}": (
        "dispatch:dbt_utils.star",
        "return",
    ),
    "{{ adapter.dispatch('star')() }}": ("dispatch:star",),
    "{% macro m(a, b=f(1)) %}{{ a.b.c() }}{% endmacro %}": ("f", "a.b.c"),
    "{% call(row) wrapped(f(1)) %}{{ row.x() }}{% endcall %}": ("f", "wrapped", "row.x"),
    "{% filter indent(4) %}{{ f() }}{% endfilter %}": ("f",),
    "{% for x in f(y) if g(x) %}{% do z.append(h(x)) %}{% endfor %}": ("f", "g", "h", "z.append"),
    "{{ 'a'.join(f(x)) }} {{ x[0](1) }} {{ f(x).strip() }} {{ x[0].lower() }}": (
        "f",
        "?.join",
        "?",
        "?.strip",
        "?.lower",
    ),
    "{% set macro = 1 %}{{ macro() }}": ("macro",),
    "{# f(1) #}{% raw %}{{ g(1) }}{% endraw %} h(1)": (),
    "plain": (),
}
PARSED = {
    "{{ f(1) if g(2) else 3 }}{{ h(1) }}": ("g", "f", "h"),
    "{{ context['f'](1) }}": ("?",),
    "{{ adapter.dispatch(name)(1) }}": ("?",),
    "{{ a .b(1) }}": ("a.b",),
}


def parsed(text: str) -> tuple[str, ...]:
    reader = TemplateReader()
    calls = reader.calls(text)
    return called_names((reader.whole(text) or ()) if calls is None else calls)


class NoReader(TemplateReader):
    def in_token(self, token: re.Match[str]) -> tuple[Call, ...]:
        raise AssertionError(token[0])


@pytest.mark.parametrize("text", SURE)
def test_finds_what_the_parser_finds(text: str) -> None:
    assert called_in(text, NoReader()) == SURE[text] == parsed(text)


@pytest.mark.parametrize("text", PARSED)
def test_leaves_to_the_parser_what_it_cannot_tell(text: str) -> None:
    assert called_in(text, TemplateReader()) == PARSED[text] == parsed(text)


def test_what_is_no_template_is_none() -> None:
    assert called_in("{{ f( }}", TemplateReader()) is None


def test_the_built_in_macros_are_read_alike() -> None:
    macros = built_in_macros().values()
    for macro in macros:
        text = as_macros(macro.text)
        assert called_in(text, TemplateReader()) == parsed(text), macro.name
    assert len(macros) > 200


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("m()", ()),
        ("m(a, b)", ("a", "b")),
        ("m(a,b = 'x, y', c=none,d=-1.5, e=[], f={}, g=\"'\")", ("a", "b", "c", "d", "e", "f", "g")),
        ("m(a,)", ()),
        ("m(a=['x', (1, 2)], b={'c': f(1)})", ("a", "b")),
        ("m(\n    a,\n    b=true\n)", ("a", "b")),
    ],
)
def test_the_names_of_arguments(header: str, names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    text = f"{{%- macro {header} -%}}x{{% endmacro %}}"
    assert arguments_of(text) == names
    monkeypatch.setattr(signature, "_simple", lambda _: None)
    assert arguments_of(text) == names


def test_types_of_arguments_are_no_names() -> None:
    assert arguments_of("{% macro m(a: string, b: int = 2) %}{% endmacro %}") == ("a", "b")
