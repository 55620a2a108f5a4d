"""Data tests without Jinja give what the macros of library/tests.sql give, and leave alone what a project changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.compile.compiler import Compiled, compile_node
from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.nodes import DataTest
from airflow_sqlmodels.templating import plainly
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import PROJECT, load

TESTS = {
    "not_null": "",
    "unique": "",
    "accepted_values": "values: ['a', \"it's\", 3, null, true]",
    "relationships": "to: ref('b'), field: \"(id + 1)\"",
}
BASE = {
    "dbt_project.yml": PROJECT,
    "models/a.sql": "select 1 as id",
    "models/b.sql": "select 1 as id",
    "models/e.sql": "{{ config(materialized='ephemeral') }} select 1 as id",
}
OVERRIDES = {
    "the test": "{% test not_null(model, column_name) %}mine {{ column_name }}{% endtest %}",
    "what it dispatches to": "{% macro default__test_not_null(model, column_name) %}mine id{% endmacro %}",
    "better for this warehouse": "{% macro postgres__test_not_null(model, column_name) %}mine id{% endmacro %}",
    "what it asks": "{% macro should_store_failures() %}{{ return(true) }}{% endmacro %}",
}
WRONG = ("{unique: {colour: red}}", "{accepted_values: {}}", "{accepted_values: {values: 3}}", "{relationships: {}}")


def yml(tests: str, model: str = "a") -> str:
    return f"models: [{{name: {model}, columns: [{{name: id, data_tests: [{tests}]}}]}}]\n"


def compiled(root: Path, files: dict[str, str], **flags: bool) -> Compiled:
    manifest = load(root, {**BASE, **files})
    (test,) = (node for node in manifest.nodes.values() if isinstance(node, DataTest))
    return compile_node(answerer(manifest, Invocation(**flags)), test, None)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", ["a", "e"])
@pytest.mark.parametrize("where", ["", "config: {where: 'id > 1'}"])
@pytest.mark.parametrize("name", TESTS)
def test_is_what_the_macro_gives(
    tmp_path: Path, name: str, where: str, model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ", ".join(filter(None, (TESTS[name], where)))
    files = {"models/m.yml": yml(f"{{{name}: {{{said}}}}}", model)}
    without_jinja = compiled(tmp_path, files)
    assert f"macro.dbt.test_{name}" in without_jinja.rendering.called_macros
    monkeypatch.setattr(plainly, "usual_test", lambda *_: None)
    with_jinja = compiled(tmp_path, files)
    assert without_jinja.sql == with_jinja.sql
    assert without_jinja.rendering.called_macros == with_jinja.rendering.called_macros


def test_imports_no_jinja_for_it(tmp_path: Path) -> None:
    assert compiled(tmp_path, {"models/m.yml": yml("unique")}).rendering._scope is None


@pytest.mark.parametrize("what", OVERRIDES)
def test_a_projects_own_macro_counts(tmp_path: Path, what: str) -> None:
    files = {"models/m.yml": yml("not_null"), "macros/own.sql": OVERRIDES[what]}
    sql = compiled(tmp_path, files).sql
    assert "mine id" in sql or "select *\n" in sql


def test_rows_that_are_kept_are_whole(tmp_path: Path) -> None:
    plain, kept = "select id\n", "select *\n"
    assert plain in compiled(tmp_path, {"models/m.yml": yml("not_null")}).sql
    assert kept in compiled(tmp_path, {"models/m.yml": yml("not_null")}, store_failures=True).sql
    stored = yml("{not_null: {config: {store_failures: true}}}")
    assert kept in compiled(tmp_path, {"models/m.yml": stored}).sql
    not_stored = yml("{not_null: {config: {store_failures: false}}}")
    assert plain in compiled(tmp_path, {"models/m.yml": not_stored}, store_failures=True).sql


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_arguments_are_told_as_the_macro_tells_them(
    tmp_path: Path, wrong: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said() -> str:
        try:
            return compiled(tmp_path, {"models/m.yml": yml(wrong)}).sql
        except SqlModelsError as error:
            return str(error)

    without_jinja = said()
    monkeypatch.setattr(plainly, "usual_test", lambda *_: None)
    assert without_jinja == said()
