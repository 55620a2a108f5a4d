"""Function files and their properties: what they become, and what is told of those that cannot be meant."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.nodes import DataTest, Function, NodeId
from airflow_sqlmodels.run.plan import make_plan
from airflow_sqlmodels.templating.entries.node import node_json
from tests.projects import PROJECT, load

ONE = {
    "functions/one.sql": "select 1",
    "functions/f.yml": "functions:\n  - name: one\n    returns: {data_type: int}\n",
}


def test_configs_come_from_the_project_file_properties_and_the_file(tmp_path: Path) -> None:
    configured = PROJECT + "functions:\n  shop:\n    +schema: fn\n    +tags: [a]\n"
    body = "{{ config(volatility='stable') }}select 1"
    manifest = load(tmp_path, {**ONE, "dbt_project.yml": configured, "functions/one.sql": body})

    node = manifest[NodeId("function.shop.one")]

    assert isinstance(node, Function)
    assert str(node.relation) == "shop_fn.one"
    assert (node.config["volatility"], node.config["type"], node.tags) == ("stable", "scalar", ("a",))


def test_a_function_in_python_may_configure_itself(tmp_path: Path) -> None:
    body = "{{ config(volatility='deterministic', packages=['pandas==1.5.0']) }}\ndef entry(value):\n    return value\n"
    manifest = load(tmp_path, {"functions/one.py": body, "functions/f.yml": ONE["functions/f.yml"]})

    node = manifest[NodeId("function.shop.one")]

    assert isinstance(node, Function)
    assert (node.language, node.config["volatility"]) == ("python", "deterministic")
    assert node.config["packages"] == ["pandas==1.5.0"]


def test_functions_may_lie_in_folders_of_other_names(tmp_path: Path) -> None:
    files = {path.replace("functions/", "udfs/"): text for path, text in ONE.items()}
    manifest = load(tmp_path, {**files, "dbt_project.yml": PROJECT + "function-paths: [udfs]\n"})

    assert manifest[NodeId("function.shop.one")].path == "udfs/one.sql"


def test_what_reads_a_function_waits_for_the_tests_of_what_that_reads(tmp_path: Path) -> None:
    files = {
        **ONE,
        "functions/one.sql": "select max(n) from {{ ref('base') }}",
        "models/base.sql": "select 1 as n",
        "models/top.sql": "select {{ function('one') }}() as n",
        "models/m.yml": "models:\n  - name: base\n    columns: [{name: n, data_tests: [unique]}]\n",
    }
    manifest = load(tmp_path, files)
    (test,) = (node.id for node in manifest.values() if isinstance(node, DataTest))

    after = {step.node: set(step.after) for step in make_plan(manifest)}

    assert after[NodeId("function.shop.one")] == {"model.shop.base"}
    assert after[NodeId("model.shop.top")] == {"function.shop.one", test}


def test_macros_and_hooks_may_call_functions(tmp_path: Path) -> None:
    files = {
        **ONE,
        "macros/m.sql": "{% macro call(name) %}{{ function(name) }}(){% endmacro %}",
        "models/a.sql": "select {{ call('one') }}",
        "models/b.sql": "{{ config(post_hook=\"select {{ function('one') }}()\") }} select 1",
    }
    manifest = load(tmp_path, files)

    for name in ("a", "b"):
        assert manifest[NodeId(f"model.shop.{name}")].depends_on == ("function.shop.one",)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"models/m.sql": "select\n{{ function('onee') }}()"}, "models/m.sql:2:14: no function 'onee'"),
        ({"functions/f.yml": "functions:\n  - name: one\n"}, "functions/f.yml:2:5: nothing says what the function"),
        (
            {"functions/f.yml": "functions:\n  - name: one\n    arguments: [{name: a}]\n    returns: {data_type: a}\n"},
            "functions/f.yml:3:17: an argument has no data_type",
        ),
        (
            {"functions/one.sql": "{{ config(volatility='never') }} select 1"},
            "functions/f.yml:2:5: a function cannot have the volatility 'never'",
        ),
        ({"functions/two.js": "return 1"}, "functions/two.js:1: functions cannot be written in .js here"),
        ({"functions/more/one.sql": "select 2"}, "two functions are named 'one'"),
        (
            {
                "functions/f.yml": "functions:\n  - name: one\n    returns: {data_type: int}\n    arguments:\n"
                "      - {name: a, data_type: int, default_value: 1}\n      - {name: b, data_type: int}\n"
            },
            "functions/f.yml:6:9: the argument 'b' has no default",
        ),
        (
            {
                "functions/f.yml": "functions:\n  - name: one\n    returns: {data_type: int}\n    overloads:\n"
                "      - defined_in: onse\n"
            },
            "functions/f.yml:5:9: no file 'onse' with the body of an overload",
        ),
        (
            {"functions/f.yml": "functions: [{name: one, returns: {data_type: 5}}]"},
            "functions/f.yml:1:35: 'data_type' must be a text, not 5",
        ),
        (
            {"functions/f.yml": "functions: [{name: one, returns: {data_type: int, kind: x}}]"},
            "Additional properties are not allowed ('kind' was unexpected)",
        ),
        (
            {"functions/f.yml": "functions: [{name: one, access: open, returns: {data_type: int}}]"},
            "function.shop.one has an invalid value (open) for the access field",
        ),
        (
            {"functions/f.yml": "functions: [{name: one, access: '', returns: {data_type: int}}]"},
            "function.shop.one has an invalid value () for the access field",
        ),
    ],
)
def test_what_cannot_be_meant_is_told_with_its_place(tmp_path: Path, files: dict[str, str], said: str) -> None:
    with pytest.raises(SqlModelsError) as refused:
        load(tmp_path, {**ONE, **files})

    assert said in str(refused.value)


def test_the_group_of_a_function_need_not_be_there(tmp_path: Path) -> None:
    said = "functions: [{name: one, config: {group: nowhere}, returns: {data_type: int}}]"

    assert load(tmp_path, {**ONE, "functions/f.yml": said})[NodeId("function.shop.one")].config["group"] == "nowhere"


def test_as_written_a_function_has_the_configs_of_models(tmp_path: Path) -> None:
    configured = PROJECT + "models:\n  +enabled: true\n  +tags: [m]\nfunctions:\n  +tags: [f]\n  +volatility: stable\n"
    manifest = load(tmp_path, {**ONE, "dbt_project.yml": configured})
    entry = node_json(manifest[NodeId("function.shop.one")], manifest, 0.0)

    assert entry["config"]["tags"] == ["f"]
    assert entry["unrendered_config"] == {"enabled": True, "tags": ["m"]}
