"""What templates can ask of relations and columns, as they could of dbt's for Postgres."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.compile.compiler import compile_node
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
    ],
)
def test_it_answers_as_dbts_does(tmp_path: Path, template: str, expected: str) -> None:
    manifest = load(tmp_path, {"models/m.sql": template})

    assert compile_node(answerer(manifest, Invocation()), manifest[NodeId("model.shop.m")], None).sql == expected
