"""What templates can ask of relations and columns, as they could of dbt's for Postgres."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import load


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
        ("{{ this.quoted('a') }} {{ this.is_function }}", '"a" False'),
        ("{{ this.create(schema='s', identifier='i') }}", '"s"."i"'),
        ("{{ this.replace(type='view').is_view }} {{ api.Relation.create(schema=2024) }}", 'True "2024"'),
        ("{{ this.path.identifier }} {{ this.quote(schema=false).quote_policy.schema }}", "m False"),
        ("{{ this.include(database=false).include_policy.database }}", "False"),
        ("{{ api.Column('a', 'character varying').data_type }}", "character varying"),
        ("{{ api.Column('a', 'character varying', 5).data_type }}", "character varying(5)"),
        ("{{ api.Column('a', 'numeric', none, 10).data_type }}", "numeric"),
        ("{{ api.Column('a', 'text').can_expand_to(other_column=api.Column('b', 'varchar', 300)) }}", "True"),
        (
            "{{ diff_column_data_types([api.Column('a', 'text')], [api.Column('a', 'int')])[0].new_type }}"
            "{{ diff_column_data_types([api.Column('a', 'varchar', 9)], [api.Column('a', 'varchar', 5)]) }}",
            "text[]",
        ),
    ],
)
def test_it_answers_as_dbts_does(tmp_path: Path, template: str, expected: str) -> None:
    manifest = load(tmp_path, {"models/m.sql": template})

    assert compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql == expected


def test_a_number_that_is_no_json_is_an_error_and_no_null(tmp_path: Path) -> None:
    """As tables of queries have them; `none` would go into SQL unseen."""
    manifest = load(tmp_path, {"models/m.sql": "{{ tojson([target.get, 1]) }}"})

    with pytest.raises(SqlModelsError, match="is not JSON"):
        compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None)
