"""Data tests under models: what is known of them once the project is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.compile.compiler import compile_node
from airflow_sqlmodels.errors import CompilationError, ProjectError, SqlModelsError
from airflow_sqlmodels.manifest.nodes import DataTest
from airflow_sqlmodels.templating import environment
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import PROJECT, load

TESTED = {
    "models/a.sql": "select 1 as id",
    "models/a.yml": """\
        models:
          - name: a
            data_tests:
              - tools.at_least: {count: 1}
              - tools.like: {other: ref('a')}
        """,
}


def test_a_test_of_a_package_that_is_not_installed_fails_by_itself(tmp_path: Path) -> None:
    manifest = load(tmp_path, TESTED)

    assert [each.text for each in manifest.warnings if not each.once] == [
        "models/a.yml:4:9: no data test 'tools.at_least' and 1 more: this fails when it runs\n"
        "    - tools.at_least: {count: 1}\n"
        "      ^\n"
        "hint: the package 'tools' is not installed: sqlmodels deps"
    ]
    tests = [node for node in manifest.values() if isinstance(node, DataTest)]
    assert [node.name for node in tests] == ["tools_at_least_a_1", "tools_like_a_ref_a_"]
    with pytest.raises(CompilationError, match=r"(?s)a.yml:5:9: no data test 'tools.like'.*'tools' is not installed"):
        compile_node(answerer(manifest, Invocation()), tests[1], None)


def test_a_misspelled_test_of_an_installed_package_is_refused(tmp_path: Path) -> None:
    package = {
        "dbt_packages/tools/dbt_project.yml": "name: tools\n",
        "dbt_packages/tools/macros/t.sql": "{% test at_most(model, count) %}select 1{% endtest %}",
    }

    with pytest.raises(ProjectError, match=r"no data test 'tools\.at_least'"):
        load(tmp_path, TESTED | package)


@pytest.mark.parametrize(("mine", "calculated"), [("like", "count(*)"), ("other", "sum(n)")])
def test_a_test_named_like_a_packages_keeps_that_ones_config_from_being_heard(
    mine: str, calculated: str, tmp_path: Path
) -> None:
    """dbt reads the project's own test instead, though the package's is what runs."""
    files = {
        "packages.yml": "packages: [{local: tools}]",
        "dbt_packages/tools/dbt_project.yml": "name: tools\n",
        "dbt_packages/tools/macros/l.sql": """\
            {% test like(model) %}{{ config(fail_calc='sum(n)') }}select 1 as n{% endtest %}
            """,
        "macros/mine.sql": f"{{% test {mine}(model) %}}select 2 as n{{% endtest %}}",
        "models/a.sql": "select 1 as id",
        "models/a.yml": "models: [{name: a, data_tests: [tools.like]}]",
    }
    test = next(node for node in load(tmp_path, files).values() if isinstance(node, DataTest))
    assert test.config["fail_calc"] == calculated


@pytest.mark.parametrize(
    ("written", "order"),
    [
        ("{arguments: {values: [1], quote: false}}", ["column_name", "values", "quote", "model"]),
        ("{values: [1], quote: false}", ["values", "quote", "column_name", "model"]),
    ],
)
def test_arguments_stand_in_dbts_order(tmp_path: Path, written: str, order: list[str]) -> None:
    """Macros write them down as they come: elementary keeps them as JSON."""
    values = f"columns: [{{name: id, data_tests: [accepted_values: {written}]}}]"
    manifest = load(tmp_path, {"models/a.sql": "select 1 as id", "models/a.yml": f"models: [{{name: a, {values}}}]"})
    test = next(node for node in manifest.values() if isinstance(node, DataTest))
    assert list(test.kwargs) == order


def test_config_and_a_name_may_stand_below_arguments(tmp_path: Path) -> None:
    """dbt lays `arguments` over what stands beside it before it takes config and name out."""
    said = "{arguments: {name: mine, config: {where: id > 0}, error_if: '> 1', description: why}}"
    written = f"models: [{{name: a, columns: [{{name: id, data_tests: [unique: {said}]}}]}}]"
    manifest = load(tmp_path, {"models/a.sql": "select 1 as id", "models/a.yml": written})

    test = next(node for node in manifest.values() if isinstance(node, DataTest))
    assert (test.name, test.description, list(test.kwargs)) == ("mine", "why", ["column_name", "model"])
    assert (test.config["where"], test.config["error_if"]) == ("id > 0", "> 1")


def test_columns_are_quoted_where_the_model_or_the_source_says_so(tmp_path: Path) -> None:
    tested = "[{name: Id, data_tests: [unique]}, {name: Nr, quote: false, data_tests: [unique]}]"
    properties = f"""\
        models: [{{name: a, quote_columns: true, columns: {tested}}}]
        sources: [{{name: raw, quoting: {{column: true}}, tables: [{{name: t, columns: {tested}}}]}}]
        """
    manifest = load(tmp_path, {"models/a.sql": "select 1", "models/a.yml": properties})

    names = [node.kwargs["column_name"] for node in manifest.values() if isinstance(node, DataTest)]
    assert names == ['"Id"', "Nr"] * 2


@pytest.mark.parametrize(
    ("written", "refusal"),
    [
        ("{unique: {column_name: id, severity: warn, config: {severity: error}}}", "same key at the top-level and in"),
        ("{unique: {column_name: id, config: [1]}}", r"config of the data test 'unique' must be a mapping \(a dict\)"),
        ("{unique: {column_name: id, model: b}}", "the data test 'unique' cannot have an argument 'model'"),
        ("{unique: , column_name: id}", r"(?s)beside the data test 'unique' stands 'column_name'.*indent"),
        ("{unique: }", r"(?s)arguments of the data test 'unique' must be a mapping.*write '- unique'"),
        ("{unique: {config: {where: \"id = {{ ref('a') }}\"}}}", "Invalid generic test configuration of 'unique'"),
    ],
)
def test_what_cannot_be_meant_by_a_test_is_refused(written: str, refusal: str, tmp_path: Path) -> None:
    files = {"models/a.sql": "select 1", "models/a.yml": f"models: [{{name: a, data_tests: [{written}]}}]"}
    with pytest.raises(SqlModelsError, match=refusal) as caught:
        load(tmp_path, files)
    assert str(caught.value.at).startswith("models/a.yml:1:")


def test_two_tests_that_differ_only_in_their_config_are_refused(tmp_path: Path) -> None:
    tests = "[{unique: {column_name: id, config: {where: a}}}, {unique: {column_name: id, config: {where: b}}}]"
    files = {"models/a.sql": "select 1", "models/a.yml": f"models: [{{name: a, data_tests: {tests}}}]"}
    with pytest.raises(ProjectError, match=r"two data_tests with the name 'unique_a_id'.*a\.yml:1:\d+"):
        load(tmp_path, files)


def test_two_tables_of_one_name_are_refused(tmp_path: Path) -> None:
    sources = "sources: [{name: raw, tables: [{name: t}, {name: t, description: again}]}]"
    with pytest.raises(ProjectError, match=r"two sources with the name 'raw_t'.*s\.yml:1:\d+"):
        load(tmp_path, {"models/s.yml": sources})


def test_a_packages_test_dispatches_to_itself_without_a_namespace(tmp_path: Path) -> None:
    macro = """\
        {% test like(model) %}{{ return(adapter.dispatch('test_like')(model)) }}{% endtest %}
        {% macro default__test_like(model) %}{{ config(limit=7) }}select 1{% endmacro %}"""
    files = {
        "packages.yml": "packages: [{local: tools}]",
        "dbt_packages/tools/dbt_project.yml": "name: tools\n",
        "dbt_packages/tools/macros/t.sql": macro,
        "models/a.sql": "select 1",
        "models/a.yml": "models: [{name: a, data_tests: [tools.like]}]",
    }
    (test,) = (node for node in load(tmp_path, files).values() if isinstance(node, DataTest))
    assert test.config["limit"] == 7


@pytest.mark.parametrize("written", ['"not_null:"', "{'not_null:': {}}", "dbt.not_null?", "not_null -- soon"])
def test_what_stands_behind_the_name_of_a_test_counts_for_nothing(written: str, tmp_path: Path) -> None:
    files = {
        "models/a.sql": "select 1 as id",
        "models/a.yml": f"models: [{{name: a, columns: [{{name: id, data_tests: [{written}]}}]}}]",
    }

    (test,) = (node for node in load(tmp_path, files).values() if isinstance(node, DataTest))

    assert test.generic.removeprefix("dbt.") == "not_null"
    assert test.name == ("dbt_not_null_a_id" if "dbt" in written else "not_null_a_id")


@pytest.mark.parametrize("written", ["env_var('NO_SUCH_COLOUR')", "{{ env_var('NO_SUCH_COLOUR') }}"])
def test_an_argument_that_reads_the_environment_is_answered_when_loading(
    written: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    test = f'{{accepted_values: {{arguments: {{values: ["{written}"]}}}}}}'
    files = {
        "models/a.sql": "select 1 as id",
        "models/a.yml": f"models:\n  - name: a\n    columns:\n      - name: id\n        data_tests: [{test}]\n",
    }

    told = r"models/a.yml:5.*Env var required but not provided: 'NO_SUCH_COLOUR'"
    with pytest.raises(SqlModelsError, match=told) as raised:
        load(tmp_path, files)
    assert raised.value.kind == "Parsing Error"

    monkeypatch.setenv("NO_SUCH_COLOUR", "red")
    assert any(isinstance(node, DataTest) for node in load(tmp_path, files).values())


PLAIN = {"dbt_project.yml": PROJECT + "flags: {require_generic_test_arguments_property: false}\n"}
OWN = "{% test own(model, column_name, arguments) %}select '{{ arguments }}' as a{% endtest %}"


def _one_test(folder: Path, written: str, **files: str) -> DataTest:
    properties = f"models: [{{name: a, columns: [{{name: id, data_tests: [{written}]}}]}}]"
    manifest = load(
        folder, {"models/a.sql": "select 1 as id", "models/a.yml": properties, "macros/o.sql": OWN, **files}
    )
    return next(node for node in manifest.values() if isinstance(node, DataTest))


@pytest.mark.parametrize("said", ["{x: 1}", "[1, 2]"])
def test_arguments_is_an_argument_where_the_flag_says_so(said: str, tmp_path: Path) -> None:
    """The ids are dbt's."""
    test = _one_test(tmp_path, f"own: {{arguments: {said}, severity: warn}}", **PLAIN)

    assert list(test.kwargs) == ["arguments", "column_name", "model"]
    assert test.config["severity"] == "warn"
    assert test.name == {"{x: 1}": "own_a_1__id", "[1, 2]": "own_a_1__2__id"}[said]


def test_what_stands_in_such_an_argument_is_no_config(tmp_path: Path) -> None:
    test = _one_test(tmp_path, "own: {arguments: {where: a > 1}}", **PLAIN)

    assert test.config.get("where") is None
    assert test.kwargs["arguments"] == {"where": "a > 1"}


@pytest.mark.parametrize(
    ("written", "what", "hint"),
    [("accepted_values: {arguments: {valus: [1]}}", "'test_accepted_values' takes no keyword argument 'valus'",
      "did you mean 'values'?"),
     ("own: {x: 1}", "'test_own' takes no keyword argument 'x'", "it takes model, column_name, arguments"),
     ("own: {x: 1, config: {enabled: false}}", "'test_own' takes no keyword argument 'x'", "it takes model")],
)  # fmt: skip
def test_an_argument_that_the_test_does_not_take_is_refused(written: str, what: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(CompilationError, match=what) as raised:
        _one_test(tmp_path, written)

    assert str(raised.value.at) == "models/a.yml:1:54"
    assert raised.value.hint.startswith(hint)


def test_with_the_flag_off_the_usual_tests_do_not_take_arguments(tmp_path: Path) -> None:
    with pytest.raises(CompilationError, match="takes no keyword argument 'arguments'"):
        _one_test(tmp_path, "accepted_values: {arguments: {values: [1]}}", **PLAIN)


@pytest.mark.parametrize("text", ["{% test own(model) %}{{ kwargs }}{% endtest %}", OWN])
def test_a_macro_that_takes_all_is_asked_nothing(text: str, tmp_path: Path) -> None:
    written = "own: {x: 1}" if text != OWN else "unique: {x: 1}"  # of its fastest tests dbt finds it when they run
    assert _one_test(tmp_path, written, **{"macros/o.sql": text}).kwargs["x"] == 1


SHOWS = {
    "macros/shows.sql": """\
        {% test shows(model, column_name, a) %}
        {{ config(meta={'a': a | string, 'text': a is string, 'column': column_name, 'model': model | string}) }}
        {% if a is sequence and a is not string %}{% do a.append('more') %}{% endif %}
        select 1
        {% endtest %}""",
    "models/a.sql": "select 1 as id",
    "models/b.sql": "select 1 as id",
}


@pytest.mark.parametrize(
    ("written", "seen", "text"),
    [
        ("1", "1", False),
        ("it's", "it's", True),
        ("2020-01-02", "2020-01-02", False),
        (".inf", "inf", False),
        ("[1, x]", "[1, 'x']", False),
        ('"{{ 1 + 1 }}"', "2", True),
        ('"a {x} {{ 1 }} and"', "a {x} 1 and", True),
        ('"{% set x = 1 %}"', "", True),
        ("\"{{ ['a', 'b'] }}\"", "['a', 'b']", True),
        ("\"ref('b')\"", '"shop"."t"', False),
        ("\" {{ ref('b') }} \"", ' "shop"."t" ', True),
        ("{x: [1, \"ref('b')\"]}", '{\'x\': [1, <PostgresRelation "shop"."t">]}', False),
    ],
)
def test_a_test_that_looks_at_its_arguments_sees_values_while_it_is_read(
    written: str, seen: str, text: bool, tmp_path: Path
) -> None:
    """Values as dbt's manifest.json has them for this test."""
    entry = f"{{shows: {{name: t, arguments: {{a: {written}}}}}}}"
    columns = f"models: [{{name: a, columns: [{{name: id, data_tests: [{entry}]}}]}}]"
    manifest = load(tmp_path, SHOWS | {"models/a.yml": columns})
    test = next(node for node in manifest.values() if isinstance(node, DataTest))

    model = '"shop"."t"'
    assert test.config["meta"] == {"a": seen, "text": text, "column": "id", "model": model}
    assert sorted(each.name for each in test.refs) == (["a", "b"] if "ref(" in written else ["a"])


def test_tests_with_one_macro_are_compiled_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiled: list[str] = []
    monkeypatch.setattr(environment, "saved_code", lambda _kind, text, code: (compiled.append(text), code())[1])
    environment._code.cache_clear()
    entries = ", ".join(
        f"{{shows: {{name: t{at}, arguments: {{a: {each}}}}}}}" for at, each in enumerate(("1", "x", "[1, 2]"))
    )
    load(tmp_path, SHOWS | {"models/a.yml": f"models: [{{name: a, columns: [{{name: id, data_tests: [{entries}]}}]}}]"})

    assert [text for text in compiled if "test_shows(**" in text] == ["{{ test_shows(**_dbt_generic_test_kwargs) }}"]


def test_a_projects_own_ref_is_called_for_the_model_under_test(tmp_path: Path) -> None:
    own = "{% macro ref(name) %}{% do return(builtins.ref(name).include(schema=false)) %}{% endmacro %}"
    test = "{% test own(model) %}select * from {{ model }}{% endtest %}"
    entry = "models: [{name: a, data_tests: [own]}]"
    files = {"macros/ref.sql": own, "macros/own.sql": test, "models/a.sql": "select 1 as id", "models/a.yml": entry}
    manifest = load(tmp_path, files)
    node = next(node for node in manifest.values() if isinstance(node, DataTest))

    assert compile_node(answerer(manifest, Invocation()), node, None).sql == 'select * from "a"'
