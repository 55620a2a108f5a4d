"""What manifest.json says as dbt 1.12 says it: configs as they are written, docs blocks, called macros, checksums."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.artifacts.manifest_json import manifest_json
from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.templating.inline_config import inline_config, is_literal
from airflow_sqlmodels.templating.invocation import Invocation
from tests.projects import load


def written(root: Path, files: dict[str, str], **options: Any) -> dict[str, Any]:
    """The content of manifest.json for a project of these files, as readers get it."""
    manifest = load(root, files, **options)
    content = manifest_json(manifest, graph_of(manifest), Invocation(command="parse"))
    found: dict[str, Any] = json.loads(json.dumps(content, default=str))
    return found


def test_literal_configs_are_values_and_others_are_texts(tmp_path: Path) -> None:
    """dbt renders no model that holds literals alone, and keeps the text of what it renders."""
    files = {
        "models/a.sql": "{{ config(tags=['x'], enabled=True) }} select 1",
        "models/b.sql": "{{ config(tags=['x'], enabled=var('on', true) and not false) }} select {{ var('n', 1) }}",
    }
    nodes = written(tmp_path, files)["nodes"]
    assert nodes["model.shop.a"]["unrendered_config"] == {"tags": ["x"], "enabled": True}
    assert nodes["model.shop.b"]["unrendered_config"] == {
        "tags": "['x']",
        "enabled": "var('on', True) and not False",
    }


def test_in_unrendered_configs_the_strongest_says_all(tmp_path: Path) -> None:
    """Tags add up in the config, not in what was written; a YAML list stands beside what it gives."""
    files = {
        "models/a.sql": "{{ config(post_hook='select {{ 1 }}') }} select 1",
        "models/a.yml": "models: [{name: a, config: {tags: [near], group: null}}]",
    }
    files["dbt_project.yml"] = "{name: shop, profile: shop, models: {+tags: far}}"
    node = written(tmp_path, files)["nodes"]["model.shop.a"]
    assert node["config"]["tags"] == ["far", "near"]
    assert node["unrendered_config"] == {"tags": ["near", "near"], "group": None, "post_hook": "select {{ 1 }}"}


def test_null_for_a_config_that_is_never_null_is_its_default(tmp_path: Path) -> None:
    """As in dbt for `on_schema_change` and `lookback`; the others it has as 'None', with which nothing runs."""
    files = {
        "models/a.sql": "select 1 as id",
        "models/a.yml": "models: [{name: a, columns: [{name: id, data_tests: [unique]}]}]",
        "seeds/s.csv": "id\n1\n",
        "dbt_project.yml": "{name: shop, profile: shop, models: {+on_schema_change: null, +lookback: null}, seeds:"
        " {+delimiter: null}, data_tests: {+fail_calc: null, +warn_if: null, +error_if: null}}",
    }
    nodes = written(tmp_path, files)["nodes"]
    model = nodes["model.shop.a"]["config"]
    assert (model["on_schema_change"], model["lookback"]) == ("ignore", 1)
    assert nodes["seed.shop.s"]["config"]["delimiter"] == ","
    test = next(node["config"] for name, node in nodes.items() if name.startswith("test."))
    assert (test["fail_calc"], test["warn_if"], test["error_if"]) == ("count(*)", "!= 0", "!= 0")


def test_in_unrendered_configs_the_calls_of_one_file_add_up(tmp_path: Path) -> None:
    files = {
        "models/a.sql": "{{ config(tags=['x'], meta={'x': 'a'}) }}{{ config(tags='y', meta={'y': 'b'}) }} select 1",
        "models/a.yml": "models: [{name: a, config: {tags: [near]}}]",
    }
    node = written(tmp_path, files)["nodes"]["model.shop.a"]
    assert node["config"]["tags"] == ["near", "x", "y"]
    assert node["unrendered_config"] == {"tags": ["x", "y"], "meta": {"x": "a", "y": "b"}}


LABELS_FROM_FAR = """
name: shop
profile: shop
sources: {+tags: [far], +meta: {far: 1}, shop: {+tags: [near], +meta: {near: 1}}}
exposures: {+tags: [far], +meta: {far: 1}, shop: {+tags: [near], +meta: {near: 1}}}
"""


def test_tags_of_sources_are_those_of_their_file(tmp_path: Path) -> None:
    """As in dbt what dbt_project.yml gives them counts for nothing, while meta adds up."""
    files = {
        "dbt_project.yml": LABELS_FROM_FAR,
        "models/a.yml": """
            sources:
              - {name: bare, tables: [{name: t}]}
              - {name: raw, config: {tags: b, meta: {all: 1}}, tables: [{name: t, config: {tags: [a], meta: {own: 1}}}]}
        """,
    }
    sources = written(tmp_path, files)["sources"]
    bare, raw = sources["source.shop.bare.t"], sources["source.shop.raw.t"]
    assert (bare["tags"], bare["meta"], bare["unrendered_config"]["meta"]) == ([], {"far": 1, "near": 1}, {})
    assert raw["tags"] == raw["config"]["tags"] == raw["unrendered_config"]["tags"] == ["a", "b"]
    assert raw["meta"] == {"far": 1, "near": 1, "all": 1, "own": 1}
    assert (raw["source_meta"], raw["unrendered_config"]["meta"]) == ({"all": 1}, {"all": 1, "own": 1})


def test_tags_and_meta_of_exposures_replace_each_other(tmp_path: Path) -> None:
    """As in dbt the nearest place says all, and what stands beside `config:` is added to it."""
    files = {
        "dbt_project.yml": LABELS_FROM_FAR,
        "models/a.yml": """
            exposures:
              - {name: bare, type: ml, owner: {name: me}}
              - {name: inside, type: ml, owner: {name: me}, config: {tags: [x], meta: {x: 1}}}
              - {name: beside, type: ml, owner: {name: me}, tags: [x], meta: {x: 1, near: 2}}
        """,
    }
    found = {each["name"]: (each["tags"], each["meta"]) for each in written(tmp_path, files)["exposures"].values()}
    assert found == {
        "bare": (["near"], {"near": 1}),
        "inside": (["x"], {"x": 1}),
        "beside": (["near", "x"], {"x": 1, "near": 1}),
    }


def test_tags_and_meta_of_all_exposures_are_added_to(tmp_path: Path) -> None:
    """As in dbt they are if they stand there without a `+`."""
    files = {
        "dbt_project.yml": "{name: shop, profile: shop, exposures: {tags: [all], meta: {all: 1, x: 0}}}",
        "models/a.yml": "exposures: [{name: e, type: ml, owner: {name: me}, config: {tags: [x], meta: {x: 1}}}]",
    }
    (exposure,) = written(tmp_path, files)["exposures"].values()
    assert (exposure["tags"], exposure["meta"]) == (["all", "x"], {"all": 1, "x": 1})


def test_tags_that_a_project_gives_the_sources_of_a_package_replace_theirs(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": "{name: shop, profile: shop, sources: {pack: {+tags: [far]}}}",
        "dbt_packages/pack/dbt_project.yml": "{name: pack}",
        "dbt_packages/pack/models/a.yml": "sources: [{name: raw, tags: [own], tables: [{name: t}]}]",
    }
    assert written(tmp_path, files)["sources"]["source.pack.raw.t"]["tags"] == ["far"]


def test_what_a_project_says_of_a_package_stands_above_its_own_texts(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": "{name: shop, profile: shop, models: {pack: {+schema: far}}}",
        "dbt_packages/pack/dbt_project.yml": "{name: pack}",
        "dbt_packages/pack/models/a.sql": "{{ config(schema='own', alias='b') }} select {{ var('n', 1) }}",
    }
    node = written(tmp_path, files)["nodes"]["model.pack.a"]
    assert (node["config"]["schema"], node["unrendered_config"]) == ("far", {"schema": "far", "alias": "b"})


def test_the_alias_of_a_generic_test_is_no_name_of_its_file(tmp_path: Path) -> None:
    files = {
        "models/a.sql": "select 1 as id",
        "models/a.yml": "models: [{name: a, data_tests: [unique: {column_name: id, config: {alias: other}}]}]",
    }
    (test,) = (node for node in written(tmp_path, files)["nodes"].values() if node["resource_type"] == "test")
    assert (test["path"], test["alias"]) == ("unique_a_id.sql", "other")


def test_the_file_of_a_generic_test_with_a_long_name_has_the_short_form_whatever_the_alias(tmp_path: Path) -> None:
    name = f"a_{'long_' * 12}name"
    tests = "unique: {column_name: id}", "unique: {column_name: id, config: {alias: other, where: 'true'}}"
    paths = set()
    for number, test in enumerate(tests):
        files = {
            f"models/{name}.sql": "select 1 as id",
            "models/a.yml": f"models: [{{name: {name}, data_tests: [{test}]}}]",
        }
        nodes = written(tmp_path / str(number), files)["nodes"].values()
        paths |= {node["path"] for node in nodes if node["resource_type"] == "test"}
    (path,) = paths
    assert path.startswith("unique_a_long_long_long_long_l_")


def test_macros_keep_the_line_ends_of_windows(tmp_path: Path) -> None:
    """dbt's manifest.json has them too: `--state` with it would call each node modified that reaches such a macro."""
    macros = b"{% macro a() -%}\r\n 1\r\n{%- endmacro %}\r\n\r\n{% macro b() %} 2 {% endmacro %}\n"
    (tmp_path / "macros").mkdir()
    (tmp_path / "macros/a.sql").write_bytes(macros)
    found = written(tmp_path, {"models/a.sql": "select {{ a() }} as a, {{ b() }} as b"})
    texts = [found["macros"][f"macro.shop.{name}"]["macro_sql"] for name in "ab"]
    assert texts == ["{% macro a() -%}\r\n 1\r\n{%- endmacro %}", "{% macro b() %} 2 {% endmacro %}"]
    assert found["nodes"]["model.shop.a"]["depends_on"]["macros"] == ["macro.shop.a", "macro.shop.b"]


def test_the_version_that_an_exposure_reads_is_a_number(tmp_path: Path) -> None:
    files = {
        "models/a_v1.sql": "select 1 as id",
        "models/a.yml": """
            models: [{name: a, versions: [{v: 1}]}]
            exposures: [{name: e, type: ml, owner: {name: me}, depends_on: ["ref('a', v=1)"]}]
        """,
    }
    (exposure,) = written(tmp_path, files)["exposures"].values()
    assert exposure["refs"] == [{"name": "a", "package": None, "version": 1}]
    assert exposure["depends_on"]["nodes"] == ["model.shop.a.v1"]


def test_configs_keep_what_dbt_keeps(tmp_path: Path) -> None:
    """`begin` of what has no batches is as it was written, of a contract two keys count."""
    said = "materialized='table', begin='2020-01-01', contract={'enforce': true, 'alias_types': false}"
    config = written(tmp_path, {"models/a.sql": f"{{{{ config({said}) }}}} select 1"})["nodes"]["model.shop.a"][
        "config"
    ]
    assert (config["begin"], config["contract"]) == ("2020-01-01", {"enforced": False, "alias_types": False})


def test_what_is_read_without_rendering() -> None:
    """The templates that dbt reads by their syntax alone."""
    literal = ["select 1", "{{ ref('a', v=1) }}", "{# {{ this }} #}{{ config(a={'b': ['c', True]}) }}"]
    literal.append("{{ config(a={'b': \"{{ var('c') }}\"}) }} select 1")  # braces in a string are no template there
    rendered = [
        "{{ this }}",
        "{{ config(a=1) }}",
        "{{- ref('a') }}",
        "{{ config(pre_hook='x') }}",
        "{% if a %}{% endif %}",
    ]
    assert [is_literal(each) for each in (*literal, *rendered)] == [True] * 4 + [False] * 5
    assert inline_config("{{ config(a='x' ~ target.name, b=c[0] not in (1,)) }}") == {
        "a": "'x' ~ target.name",
        "b": "c[0] not in (1,)",
    }


def test_descriptions_name_the_docs_blocks_they_take_in(tmp_path: Path) -> None:
    """For the node and for each column; the block of the project goes before one of a package."""
    files = {
        "models/a.sql": "select 1 as id",
        "models/a.yml": """
            models:
              - name: a
                description: "{{ doc('whole') }} and {{ doc('shop', 'part') }}"
                columns: [{name: id, description: "{{ doc('part') }}"}, {name: n, description: plain}]
        """,
        "models/d.md": "{% docs whole %}W{% enddocs %}{% docs part %}P{% enddocs %}",
    }
    node = written(tmp_path, files)["nodes"]["model.shop.a"]
    assert node["doc_blocks"] == ["doc.shop.whole", "doc.shop.part"]
    assert [each["doc_blocks"] for each in node["columns"].values()] == [["doc.shop.part"], []]


def test_only_macros_that_were_called_are_depended_on(tmp_path: Path) -> None:
    """A macro under a condition that did not hold is not listed."""
    files = {
        "models/a.sql": "{% if execute %}{{ late() }}{% else %}{{ early() }}{% endif %}",
        "models/b.sql": "select 1",
        "macros/m.sql": "{% macro late() %}{{ ref('b') }}{% endmacro %}{% macro early() %}{{ late() }}{% endmacro %}",
    }
    assert written(tmp_path, files)["nodes"]["model.shop.a"]["depends_on"]["macros"] == ["macro.shop.early"]


def test_a_test_of_something_that_is_not_there_is_a_node_turned_off(tmp_path: Path) -> None:
    """As in dbt it keeps its place in the graph."""
    files = {
        "models/a.sql": "select 1 as id",
        "models/a.yml": """
            models: [{name: a, columns: [{name: id, data_tests: [
                {relationships: {arguments: {to: "ref('gone')", field: id}}}]}]}]
        """,
    }
    content = written(tmp_path, files)
    (test,) = (node for node in content["nodes"].values() if node["resource_type"] == "test")
    assert test["config"]["enabled"] is False
    assert content["parent_map"][test["unique_id"]] == ["model.shop.a"]
    assert content["child_map"]["model.shop.a"] == [test["unique_id"]]
    assert content["disabled"] == {}


def test_seeds_above_a_mebibyte_are_known_by_their_path(tmp_path: Path) -> None:
    """dbt does not read the content of large files."""
    content = written(tmp_path, {"seeds/small.csv": "id\n1\n", "seeds/large.csv": "id\n" + "1234567\n" * (1 << 17)})
    said = {name: content["nodes"][f"seed.shop.{name}"]["checksum"] for name in ("small", "large")}
    assert said["large"] == {"name": "path", "checksum": "seeds/large.csv"}
    assert said["small"] == {"name": "sha256", "checksum": hashlib.sha256(b"id\n1").hexdigest()}


def test_the_head_holds_no_field_of_its_own(tmp_path: Path) -> None:
    """Readers that check the schema refuse what is not in it."""
    content = written(tmp_path, {"models/a.sql": "select 1", "seeds/s.csv": "id\n1\n"})
    assert "sqlmodels_mark" not in content["metadata"]
    assert content["nodes"]["seed.shop.s"]["depends_on"] == {"macros": []}


def test_all_configs_in_one_mapping_are_values(tmp_path: Path) -> None:
    """dbt takes the texts of keywords; where there are none it keeps the values, and the strongest says all."""
    files = {
        "models/a.sql": "{{ config({'tags': ['x'], 'materialized': 'table'}) }} select {{ var('n', 1) }}",
        "dbt_project.yml": "{name: shop, profile: shop, models: {+tags: far}}",
    }
    node = written(tmp_path, files)["nodes"]["model.shop.a"]
    assert node["config"]["tags"] == ["far", "x"]
    assert node["unrendered_config"] == {"tags": ["x"], "materialized": "table"}


def test_tags_beside_the_config_of_a_model_are_nothing_to_dbt(tmp_path: Path) -> None:
    """What else stands there is a config, or it is kept as a property of a column."""
    files = {
        "models/a.sql": "select 1 as id",
        "models/a.yml": """
            models:
              - name: a
                tags: [nobody]
                meta: {owner: me}
                columns: [{name: id, relationship: {to: "ref('b')"}}]
            exposures:
              - {name: e, type: application, owner: {name: me}, tags: [t], meta: {m: 1}, depends_on: ["ref('a')"]}
        """,
    }
    content = written(tmp_path, files)
    node, exposure = content["nodes"]["model.shop.a"], content["exposures"]["exposure.shop.e"]
    assert (node["tags"], node["meta"]) == ([], {"owner": "me"})
    assert node["columns"]["id"]["relationship"] == {"to": "ref('b')"}
    assert (exposure["tags"], exposure["meta"], exposure["unrendered_config"]) == (["t"], {"m": 1}, {})


def test_tests_have_the_tags_of_their_source_and_column(tmp_path: Path) -> None:
    """Those that stand beside the config of the source and of its table, and all those of the column."""
    files = {
        "models/a.yml": """
            sources:
              - name: raw
                tags: [one]
                config: {tags: [not this]}
                tables:
                  - name: t
                    tags: [two]
                    columns: [{name: id, tags: [three], config: {tags: four}, data_tests: [unique]}]
        """,
    }
    (test,) = written(tmp_path, files)["nodes"].values()
    assert test["tags"] == ["four", "one", "three", "two"]


def test_descriptions_end_as_in_dbt(tmp_path: Path) -> None:
    """The text at the end of a file has no line end, any other of several lines has one; comments are taken out."""
    files = {
        "models/a.sql": "select 1 as id",
        "models/b.sql": "select 1 as id",
        "models/a.yml": (
            "models:\n  - name: a\n    config:\n      meta:\n        m: |\n          text\n"
            "    description: |\n      first {# not seen #}\n"
            "    columns:\n      - name: id\n        description: |\n          kept\n"
            "  - name: b\n    description: |\n      last\n\n"
        ),
    }
    nodes = written(tmp_path, files)["nodes"]
    a, b = nodes["model.shop.a"], nodes["model.shop.b"]
    assert [a["description"], a["columns"]["id"]["description"], b["description"]] == ["first ", "kept\n", "last"]
    assert a["meta"] == {"m": "text"}  # values of the config go through Jinja, which takes the line end


def test_docs_blocks_are_templates_without_names(tmp_path: Path) -> None:
    """Comments in them are not seen; a name that nobody knows is an error with its place."""
    files = {
        "models/a.sql": "select 1",
        "models/a.yml": "models: [{name: a, description: \"{{ doc('d') }}\"}]",
        "models/d.md": "\n{% docs d %} text {# not seen #}{{ 1 + 1 }} {% raw %}{{ x }}{% endraw %}\n{% enddocs %}",
    }
    assert written(tmp_path, files)["nodes"]["model.shop.a"]["description"] == "text 2 {{ x }}"
    with pytest.raises(CompilationError, match=r"models/d\.md:2"):
        written(tmp_path, {"models/d.md": "\n{% docs d %} {{ x.y }} {% enddocs %}"})


def test_what_stands_beside_a_config_adds_to_it(tmp_path: Path) -> None:
    """Tags and meta of sources and exposures, of the source and of its table; arguments of macros are rendered."""
    files = {
        "macros/m.sql": "{% macro m(x) %}{% endmacro %}",
        "models/a.yml": """
            sources:
              - name: raw
                tags: [one]
                config: {tags: [two]}
                tables: [{name: t, tags: [three], config: {tags: [four]}, meta: {a: 1}}]
            exposures:
              - {name: e, type: application, owner: {name: me}, tags: [t], config: {tags: [u], meta: {m: 1}}}
            macros: [{name: m, arguments: [{name: x, description: "{{ 1 + 1 }} of them"}]}]
        """,
    }
    content = written(tmp_path, files)
    source = content["sources"]["source.shop.raw.t"]
    assert source["tags"] == source["config"]["tags"] == ["four", "one", "three", "two"]
    exposure = content["exposures"]["exposure.shop.e"]
    assert (exposure["tags"], exposure["meta"]) == (["t", "u"], {"m": 1})
    assert content["macros"]["macro.shop.m"]["arguments"][0]["description"] == "2 of them"


def test_the_config_of_a_group_has_that_of_models_in_it(tmp_path: Path) -> None:
    """As in dbt, folder by folder; hooks are left out, meta adds up."""
    files = {
        "dbt_project.yml": """
            name: shop
            profile: shop
            models: {+materialized: table, +post-hook: select 1, shop: {+meta: {a: 1}, sub: {+meta: {b: 2}}}}
        """,
        "models/sub/g.yml": "groups: [{name: fin, owner: {name: me}, config: {meta: {c: 3}}}]",
    }
    config = written(tmp_path, files)["groups"]["group.shop.fin"]["config"]
    assert config == {"meta": {"a": 1, "b": 2, "c": 3}, "materialized": "table"}


def test_hooks_have_the_tags_of_models_and_analyses_their_columns(tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": "{name: shop, profile: shop, on-run-end: select 1, models: {+tags: [nightly]}}",
        "analyses/b.sql": "select 1 as id",
        "analyses/s.yml": "analyses: [{name: b, columns: [{name: id, description: a number}]}]",
    }
    nodes = written(tmp_path, files)["nodes"]
    assert nodes["operation.shop.shop-on-run-end-0"]["tags"] == ["on-run-end", "nightly"]
    assert nodes["analysis.shop.b"]["columns"]["id"]["description"] == "a number"


def test_macros_of_hooks_are_those_of_analyses_and_operations_too(tmp_path: Path) -> None:
    """What is configured as a model has its hooks; in a hook as well only what was called is listed."""
    files = {
        "dbt_project.yml": """
            name: shop
            profile: shop
            on-run-end: select 1
            models: {+pre-hook: "{{ before() }}", +post-hook: "{% if target.name == 'other' %}{{ after() }}{% endif %}"}
            seeds: {+post-hook: "{{ after() }}"}
        """,
        "seeds/c.csv": "id\n1\n",
        "models/a.sql": "select 1",
        "analyses/b.sql": "select 1",
        "macros/m.sql": "{% macro before() %}{% endmacro %}{% macro after() %}{% endmacro %}",
    }
    nodes = written(tmp_path, files)["nodes"]
    assert {key: node["depends_on"]["macros"] for key, node in nodes.items()} == {
        "model.shop.a": ["macro.shop.before"],
        "analysis.shop.b": ["macro.shop.before"],
        "operation.shop.shop-on-run-end-0": ["macro.shop.before"],
        "seed.shop.c": ["macro.shop.after"],
    }


def test_macros_that_macros_name(tmp_path: Path) -> None:
    """As in dbt by name alone if what stands before the dot is no package; `ref` and the macro itself are none."""
    files = {
        "macros/m.sql": """
            {% macro ref(name) %}{{ return(builtins.ref(name)) }}{% endmacro %}
            {% macro date(x) %}{{ x }}{% endmacro %}
            {% macro again(x) %}{{ again(x) }}{{ ref('a') }}{{ x.date() }}{{ adapter.date() }}{% endmacro %}
            {% macro sent(x) %}{{ adapter.dispatch('again', 'dbt')(x) }}{% endmacro %}
            {% macro default__again(x) %}{% endmacro %}
            {% macro other(x) %}{{ config(meta={'a': {'b': 1}}) }}{{ shop.again(x) }}{{ x.y.date() }}{% endmacro %}
        """,
    }
    macros = written(tmp_path, files)["macros"]
    names = ("ref", "again", "sent", "other")
    assert {name: macros[f"macro.shop.{name}"]["depends_on"]["macros"] for name in names} == {
        "ref": ["macro.shop.ref"],
        "again": ["macro.shop.date"],
        "sent": ["macro.shop.again", "macro.shop.default__again"],
        "other": ["macro.shop.again"],
    }


def test_of_a_version_only_its_own_config_is_kept_as_written(tmp_path: Path) -> None:
    """What is said of all versions is kept as values."""
    files = {
        "models/a_v1.sql": "select 1",
        "models/a.yml": """
            models:
              - name: a
                config: {policy: "{{ 'x' if true else none }}"}
                versions: [{v: 1, config: {label: "{{ 'y' }}"}}]
        """,
    }
    node = written(tmp_path, files)["nodes"]["model.shop.a.v1"]
    assert node["unrendered_config"] == {"policy": "x", "label": "{{ 'y' }}"}


def test_all_disabled_files_of_one_name_are_listed(tmp_path: Path) -> None:
    files = {
        "models/postgres/events.sql": "{{ config(enabled=true) }} select 1 as id",
        "models/other/events.sql": "{{ config(enabled=false) }} select 2 as id",
        "models/third/events.sql": "{{ config(enabled=false) }} select 3 as id",
    }
    content = written(tmp_path, files)
    paths = [each["original_file_path"] for each in content["disabled"]["model.shop.events"]]
    assert paths == ["models/other/events.sql", "models/third/events.sql"]
    assert content["nodes"]["model.shop.events"]["original_file_path"] == "models/postgres/events.sql"


def test_moments_selectors_and_lists_of_exposures_are_written_as_dbt_writes_them(tmp_path: Path) -> None:
    batches = "materialized='incremental', incremental_strategy='microbatch', event_time='at', batch_size='day'"
    files = {
        "models/m.sql": "{{ config(" + batches + ", begin='2024-01-02') }} select now() as at",
        "selectors.yml": """\
            selectors:
              - {name: short, definition: m}
              - {name: tagged, definition: {union: ["2+tag:m+", "@models/m.sql", {method: fqn, value: m}]}}
              - {name: plain, definition: {tag: a}}
              - {name: both, definition: {union: [{tag: a}, {exclude: [{tag: b}]}]}}
            """,
        "models/e.yml": """\
            exposures:
              - name: board
                type: dashboard
                owner: {name: me}
                config: {meta: {columns: [{name: id}]}}
            """,
    }

    manifest = load(tmp_path, files)
    content = manifest_json(manifest, graph_of(manifest), Invocation(command="parse"))

    assert content["nodes"]["model.shop.m"]["config"]["begin"] == "2024-01-02T00:00:00"
    assert content["selectors"]["short"]["definition"] == {"method": "fqn", "value": "m"}
    assert content["selectors"]["tagged"]["definition"]["union"] == [
        {"parents": True, "parents_depth": "2", "method": "tag", "value": "m", "children": True},
        {"childrens_parents": True, "method": "path", "value": "models/m.sql"},
        {"method": "fqn", "value": "m"},
    ]
    assert content["selectors"]["plain"]["definition"] == {"method": "tag", "value": "a"}
    assert content["selectors"]["both"]["definition"]["union"] == [
        {"method": "tag", "value": "a"},
        {"exclude": [{"method": "tag", "value": "b"}]},
    ]
    unrendered = content["exposures"]["exposure.shop.board"]["unrendered_config"]
    assert unrendered == {"meta": {"columns": [{"name": "id"}]}}


def test_versions_in_refs_of_yaml_are_what_they_are_written_as(tmp_path: Path) -> None:
    files = {
        "models/m_v1.sql": "select 1 as id",
        "models/a.sql": "select 1 as id",
        "seeds/s.csv": "id\n1\n",
        "models/e.yml": """\
            models:
              - name: m
                versions: [{v: 1}]
              - name: a
                data_tests: [relationships: {arguments: {column_name: id, to: "ref('m', v=1)", field: id}}]
            exposures:
              - name: board
                type: dashboard
                owner: {name: me}
                depends_on: ["ref('m', v=1)", "ref('m', version='1')"]
            """,
    }
    content = written(tmp_path, files)

    versions = [each["version"] for each in content["exposures"]["exposure.shop.board"]["refs"]]
    assert versions == [1, "1"]
    tests = (node for node in content["nodes"].values() if node["resource_type"] == "test")
    assert [ref["version"] for node in tests for ref in node["refs"] if ref["name"] == "m"] == [1]
    assert content["nodes"]["seed.shop.s"]["build_path"] is None


def test_an_empty_group_is_none(tmp_path: Path) -> None:
    files = {"models/m.sql": "{{ config(group='') }} select 1 as id"}
    assert written(tmp_path, files)["nodes"]["model.shop.m"]["group"] is None
