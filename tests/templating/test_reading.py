"""What templates ask for, and what is said of one that asks wrongly: where, and how it is right."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.nodes import NodeId
from tests.projects import load


@pytest.mark.parametrize("rendered", ["", "{% if target.name %}{% endif %}{{ modules.datetime.datetime.now() }}"])
@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("ref()", "ref() takes a model's name"),
        ("ref('a', 'b', 'c')", "ref() takes a model's name"),
        ("ref(none)", "ref() takes a model's name"),
        ("ref(nobody)", "ref() takes a model's name"),
        ("source('a')", "source() takes two names"),
        ("source(var('unset'), 'a')", "source() takes two names"),
        ("source('a', nobody)", "source() takes two names"),
        ("source('a', 1)", "source() takes two names"),
        ("function()", "function() takes a function's name"),
        ("function(nobody)", "function() takes a function's name"),
        ("function('f', a=1)", "function() takes names alone, and no a="),
        ("metric('f', a=1)", "metric() takes names alone, and no a="),
        ("config('table')", "config() takes named values"),
        ("config()", "config() takes named values"),
        ("config({'tags': 'a'}, meta={})", "config() takes named values"),
    ],
)
def test_a_wrong_call_is_told_with_its_line(call: str, message: str, rendered: str, tmp_path: Path) -> None:
    with pytest.raises(CompilationError) as raised:
        load(tmp_path, {"models/m.sql": f"-- m\nselect 1,\n  {{{{ {call} }}}}{rendered}"})
    assert raised.value.what.startswith(message)
    assert str(raised.value.at).startswith("models/m.sql:3")


def test_what_render_renders_is_read_too(tmp_path: Path) -> None:
    macros = '{% macro all_of(name) %}{{ render("select * from {{ re" ~ "f(\'" ~ name ~ "\') }}") }}{% endmacro %}'
    files = {"models/a.sql": "select 1", "models/b.sql": "select 2", "macros/m.sql": macros}

    manifest = load(tmp_path, {**files, "models/m.sql": "{{ all_of('a') }} {{ render(\"{{ ref('b') }}\") }}"})

    assert manifest[NodeId("model.shop.m")].depends_on == ("model.shop.a", "model.shop.b")


@pytest.mark.parametrize(
    ("value", "model"),
    [
        ("{{ nope() }}", "select {{ var('a') }}"),
        ("{{ nope.x.y }}", "select {{ var('a', 5) }}"),
        ("{% if nope.x.y %}{% endif %}1", "select {{ var('a') }}"),
        ("1", "select {{ render('{' ~ '{ nope() }' ~ '}') }}"),
    ],
)
def test_what_is_rendered_within_a_file_may_ask_nothing_of_an_unknown_name(
    value: str, model: str, tmp_path: Path
) -> None:
    project = f"name: shop\nprofile: shop\nvars: {{a: '{value}'}}\n"
    with pytest.raises(CompilationError, match="'nope' is undefined"):
        load(tmp_path, {"dbt_project.yml": project, "models/m.sql": model})


def test_an_unknown_name_in_a_variable_is_nothing(tmp_path: Path) -> None:
    project = "name: shop\nprofile: shop\nvars: {a: '{{ nope }}1'}\n"
    assert load(tmp_path, {"dbt_project.yml": project, "models/m.sql": "select {{ var('a') }}"})


def test_return_outside_a_macro_is_refused(tmp_path: Path) -> None:
    """What it raises is caught by the call of a macro, and here is none."""
    with pytest.raises(CompilationError, match="belongs into a macro") as raised:
        load(tmp_path, {"models/m.sql": "select 1\n{{ return(1) }}"})
    assert str(raised.value.at) == "models/m.sql"


def test_context_names_what_the_node_sees_while_it_is_read(tmp_path: Path) -> None:
    """A macro of a package asks for one of the project by its name, as text."""
    files = {
        "packages.yml": "packages: [{local: tools}]",
        "dbt_packages/tools/dbt_project.yml": "name: tools\nversion: '1.0'\n",
        "dbt_packages/tools/macros/m.sql": "{% macro called(name) %}{% set found = context.get(name) %}"
        "{% if found is none or 'own' in context %}{{ exceptions.raise_compiler_error('no ' ~ name) }}{% endif %}"
        "{{ return(found()) }}{% endmacro %}{% macro own() %}{% endmacro %}",
        "macros/mine.sql": "{% macro mine() %}{% do ref('a') %}1{% endmacro %}",
        "models/a.sql": "select 1 as id",
        "models/b.sql": "select {{ tools.called('mine') }} as id",
    }
    assert load(tmp_path, files)[NodeId("model.shop.b")].depends_on == ("model.shop.a",)


def test_a_package_that_is_none_is_not_said(tmp_path: Path) -> None:
    """A macro that passes its own argument on."""
    files = {
        "macros/of.sql": "{% macro of(name, package=none) %}{{ ref(package, name) }}{% endmacro %}",
        "models/a.sql": "select 1 as id",
        "models/b.sql": "select * from {{ of('a') }}",
    }
    assert load(tmp_path, files)[NodeId("model.shop.b")].depends_on == ("model.shop.a",)


@pytest.mark.parametrize(
    ("expression", "seen"),
    [
        ("adapter.nope is defined", "False"),
        ("adapter.nope()", ""),
        ("adapter.is_cancelable().x", ""),
        ("adapter.get_relation('d', 's', 'i')", "None"),
        ("adapter.drop_schema(this)", "None"),
        ("adapter.check_schema_exists('d', 's')", "False"),
        ("adapter.already_exists('s', 'i')", "False"),
        ("adapter.cache_added(this)", ""),
        ("adapter.add_query('select 1')", "(None, None)"),
        ("adapter.get_columns_in_relation(this)", "[]"),
        ("adapter.execute('select 1')[1].rows | length", "0"),
        ("adapter.quote_as_configured('x', 'identifier')", '"x"'),
        ("adapter.quote_seed_column('a', false)", "a"),
        ("adapter.parse_index({'columns': ['a']}).columns", "['a']"),
        ("adapter.standardize_grants_dict(run_query('select 1'))", "{}"),
        ("adapter.config.credentials.schema", "shop"),
        ("model.access ~ model.constraints ~ model.contract.enforced ~ model.docs", "protected[]False{'show': True}"),
        ("model.created_at is number and model.version is undefined", "True"),
        ("model.unrendered_config ~ model.functions ~ model.primary_key", "{}[][]"),
        ("sql", "None"),
        ("this.information_schema('tables')", "INFORMATION_SCHEMA.tables"),
    ],
)
def test_what_is_not_known_yet_is_what_dbt_says_then(expression: str, seen: str, tmp_path: Path) -> None:
    """Seen while dbt parsed the same model."""
    manifest = load(tmp_path, {"models/m.sql": f"{{{{ config(meta={{'v': ({expression}) | string}}) }}}}select 1 as a"})

    assert manifest[NodeId("model.shop.m")].config["meta"] == {"v": seen}
