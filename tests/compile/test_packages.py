"""Macros of installed packages, as they are written out there."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.manifest import Target
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import load

PACKAGE = {
    "dbt_packages/tools/dbt_project.yml": "name: tools\n",
    "dbt_packages/tools/macros/own.sql": """\
        {% macro _is_relation(it) -%}
            {{ it is mapping and it.get('metadata', {}).get('type', '').endswith('Relation') }}
        {%- endmacro %}
        {% macro checked(it) %}{{ tools._is_relation(it) }} {{ _is_relation(it) }}{% endmacro %}
        {% macro star(it) %}{{ return(adapter.dispatch('star', 'tools')(it)) }}{% endmacro %}
        {% macro default__star(it) %}default {{ it }}{% endmacro %}
        {% macro postgres__star(it) %}postgres {{ it }}{% endmacro %}
        """,
    "dbt_packages/tools/macros/model.sql": "{% macro model() %}one{% endmacro %}{% macro other() %}two{% endmacro %}",
    "dbt_packages/tools/macros/naming.sql": """\
        {% macro names() %}{{ model.name }} {{ tools.model() }} {{ other() }}{% endmacro %}
        {% macro hash(text) %}{{ adapter.dispatch('hash', 'tools')(text) }}{% endmacro %}
        {% macro default__hash(text) %}{{ hash(text) }}{% endmacro %}
        """,
    "dbt_packages/tools/macros/this.sql": """\
        {% macro this(times=1) %}{{ this.identifier }}{{ tools.this(times - 1) if times }}{% endmacro %}
        """,
    "models/a.sql": "select 1 as id",
}


@pytest.mark.parametrize(
    ("template", "sql"),
    [
        ("{{ tools.checked(ref('a')) }}", "True True"),
        ("{{ tools.checked('a') }}", "False False"),
        ("{{ tools._is_relation(this) }}", "True"),
        ("{{ tools['star'](1) }} {{ tools.get('none') }} {{ 'star' in tools }}", "postgres 1 None True"),
        ("{{ tools.star(2) }}", "postgres 2"),
        ("{{ tools.names() }}", "m one two"),
        ("{{ tools.this() }}", "mm"),  # in itself its name means what the node offers
        # not the package's own: that one would call itself for ever
        ("{{ tools.hash('x') }}", "md5(cast(x as TEXT))"),
    ],
)
def test_macros_of_a_package(template: str, sql: str, tmp_path: Path) -> None:
    manifest = load(tmp_path, PACKAGE | {"models/m.sql": template}, target=Target("dev", "s", "db"))

    assert compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql == sql


def test_the_project_can_put_itself_before_a_package(tmp_path: Path) -> None:
    files = PACKAGE | {
        "dbt_project.yml": """\
            name: shop
            profile: shop
            dispatch: [{macro_namespace: tools, search_order: [shop, tools]}]
            """,
        "macros/mine.sql": "{% macro default__star(it) %}mine {{ it }}{% endmacro %}",
        "models/m.sql": "{{ tools.star(3) }}",
    }
    manifest = load(tmp_path, files, target=Target("dev", "s", "db"))

    assert compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql == "mine 3"


def test_a_macro_that_a_package_has_not_is_told_in_its_words(tmp_path: Path) -> None:
    manifest = load(tmp_path, PACKAGE | {"models/m.sql": "{{ tools.sta(1) }}"}, target=Target("dev", "s", "db"))

    with pytest.raises(CompilationError) as raised:
        compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None)

    assert "the package 'tools' has no macro 'sta'" in str(raised.value)


def test_the_nearest_of_a_packages_macros_is_named(tmp_path: Path) -> None:
    manifest = load(tmp_path, {"models/m.sql": "{{ dbt.list_shemas('db') }}"}, target=Target("dev", "s", "db"))

    with pytest.raises(CompilationError, match="no macro 'list_shemas', did you mean 'list_schemas'"):
        compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None)
