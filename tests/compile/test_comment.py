"""query-comment: what the server's logs say of a statement."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.manifest import Target
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import PROJECT, load

MACRO = "{% macro said(node) %}{{ node.name }} of {{ target.name }}{% endmacro %}"


def test_the_usual_one_names_the_node(tmp_path: Path) -> None:
    found = _comment(tmp_path, "")
    assert found.startswith("/* {")
    told = json.loads(found.removeprefix("/* ").removesuffix(" */\n"))
    assert (told["app"], told["node_id"], told["target_name"]) == ("sqlmodels", "model.shop.orders", "dev")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("query-comment: nightly", "/* nightly */\n"),
        ("query-comment: '{{ said(node) }}'", "/* orders of dev */\n"),
        ("query-comment: {comment: 'run by {{ target.name }}'}", "/* run by dev */\n"),
        ("query-comment: ''", ""),
        ("query-comment: null", ""),
    ],
)
def test_the_project_may_say_something_else_or_nothing(config: str, expected: str, tmp_path: Path) -> None:
    assert _comment(tmp_path, config) == expected


def test_one_that_would_end_early_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SqlModelsError, match=r'dbt_project.yml: the query comment contains illegal value "\*/"'):
        _comment(tmp_path, "query-comment: 'run by {{ target.name }} */ drop'")


def test_it_may_stand_behind_the_statement(tmp_path: Path) -> None:
    assert _comments(tmp_path, "query-comment: {comment: nightly, append: true}") == ("", "\n/* nightly */")


def _comment(folder: Path, config: str) -> str:
    found, behind = _comments(folder, config)
    assert not behind
    return found


def _comments(folder: Path, config: str) -> tuple[str, str]:
    files = {"dbt_project.yml": f"{PROJECT}{config}\n", "models/orders.sql": "select 1 as id", "macros/m.sql": MACRO}
    manifest = load(folder, files, target=Target("dev", "public", "db"))
    return answerer(manifest, Invocation()).comments(manifest[NodeId("model.shop.orders")])
