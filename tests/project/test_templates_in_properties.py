"""Templates in property files: where they are rendered, and what a name gives that nothing has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import DataTest, Exposure, Function, Model, NodeId, Source
from tests.projects import PROJECT, load

MODEL = {"models/m.sql": "select 1 as id"}


def test_what_an_unknown_name_gives_is_empty(tmp_path: Path) -> None:
    properties = """\
        models:
          - name: m
            description: "a {{ nowhere }} b"
            config: {alias: "{{ nowhere }}", tags: ["{{ nowhere }}"], meta: {a: "{{ nowhere }}", b: ["x{{ nowhere }}"]}}
        """

    model = load(tmp_path, {**MODEL, "models/p.yml": properties})[NodeId("model.shop.m")]

    assert isinstance(model, Model)
    assert (model.description, model.meta, model.tags) == ("a  b", {"a": "", "b": ["x"]}, ("",))
    assert model.relation.identifier == "m"


@pytest.mark.parametrize(
    "properties",
    [
        "sources: [{name: raw, schema: '{{ nowhere }}', tables: [{name: t}]}]",
        "sources: [{name: raw, tables: [{name: t, identifier: '{{ nowhere }}'}]}]",
        "sources: [{name: raw, tables: [{name: t, loaded_at_field: '{{ nowhere }}'}]}]",
        "exposures: [{name: e, type: notebook, owner: {name: '{{ nowhere }}', email: me}}]",
        "exposures: [{name: e, type: notebook, owner: {name: me}, url: '{{ nowhere }}'}]",
        "exposures: [{name: e, type: notebook, owner: {name: me}, tags: ['{{ nowhere }}']}]",
        "models: [{name: m, columns: [{name: id, data_type: '{{ nowhere }}'}]}]",
        "models: [{name: m, columns: [{name: id, tags: ['{{ nowhere }}']}]}]",
    ],
)
def test_an_unknown_name_is_refused_where_there_must_be_a_value(properties: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"models/p.yml:1:\d+: '{{ nowhere }}' gives no value"):
        load(tmp_path, {**MODEL, "models/p.yml": properties})


def test_access_that_comes_to_nothing_is_refused(tmp_path: Path) -> None:
    properties = "models: [{name: m, config: {access: '{{ nowhere }}'}}]"
    with pytest.raises(ProjectError, match=r"model.shop.m has an invalid value \(\) for the access field"):
        load(tmp_path, {**MODEL, "models/p.yml": properties})


def test_an_empty_schema_is_a_schema(tmp_path: Path) -> None:
    files = {**MODEL, "dbt_project.yml": f"{PROJECT}models: {{+schema: ''}}\n"}
    model = load(tmp_path, files)[NodeId("model.shop.m")]
    assert isinstance(model, Model)
    assert model.relation.schema.endswith("_")


def test_of_the_config_of_a_test_only_texts_are_rendered(tmp_path: Path) -> None:
    config = '{severity: "{{ \'warn\' }}", tags: ["{{ \'x\' }}"], meta: {a: "{{ 1 + 1 }}"}}'
    properties = f"models: [{{name: m, columns: [{{name: id, data_tests: [{{unique: {{config: {config}}}}}]}}]}}]"

    manifest = load(tmp_path, {**MODEL, "models/p.yml": properties})

    test = next(node for node in manifest.values() if isinstance(node, DataTest))
    assert test.config["severity"] == "warn"
    assert (test.config["tags"], test.meta) == (["{{ 'x' }}"], {"a": "{{ 1 + 1 }}"})


def test_an_exposure_is_rendered(tmp_path: Path) -> None:
    properties = """\
        exposures:
          - name: e
            type: "{{ 'note' }}book"
            owner: {name: "{{ 'me' }}"}
            url: "https://x/{{ 1 + 1 }}"
            label: "{{ 'L' }}"
            maturity: "{{ 'low' }}"
            depends_on: ["ref('{{ 'm' }}')"]
        """

    exposure = load(tmp_path, {**MODEL, "models/p.yml": properties})[NodeId("exposure.shop.e")]

    assert isinstance(exposure, Exposure)
    assert (exposure.type, exposure.url, exposure.label, exposure.maturity) == ("notebook", "https://x/2", "L", "low")
    assert exposure.owner == {"name": "me"}
    assert exposure.depends_on == (NodeId("model.shop.m"),)


def test_meta_of_a_whole_source_is_rendered(tmp_path: Path) -> None:
    properties = "sources: [{name: raw, meta: {a: '{{ 1 + 1 }}'}, tables: [{name: t}]}]"
    source = load(tmp_path, {**MODEL, "models/p.yml": properties})[NodeId("source.shop.raw.t")]
    assert isinstance(source, Source)
    assert (source.source_meta, source.meta) == ({"a": "2"}, {"a": "2"})


def test_meta_and_docs_of_a_macro_are_rendered(tmp_path: Path) -> None:
    properties = """\
        macros:
          - name: cents
            description: "{{ var('owner', 'ann') }}"
            config: {meta: {owner: "{{ var('owner', 'ann') }}"}}
            docs: {show: false, node_color: "{{ var('colour', 'red') }}"}
        """
    files = {**MODEL, "macros/cents.sql": "{% macro cents() %}1{% endmacro %}", "macros/p.yml": properties}

    macro = load(tmp_path, files).macros[MacroId("macro.shop.cents")]

    assert (macro.meta, macro.docs) == ({"owner": "ann"}, {"show": False, "node_color": "red"})


def test_constraints_of_a_model_and_of_a_version_are_rendered(tmp_path: Path) -> None:
    properties = """\
        models:
          - name: m
            constraints: [{type: check, name: "c{{ 1 + 1 }}", expression: "id > {{ 1 + 2 }}", columns: [id]}]
          - name: v
            versions: [{v: 1, constraints: [{type: check, expression: "id > {{ 1 + 3 }}"}]}]
        """

    manifest = load(tmp_path, {**MODEL, "models/v.sql": "select 1 as id", "models/p.yml": properties})

    model, version = manifest[NodeId("model.shop.m")], manifest[NodeId("model.shop.v.v1")]
    assert isinstance(model, Model)
    assert isinstance(version, Model)
    assert [(each["name"], each["expression"]) for each in model.constraints] == [("c2", "id > 3")]
    assert [each["expression"] for each in version.constraints] == ["id > 4"]


def test_the_owner_of_a_group_and_the_loader_of_a_source_are_rendered(tmp_path: Path) -> None:
    properties = """\
        groups: [{name: g, owner: {name: "o{{ 1 + 1 }}", email: me, more: "{{ '3' | as_number }}"}}]
        sources: [{name: raw, loader: "l{{ 1 + 1 }}", tables: [{name: t}, {name: u, loader: "l{{ 1 + 2 }}"}]}]
        """

    manifest = load(tmp_path, {**MODEL, "models/p.yml": properties})

    assert manifest.groups["g"]["owner"] == {"name": "o2", "email": "me", "more": 3}
    sources = [manifest[NodeId(f"source.shop.raw.{name}")] for name in ("t", "u")]
    assert [each.loader for each in sources if isinstance(each, Source)] == ["l2", "l2"]


@pytest.mark.parametrize(
    "properties",
    [
        "groups: [{name: g, owner: {name: '{{ nowhere }}'}}]",
        "sources: [{name: raw, loader: '{{ nowhere }}', tables: [{name: t}]}]",
    ],
)
def test_the_owner_of_a_group_and_the_loader_of_a_source_are_not_nothing(properties: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match="gives no value: nothing of that name is known there"):
        load(tmp_path, {**MODEL, "models/p.yml": properties})


def test_what_names_a_version_may_be_a_template(tmp_path: Path) -> None:
    properties = """\
        models:
          - name: v
            columns: [{name: id}]
            versions: [{v: "{{ 1 }}", defined_in: "{{ 'm' }}", columns: [{include: all}, {name: "{{ 'x' }}"}]}]
        """

    model = load(tmp_path, {**MODEL, "models/p.yml": properties})[NodeId("model.shop.v.v1")]

    assert isinstance(model, Model)
    assert (model.path, list(model.columns)) == ("models/m.sql", ["id", "x"])


def test_arguments_of_a_function_and_what_it_returns_are_rendered(tmp_path: Path) -> None:
    properties = """\
        functions:
          - name: one
            arguments: [{name: "{{ 'a' }}", data_type: "{{ 'int' }}"}]
            returns: {data_type: "{{ 'int' }}"}
        """

    function = load(tmp_path, {"functions/one.sql": "select a", "functions/f.yml": properties})[
        NodeId("function.shop.one")
    ]

    assert isinstance(function, Function)
    assert [(each.name, each.data_type) for each in function.arguments] == [("a", "int")]
    assert function.returns.data_type == "int"


def test_overloads_of_a_function_are_rendered(tmp_path: Path) -> None:
    properties = """\
        functions:
          - name: one
            returns: {data_type: int}
            overloads:
              - defined_in: "{{ 'two' }}"
                description: "{{ 1 + 1 }}"
                arguments: [{name: a, data_type: "{{ 'text' }}"}]
                returns: {data_type: "{{ 'text' }}"}
        """
    files = {"functions/one.sql": "select 1", "functions/two.sql": "select a", "functions/f.yml": properties}

    function = load(tmp_path, files)[NodeId("function.shop.one")]

    assert isinstance(function, Function)
    (overload,) = function.overloads
    assert (overload.defined_in, overload.description, overload.arguments[0].data_type) == ("two", "2", "text")
    assert overload.returns is not None
    assert overload.returns.data_type == "text"


def test_what_else_is_said_of_an_owner_may_come_to_nothing(tmp_path: Path) -> None:
    properties = "exposures: [{name: e, type: notebook, owner: {name: me, chat: '{{ nowhere }}'}}]"

    exposure = load(tmp_path, {**MODEL, "models/p.yml": properties})[NodeId("exposure.shop.e")]

    assert isinstance(exposure, Exposure)
    assert exposure.owner == {"name": "me", "chat": ""}


@pytest.mark.parametrize("name", ["exceptions", "selected_resources", "invocation_args_dict", "sql_now", "env"])
def test_names_of_queries_are_not_known(name: str, tmp_path: Path) -> None:
    properties = f'models: [{{name: m, description: "{{{{ {name} is defined }}}} {{{{ target is defined }}}}"}}]'
    model = load(tmp_path, {**MODEL, "models/p.yml": properties})[NodeId("model.shop.m")]
    assert isinstance(model, Model)
    assert model.description == "False True"


@pytest.mark.parametrize("relation", ["m", "''"])
def test_the_relation_of_a_snapshot_is_a_ref_or_a_source(relation: str, tmp_path: Path) -> None:
    config = "{strategy: check, unique_key: id, check_cols: all}"
    properties = f"snapshots: [{{name: s, relation: {relation}, config: {config}}}]"
    with pytest.raises(ProjectError, match=r"snapshots/s.yml:1:\d+: Invalid jinja expression: "):
        load(tmp_path, {**MODEL, "snapshots/s.yml": properties})


_META = "{description: '{{ 1 }}', tests: '{{ 1 }}', a: {description: '{{ 1 }}', b: {description: '{{ 1 }}', " \
    "c: {description: '{{ 1 }}'}}}}"  # fmt: skip


@pytest.mark.parametrize(
    ("properties", "left"),
    [
        (f"models: [{{name: m, meta: {_META}}}]", ["description", "tests", "a.b.c.description"]),
        (f"models: [{{name: m, config: {{meta: {_META}}}}}]", ["a.b.description"]),
        (f"models: [{{name: m, columns: [{{name: id, meta: {_META}}}]}}]", ["a.description"]),
        (f"models: [{{name: m, columns: [{{name: id, config: {{meta: {_META}}}}}]}}]", ["description"]),
        (f"models: [{{name: m, versions: [{{v: 1, defined_in: m, config: {{meta: {_META}}}}}]}}]", ["description"]),
        (f"sources: [{{name: raw, meta: {_META}, tables: [{{name: t}}]}}]", []),
        (
            f"sources: [{{name: raw, tables: [{{name: t, meta: {_META}}}]}}]",
            ["description", "tests", "a.b.c.description"],
        ),
        (f"sources: [{{name: raw, tables: [{{name: t, config: {{meta: {_META}}}}}]}}]", ["a.b.description"]),
        (f"groups: [{{name: g, owner: {{name: me}}, config: {{meta: {_META}}}}}]", ["a.b.description"]),
        (f"macros: [{{name: mc, meta: {_META}}}]", ["description", "tests", "a.b.c.description"]),
        (
            f"exposures: [{{name: e, type: notebook, owner: {{email: me}}, meta: {_META}}}]",
            ["description", "tests", "a.b.c.description"],
        ),
    ],
)
def test_what_stands_where_a_description_may_is_left_in_meta(properties: str, left: list[str], tmp_path: Path) -> None:
    files = {**MODEL, "macros/mc.sql": "{% macro mc() %}{% endmacro %}", "models/p.yml": properties}
    manifest = load(tmp_path, files)

    assert _left_in(next(_metas(manifest))) == left


def _metas(manifest: Manifest) -> Iterator[dict[str, Any]]:
    """All that is not empty."""
    columns = (column for node in manifest.nodes.values() for column in getattr(node, "columns", {}).values())
    for each in (*manifest.nodes.values(), *columns, *manifest.macros.values()):
        if each.meta:
            yield each.meta
    yield from (group["config"]["meta"] for group in manifest.groups.values())


def _left_in(meta: dict[str, Any], path: str = "") -> list[str]:
    """Where a template stands as it is written."""
    found = [path + key for key, value in meta.items() if value == "{{ 1 }}"]
    below = ((f"{path}{key}.", value) for key, value in meta.items() if isinstance(value, dict))
    return [*found, *(each for inner, value in below for each in _left_in(value, inner))]


FUNCTION = "functions: [{name: fn, returns: {data_type: int}, arguments: [{name: a, data_type: int}], %s}]"


@pytest.mark.parametrize(
    ("properties", "what"),
    [
        ("models: [{name: m, columns: [{name: id, quote: \"{{ 'text' }}\"}]}]", "'quote' must be true or false"),
        ("models: [{name: m, quote_columns: '{{ nowhere }}'}]", "'quote_columns' must be true or false"),
        ("models: [{name: m, docs: {node_color: '{{ 1 == 1 }}'}}]", "docs.node_color: True"),
        ("models: [{name: m, docs: {node_color: '{{ nowhere }}'}}]", "gives no value"),
        (
            "sources: [{name: raw, quoting: {identifier: '{{ 1 }}'}, tables: [{name: t}]}]",
            "'identifier' must be true or false",
        ),
        (FUNCTION % "access: '{{ nowhere }}'", "gives no value"),
        (
            FUNCTION % "overloads: [{defined_in: other, returns: {data_type: '{{ not nowhere }}'}}]",
            "'data_type' must be a",
        ),
    ],
)
def test_what_a_template_gives_must_be_of_the_right_kind(tmp_path: Path, properties: str, what: str) -> None:
    files = {**MODEL, "functions/fn.sql": "select 1", "functions/other.sql": "select 1"}

    with pytest.raises(ProjectError, match=what) as error:
        load(tmp_path, {**files, "models/p.yml": properties})

    assert (error.value.at.path, error.value.at.line) == ("models/p.yml", 1)


def test_a_templated_quote_is_true_or_false(tmp_path: Path) -> None:
    properties = "models: [{name: m, columns: [{name: id, quote: \"{{ target.name != 'x' }}\"}]}]"

    model = load(tmp_path, {**MODEL, "models/p.yml": properties})[NodeId("model.shop.m")]

    assert isinstance(model, Model)
    assert model.columns["id"].quote is True


def test_only_the_default_of_an_argument_may_be_of_names_that_nothing_has(tmp_path: Path) -> None:
    argument = "arguments: [{name: a, data_type: int, default_value: '{{ nowhere }}'}]"
    properties = f"functions: [{{name: fn, returns: {{data_type: int}}, {argument}}}]"

    function = load(tmp_path, {"functions/fn.sql": "select 1", "functions/p.yml": properties})[
        NodeId("function.shop.fn")
    ]

    assert isinstance(function, Function)
    assert function.arguments[0].default_value == ""
