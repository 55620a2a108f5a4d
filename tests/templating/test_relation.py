"""What templates can ask of relations and columns, as they could of dbt's for Postgres."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import PROJECT, load


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{{ api.Column.translate_type('string') }}", "TEXT"),
        ("{{ api.Column.translate_type('integer') }}", "integer"),
        ("{{ api.Column.create('a', 'STRING').dtype }}", "TEXT"),
        ("{{ api.Column.numeric_type('numeric', 3, 1) }}", "numeric(3,1)"),
        ("{{ api.Column.numeric_type('numeric', none, none) }}", "numeric"),
        ("{{ api.Column.string_type(20) }}", "character varying(20)"),
        (
            "{{ api.Relation.View }} {{ api.Relation.MaterializedView }} {{ api.Relation.CTE }}",
            "view materialized_view cte",
        ),
        (
            "{{ this is sequence }} {{ this is mapping }} {{ 1 if this }} {{ this['schema'] }} {{ this.get('is_cte') }}"
            " {{ this['_x'] | default('none') }} {{ this.get('nope', 'no') }} {{ 'name' in this }}",
            "False True 1 shop False none no True",
        ),
        ("{{ this.to_dict(omit_none=true).path.identifier }} {{ this.add_ephemeral_prefix('m') }}", "m __dbt__cte__m"),
        (
            "{{ api.Relation.get_default_quote_policy().schema }} {{ this.get_default_quote_policy().schema }}",
            "True True",
        ),
        ("{{ api.Relation.create(database='d').information_schema_only() }}", '"d".INFORMATION_SCHEMA'),
        ("{{ adapter.config.project_name }} {{ adapter.config.credentials.schema == target.schema }}", "shop True"),
        ("{{ adapter.config.credentials.password }}{{ flags.get }}{{ modules.itertools.groupby }}", ""),
        ("{{ modules.datetime.timezone }}{{ modules.datetime.date(2024, 1, 2) }}", "2024-01-02"),
        ("{{ this.quoted('a') }} {{ this.is_function }}", '"a" False'),
        (
            "{{ this == this.replace(type='view') }} {{ this == this.quote(schema=false) }} {{ this == this.quote() }}",
            "False False True",
        ),
        ("{{ this.type }} {{ this.limit }} {{ this.View }} {{ this.get_relation_type.Table }}", "None None view table"),
        ("{{ this.scd_args('id', 'at') }} {{ this.render_limited() == this ~ '' }}", "['id', 'at'] True"),
        ("{{ modules.pytz.os }}{{ modules.re.enum }}{{ modules.pytz.utc }}{{ modules.re.match('a', 'b') }}", "UTCNone"),
        ("{{ this.create(schema='s', identifier='i') }}", '"s"."i"'),
        ("{{ this.replace(type='view').is_view }} {{ api.Relation.create(schema=2024) }}", 'True "2024"'),
        ("{{ this.path.identifier }} {{ this.quote(schema=false).quote_policy.schema }}", "m False"),
        ("{{ this.include(database=false).include_policy.database }}", "False"),
        (
            "{{ this.quote_policy }} {{ this.include(schema=false).include_policy.replace(database=false) }}",
            "Policy(database=True, schema=True, identifier=True) Policy(database=False, schema=False, identifier=True)",
        ),
        (
            "{% set made = api.Relation.create(schema='Shop', identifier='M') %}"
            "{{ made.path.replace_dict({'identifier': 'i'}) }} {{ made.path.get_lowered_part('schema') }}"
            " {{ made.path.get_part('database') }}",
            "Path(database=None, schema='Shop', identifier='i') shop None",
        ),
        ("{{ api.Column('a', 'character varying').data_type }}", "character varying"),
        ("{{ api.Column('a', 'character varying', 5).data_type }}", "character varying(5)"),
        ("{{ api.Column('a', 'numeric', none, 10).data_type }}", "numeric"),
        ("{{ api.Column('a', 'text').can_expand_to(other_column=api.Column('b', 'varchar', 300)) }}", "True"),
        (
            "{{ diff_column_data_types([api.Column('a', 'text')], [api.Column('a', 'int')])[0].new_type }}"
            "{{ diff_column_data_types([api.Column('a', 'varchar', 9)], [api.Column('a', 'varchar', 5)]) }}",
            "text[]",
        ),
        ("{{ [this] }}", '[<PostgresRelation "shop"."m">]'),
        (
            "{{ api.Column('a', 'text') }}",
            "PostgresColumn(column='a', dtype='text', char_size=None, numeric_precision=None, numeric_scale=None)",
        ),
        ("{{ this.incorporate(type=this.MaterializedView).type }} {{ this.quote_character }}", 'materialized_view "'),
        (
            "{{ this.to_dict().limit }} {{ this.limit }} {{ this.event_time_filter }} {{ this.require_alias }}",
            "None None None True",
        ),
        ("{{ ref('n').type }} {{ ref('n').is_view }} {{ source('s', 't').type }}", "None False None"),
        ("{{ sql }} {{ compiled_code }} {{ sql_now }} {{ column.create('a', 'b').name }}", "None None now() a"),
        (
            "{{ config(k='v') }}{{ config.get('k', 'd', validator=validation.any('u', 'v')) }}"
            "{{ config.get('x', validator=validation.any('u')) }}",
            "vNone",
        ),
        ("{{ config(k='v') }}{% do config.set('k', 'w') %}{{ config.get('k') }}{{ config.k }}{{ config['k'] }}", "w"),
        (
            "{{ config.get('k') }}{% if execute %}{% do config.set('k', 'w') %}{% endif %}{{ config.get('k') }}",
            "NoneNone",
        ),
        (  # what a model always has is there, if only as none
            "{{ config(mine=none) }}{% if execute %}{{ config.get('unique_key', 'd') }} {{ config.get('mine', 'd') }}"
            " {{ config.get('nobodys', 'd') }} {{ config.get('pre-hook', 'd') }} {{ config.get('pre_hook', 'd') }}"
            " {{ config.require('unique_key') }}{% endif %}",
            "None None d d [] None",
        ),
        (
            "{{ builtins.this.name }}{{ builtins['target'].name }}{{ builtins.model.name }}{{ builtins.log('a') }}"
            "{{ builtins.context is defined }}{{ builtins.run_query is defined }}",
            "mdevmFalseFalse",
        ),
        ("{{ flags.full_refresh }}{{ flags.THREADS }}{{ flags.WHICH }}{{ flags.FULL_REFRESH }}", "buildFalse"),
        (
            "{{ 'primary_key' in model.keys() | list }} {{ model.get('primary_key') }} {{ model.primary_key }}"
            " {{ (model | length) == (model.items() | list | length) }}",
            "True [] [] True",
        ),
    ],
)
def test_it_answers_as_dbts_does(tmp_path: Path, template: str, expected: str) -> None:
    sources = "sources: [{name: s, tables: [{name: t, external: {location: elsewhere}}]}]"
    manifest = load(tmp_path, {"models/m.sql": template, "models/n.sql": "select 1", "models/s.yml": sources})

    assert compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql == expected


def test_a_number_that_is_no_json_is_an_error_and_no_null(tmp_path: Path) -> None:
    """As tables of queries have them; `none` would go into SQL unseen."""
    manifest = load(tmp_path, {"models/m.sql": "{{ tojson([target.get, 1]) }}"})

    with pytest.raises(SqlModelsError, match="is not JSON"):
        compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None)


@pytest.mark.parametrize(
    ("template", "told"),
    [
        ("{{ tojson({'on': modules.datetime.date(2024, 1, 2)}) }}", "not JSON serializable"),
        ("{{ adapter.drop_relation(this) }}", "its type is null"),
        ("{{ api.Column('id', 'integer').string_size() }}", "string_size.. of the column 'id'"),
        ("{{ api.Relation.create(identifier='a', type='veiw') }}", "did you mean 'view'"),
        ("{{ this.incorporate(type='TABLE') }}", "the type 'TABLE', which is none"),
        ("{{ api.Relation.create(identifier='a' * 64, type='table') }}", "longer than 63 characters"),
        ("{{ api.Relation.create(identifier='a', type='table').replace_path(identifier='b' * 64) }}", "longer than 63"),
        ("{{ this.matches(identifier='M') }}", "an approximate match"),
        ("{{ this.matches() }}", "was given no name"),
        ("{{ this is iterable }}", "was used as a dictionary"),
        ("{{ this | length }}", "was used as a dictionary"),
        ("{% for each in this.items() %}{% endfor %}", "was used as a dictionary"),
        ("{{ dbt.date(2024, 2, 30) }}", "day"),
        ("{{ dbt.generate_series(0) }}", "an upper bound above 0"),
        ("{% if execute %}{{ return(1) }}{% endif %}", "return.. belongs into a macro"),
        ("{{ config(k='v') }}{{ config.require('k', validator=validation.any('u')) }}", 'value "v" to be one of u'),
        ("{{ config.meta_get('k', 'd', validator=validation.any('u', 'w')) }}", 'value "d" to be one of u, w'),
    ],
)
def test_it_refuses_what_dbts_does(tmp_path: Path, template: str, told: str) -> None:
    manifest = load(tmp_path, {"models/m.sql": template})

    with pytest.raises(SqlModelsError, match=told):
        compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None)


def test_relations_that_templates_make_are_quoted_as_the_project_says(tmp_path: Path) -> None:
    create = "api.Relation.create(database='d', schema='s', identifier='i'"
    said = f"{{{{ {create}) }}}} {{{{ {create}, quote_policy={{'schema': true}}) }}}}"
    said += " {{ adapter.Relation.create(schema='s') }}"
    quoting = "quoting: {schema: false, identifier: false, snowflake_ignore_case: true}\n"
    manifest = load(tmp_path, {"dbt_project.yml": PROJECT + quoting, "models/m.sql": said})

    found = compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql

    assert found == '"d".s.i "d"."s".i s'
