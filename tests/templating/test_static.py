"""What is read from a template's syntax is what rendering it would have found."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.nodes import Model, NodeId, Ref, SourceRef
from airflow_sqlmodels.templating.static import Call, TemplateReader, _placed
from tests.projects import load

BASE = {
    "models/a.sql": "select 1 as id\n",
    "models/b.sql": "select 2 as id\n",
    "models/sources.yml": "sources:\n  - name: raw\n    tables: [{name: orders}]\n",
    "macros/m.sql": """\
        {% macro cents(x) %}({{ x }} / 100){% endmacro %}
        {% macro pick(yes) %}{% if yes %}{{ ref('a') }}{% else %}{{ ref('b') }}{% endif %}{% endmacro %}
        {% macro tagged() %}{{ config(tags=['by_macro']) }}{% endmacro %}
        {% macro indirect() %}{{ pick(false) }}{% endmacro %}
        """,
}

TEMPLATES = {
    "plain": ("select * from {{ ref('a') }} join {{ source('raw', 'orders') }} using (id)", ["a", "raw.orders"], []),
    "twice": ("select * from {{ ref('a') }} union all select * from {{ ref('a') }}", ["a"], []),
    "package": ("select * from {{ ref('shop', 'b') }}", ["b"], []),
    "quiet macro": ("select {{ cents('id') }} from {{ ref('a') }}", ["a"], []),
    "macro that refs": ("select * from {{ pick(true) }}", ["a"], []),
    "macro behind a macro": ("select * from {{ indirect() }}", ["b"], []),
    "macro that configures": ("{{ tagged() }} select * from {{ ref('a') }}", ["a"], ["by_macro"]),
    "untaken branch": ("{% if execute %}{{ ref('a') }}{% else %}{{ ref('b') }}{% endif %}", ["b"], []),
    "incremental branch": ("select 1 {% if is_incremental() %}from {{ ref('a') }}{% endif %}", [], []),
    "loop": ("{% for name in ['a', 'b'] %}{{ ref(name) }} {% endfor %}", ["a", "b"], []),
    "block set": ("{% set q %}select * from {{ ref('a') }}{% endset %}{{ q }}", ["a"], []),
    "inline condition": ("select * from {{ ref('a') if false else ref('b') }}", ["b"], []),
    "comment": ("{# {{ ref('a') }} #} select 1", [], []),
    "raw": ("{% raw %}{{ ref('a') }}{% endraw %} select 1", [], []),
    "depends_on": ("-- depends_on: {{ ref('a') }}\nselect 1", ["a"], []),
    "config": ("{{ config(tags=['x', 'y'], materialized='table') }}select 1", [], ["x", "y"]),
    "call block": ("{% call statement('s') %}select * from {{ ref('a') }}{% endcall %}select 1", [], []),
    "braces in a string": ("select '}}' as x, {{ cents('\"}}\"') }} from {{ ref(\"a\") }}", ["a"], []),
    "run_query": ("{% set n = run_query('select 1').columns[0].values() %}select * from {{ ref('b') }}", ["b"], []),
}


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_asks_for_what_rendering_it_asks_for(name: str, tmp_path: Path) -> None:
    text, reads, tags = TEMPLATES[name]

    manifest = load(tmp_path, {**BASE, "models/model.sql": text})

    node = manifest[NodeId("model.shop.model")]
    assert isinstance(node, Model)
    assert [each.split(".", 2)[2] for each in node.depends_on] == reads
    assert list(node.tags) == tags


def test_a_dispatch_that_leads_nowhere_is_found_while_loading(tmp_path: Path) -> None:
    """In a macro of the project or of a package too that nobody calls, as in dbt."""
    macros = "{% macro there(x) %}{% if x %}{{ adapter.dispatch('gone', 'shop')() }}{% endif %}{% endmacro %}"
    with pytest.raises(CompilationError, match=r"macros/more\.sql:1.*No macro named 'gone' found"):
        load(tmp_path / "unused", {**BASE, "macros/more.sql": macros})

    model = "select {{ adapter.dispatch('gone', 'nobodys')() }} 1 as id"
    with pytest.raises(CompilationError, match=r"models/c\.sql:1.*No macro named 'gone' found"):
        load(tmp_path / "used", {**BASE, "models/c.sql": model})

    package = {"dbt_packages/tools/dbt_project.yml": "name: tools\n", "packages.yml": "packages: [{local: tools}]\n"}
    lost = "{% macro lost() %}{{ return(adapter.dispatch('lost', 'tools')()) }}{% endmacro %}"
    with pytest.raises(CompilationError, match=r"tools/macros/lost\.sql:1.*No macro named 'lost' found"):
        load(tmp_path / "package", {**BASE, **package, "dbt_packages/tools/macros/lost.sql": lost})

    found = "{% macro default__lost() %}1{% endmacro %}"
    load(tmp_path / "mended", {**BASE, **package, "dbt_packages/tools/macros/lost.sql": lost, "macros/x.sql": found})


def test_calls_are_listed_with_their_arguments_and_whether_they_are_certain() -> None:
    calls = TemplateReader().calls("{{ ref('a') }}{% if x %}{{ source('b', 'c') }}{% endif %}{{ f(g('d')) }}")

    assert calls is not None
    assert [(call.name, call.args, call.certain) for call in calls] == [
        ("ref", ("a",), True),
        ("source", ("b", "c"), False),
        ("g", (), True),
        ("f", (), True),
    ]


def test_dispatch_is_listed_by_what_it_looks_for() -> None:
    calls = TemplateReader().calls("{{ adapter.dispatch('star', 'dbt_utils')(ref('a')) }}")

    assert calls is not None
    assert {call.name for call in calls} == {"dispatch:dbt_utils.star", "ref"}


@pytest.mark.parametrize("text", ["select {{ 1", "select 1 {% if x", "select 1 {# no end", "{{ ref('a') }} {{ 'b"])
def test_a_tag_without_an_end_is_refused_while_loading(text: str, tmp_path: Path) -> None:
    assert TemplateReader().calls(text) is None
    with pytest.raises(CompilationError, match=r"models/c\.sql:1"):
        load(tmp_path, {**BASE, "models/c.sql": text})


def test_blocks_that_do_not_add_up_are_left_to_jinja() -> None:
    assert TemplateReader().calls("{% if x %}{{ ref('a') }}") is None


def test_a_ref_is_a_value() -> None:
    assert Ref("a") == Ref("a", None, None) != Ref("a", "shop")
    assert SourceRef("raw", "orders") == SourceRef("raw", "orders")
    assert Call("ref", ("a",)) == Call("ref", ("a",))


@pytest.mark.parametrize(
    "expression",
    [
        " ref('a') ",
        'ref("a")',
        "ref('a', \"b\")",
        'ref("it\'s")',
        "source( 'a' , 'b' )",
        "ref('')",
        " get_where_subquery(ref('a')) ",
        "get_where_subquery( source('a', 'b') )",
        "ref('a', v=2)",
        "ref('a\\'b')",
        "ref('a') ~ ref('b')",
        "ref(get_where_subquery('a'))",
    ],
)
def test_the_short_way_finds_what_jinjas_parser_finds(expression: str) -> None:
    reader = TemplateReader()
    text = "{{" + expression + "}}"

    short = reader.calls(text)

    assert short == [_placed(call, 0, True) for call in reader._parsed(text) or ()]
