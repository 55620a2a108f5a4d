"""What macros see of a run: `results`, `graph`, `model`, `flags`, options. What is expected is what dbt 1.12 showed."""

from __future__ import annotations

import json
from pathlib import Path
from textwrap import dedent
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.cli.main import exit_code
from tests.cli.projects import profile_for, write_project

NODE_KEYS = [
    *("database", "schema", "name", "resource_type", "package_name", "path", "original_file_path", "unique_id", "fqn"),
    *("alias", "checksum", "config", "tags", "description", "columns", "meta", "group", "docs", "patch_path"),
    *("build_path", "unrendered_config", "created_at", "config_call_dict", "unrendered_config_call_dict"),
    *("relation_name", "raw_code", "doc_blocks", "language", "refs", "sources", "metrics", "functions", "depends_on"),
    *("compiled_path", "compiled", "compiled_code", "extra_ctes_injected", "extra_ctes", "contract"),
]
MODEL_KEYS = [
    *NODE_KEYS,
    *("access", "constraints", "version", "latest_version", "deprecation_date", "defer_relation", "primary_key"),
    *("time_spine", "batch"),
]
TEST_KEYS = [*NODE_KEYS, "column_name", "file_key_name", "attached_node", "test_metadata"]
SEED_KEYS = [
    *(key for key in NODE_KEYS[: NODE_KEYS.index("doc_blocks") + 1]),
    *("root_path", "depends_on", "defer_relation"),
]
SOURCE_KEYS = [
    *("database", "schema", "name", "resource_type", "package_name", "path", "original_file_path", "unique_id", "fqn"),
    *("source_name", "source_description", "loader", "identifier", "quoting", "loaded_at_field", "loaded_at_query"),
    *("freshness", "external", "description", "columns", "meta", "source_meta", "tags", "config", "patch_path"),
    *("unrendered_config", "relation_name", "created_at", "unrendered_database", "unrendered_schema", "doc_blocks"),
    "_event_status",
]
RESULT_KEYS = [
    *("status", "timing", "thread_id", "execution_time", "adapter_response", "message", "failures", "node"),
    *("agate_table", "batch_results", "overload_results"),
]

SOURCES = """\
    sources: [{name: app, tables: [{name: raw, identifier: '"ODD"'}]}]
    unit_tests:
      - name: adds_up
        model: revenue
        given: [{input: ref('stg_orders'), rows: [{amount: 1}]}]
        expect: {rows: [{amount: 1}]}
    """


class Shop:
    """A small project with a database of its own, and what its macros told with `tell(name, value)`."""

    def __init__(self, folder: Path, dsn: str, capfd: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.dsn = dsn
        self._capfd = capfd

    def add(self, **files: str) -> None:
        """Write files, by path."""
        for path, text in files.items():
            (self.folder / path).write_text(dedent(text))

    def tell_at_end(self, told: str, *more: str) -> None:
        """Let a hook at the end tell something: a template that calls `tell`."""
        macro = "{% macro tell(name, value) %}{% do log('TOLD ' ~ tojson([name, value]), info=true) %}{% endmacro %}"
        at_end = "{% macro at_end() %}{% if execute %}" + told + "{% endif %}{% endmacro %}"
        (self.folder / "macros").mkdir(exist_ok=True)
        (self.folder / "macros/at_end.sql").write_text(f"{macro}\n{at_end}\n{''.join(more)}")
        with (self.folder / "dbt_project.yml").open("a") as file:
            file.write("on-run-end: '{{ at_end() }}'\n")

    def told(self, *args: str) -> dict[str, Any]:
        """Run a command: what was told, by name."""
        exit_code([*args, "--project-dir", str(self.folder), "--profiles-dir", str(self.folder)])
        said = self._capfd.readouterr().out
        lines = (line.partition("TOLD ")[2] for line in said.splitlines() if "TOLD " in line)
        found = dict(json.loads(line) for line in lines)
        assert found, said
        return found


@pytest.fixture
def shop(tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str]) -> Shop:
    fields = psycopg.conninfo.conninfo_to_dict(postgres_dsn)
    write_project(tmp_path, **{"profiles.yml": profile_for({key: str(value) for key, value in fields.items()})})
    return Shop(tmp_path, postgres_dsn, capfd)


def test_a_result_has_dbts_attributes_and_dictionaries(shop: Shop) -> None:
    shop.add(**{"models/marts/orders.sql": "select no_such_column from {{ ref('stg_orders') }}"})
    shop.tell_at_end("""{% for each in results %}{% do tell(each.node.unique_id, {
        'status': [each.status, each.status.value, each.status.name, each.status == each.status ~ '', each.skipped],
        'keys': each.to_dict().keys() | list, 'node keys': each.to_dict()['node'].keys() | list,
        'omitted': each.to_dict(omit_none=True).keys() | list, 'timing': each.timing | map(attribute='name') | list,
        'begun': each.timing[0].started_at.isoformat() ~ 'Z' == each.timing[0].to_dict()['started_at'],
        'response': each.adapter_response, 'failures': each.failures, 'kind': each.node.resource_type.value,
        'config': [each.node.config.materialized, each.node.config.nothing],
        'same': each.node.to_dict() == (graph.nodes.values() | selectattr('unique_id', 'equalto', each.node.unique_id)
            | list)[0], 'versioned': each.node.is_versioned, 'above': each.node.depends_on_nodes,
        'path': each.node.build_path,
        'message': each.message}) %}{% endfor %}""")

    told = shop.told("build")

    revenue = told["model.shop.revenue"]
    assert revenue["status"] == ["success", "success", "Success", True, False]
    assert revenue["keys"] == RESULT_KEYS
    assert revenue["node keys"] == MODEL_KEYS
    assert revenue["omitted"] == [key for key in RESULT_KEYS[:8] if key != "failures"]
    assert revenue["timing"] == ["compile", "execute"]
    assert revenue["begun"] is True
    assert revenue["response"] == {"_message": "SELECT 1", "code": "SELECT", "rows_affected": 1}
    assert (revenue["failures"], revenue["kind"], revenue["versioned"]) == (None, "model", False)
    assert revenue["config"] == ["table", None]
    assert revenue["same"] is True
    assert revenue["above"] == ["model.shop.stg_orders"]
    assert revenue["path"] == "target/run/shop/models/marts/revenue.sql"
    assert told["model.shop.orders"]["status"][2] == "Error"
    message = told["model.shop.orders"]["message"]
    assert message.startswith("Database Error in model orders (models/marts/orders.sql)\n  ")
    assert told["seed.shop.raw_orders"]["node keys"] == SEED_KEYS
    unique = next(each for name, each in told.items() if name.startswith("test.shop.unique_"))
    assert unique["status"][2] == "Pass"
    assert unique["node keys"] == TEST_KEYS


NUMBERED = """\
    models:
      - name: codes
        config: {meta: {7: 8}, mine: {2: two, lists: [{3: three}]}}
        columns: [{name: x, data_tests: [mapped: {arguments: {names: {1: one}}}]}]
    """


def test_keys_that_are_numbers_stay_numbers_in_variables_configs_and_arguments(shop: Shop) -> None:
    """So does dbt read YAML; the keys of `meta` are texts. From a manifest that was saved they come back the same."""
    project = (shop.folder / "dbt_project.yml").read_text()
    own = "vars: {names: {5: five, 1.5: half, of: [{6: six}]}}\n"
    shop.add(
        **{
            "dbt_project.yml": project.replace("shop:\n    staging", "shop:\n    +all: {9: nine}\n    staging") + own,
            "models/codes.sql": """select '{{ var('names')[5] }} {{ var('names')[1.5] }} {{ var('names').of[0][6] }}
                {{ var('said')[4] }} {{ config.get('mine')[2] }} {{ config.get('mine').lists[0][3] }}
                {{ config.get('all')[9] }} {{ config.get('meta')[7] or 'none' }}' as x""",
            "models/codes.yml": NUMBERED,
        }
    )
    shop.tell_at_end("{% do tell('ended', true) %}")
    (shop.folder / "macros/mapped.sql").write_text(
        "{% test mapped(model, column_name, names) %}select 1 where '{{ names[1] }}' <> 'one'{% endtest %}"
    )

    for _ in range(2):
        shop.told("build", "--select", "codes", "--vars", "{said: {4: four}}")

        compiled = (shop.folder / "target/compiled/shop/models/codes.sql").read_text()
        assert compiled.split("'")[1].split() == ["five", "half", "six", "four", "two", "three", "nine", "none"]
        results = json.loads((shop.folder / "target/run_results.json").read_text())["results"]
        assert [each["status"] for each in results] == ["success", "pass", "success"]


def test_there_are_no_results_behind_a_hook_at_the_start_that_failed(shop: Shop) -> None:
    shop.tell_at_end("{% do tell('seen', [results | length, schemas | length]) %}")
    with (shop.folder / "dbt_project.yml").open("a") as file:
        file.write("on-run-start: selct 1\n")

    assert shop.told("run") == {"seen": [0, 0]}


def test_a_unit_test_that_was_run_looks_like_a_query(shop: Shop) -> None:
    shop.add(**{"models/more.yml": SOURCES})
    shop.tell_at_end("""{% for each in results if each.node.resource_type == 'unit_test' %}
        {% do tell('node', each.node) %}{% do tell('text', each.node.resource_type) %}{% endfor %}""")

    node = shop.told("build")["node"]

    assert (node["alias"], node["path"], node["fqn"][0]) == ("adds_up", "models/adds_up.sql", "unit_test")
    assert node["config"]["materialized"] == "unit"
    assert node["config"]["expected_rows"] == [{"amount": 1}]
    assert node["tested_node_unique_id"] == "model.shop.revenue"
    assert node["raw_code"] == "select sum(amount) as amount from {{ ref('stg_orders') }}"
    assert node["compiled_path"] == "target/compiled/shop/models/more.yml/models/adds_up.sql"
    assert node["depends_on"]["nodes"] == ["model.shop.stg_orders"]


def test_graph_has_whole_entries_in_dbts_order(shop: Shop) -> None:
    shop.add(**{"models/more.yml": SOURCES})
    shop.tell_at_end("""{% do tell('parts', graph.keys() | list) %}{% do tell('ids', graph.nodes.keys() | list) %}
        {% do tell('orders', graph.nodes['model.shop.orders']) %}
        {% do tell('revenue', graph.nodes['model.shop.revenue'].keys() | list) %}
        {% do tell('hook', graph.nodes['operation.shop.shop-on-run-end-0'].index) %}
        {% do tell('source', graph.sources['source.shop.app.raw']) %}
        {% do tell('test', graph.nodes.values() | selectattr('name', 'equalto', 'unique_stg_orders_id') | first) %}""")

    told = shop.told("build", "--select", "+orders")

    assert told["parts"] == [
        *("exposures", "functions", "groups", "metrics", "nodes", "sources", "semantic_models", "saved_queries"),
        "unit_tests",
    ]
    kinds = [each.partition(".")[0] for each in told["ids"]]
    assert kinds == [*["model"] * 3, "seed", "operation", "test", "test"]
    assert list(told["orders"]) == MODEL_KEYS
    assert told["orders"]["compiled_code"] == 'select * from "{}"."public"."stg_orders" where amount > 0'.format(
        psycopg.conninfo.conninfo_to_dict(shop.dsn)["dbname"]
    )
    assert told["orders"]["config"]["latest_version_pointer"] == {"enabled": None, "alias": None}
    assert told["revenue"] == [
        key for key in MODEL_KEYS if not key.startswith(("compiled", "extra_ctes")) or "path" in key
    ]
    assert told["hook"] == 1
    assert list(told["source"]) == SOURCE_KEYS
    assert told["source"]["path"] == "models/more.yml"
    assert told["source"]["relation_name"].endswith('."app".""ODD""')
    assert told["test"]["file_key_name"] == "models.stg_orders"
    assert list(told["test"]["config"])[:9] == [
        *("enabled", "alias", "schema", "database", "tags", "meta", "group", "static_analysis", "materialized"),
    ]


def test_an_entry_lists_macros_that_are_called_only_when_the_warehouse_can_be_asked(shop: Shop) -> None:
    shop.add(**{"models/marts/orders.sql": "{% if execute %}{{ late() }}{% endif %} select 1 as x"})
    shop.tell_at_end(
        "{% for each in graph.nodes.values() %}{% do tell(each.name, each.depends_on.macros) %}{% endfor %}",
        "{% macro late() %}{% endmacro %}",
    )
    broken = "{% if execute %}{{ late() }}{{ exceptions.raise_compiler_error('no') }}{% endif %}"
    shop.add(**{"models/marts/broken.sql": broken})

    told = shop.told("build", "--select", "orders", "broken", "not_null_stg_orders_id", "+stg_orders")

    assert told["orders"] == ["macro.shop.late"]
    assert told["revenue"] == []
    assert told["broken"] == ["macro.shop.late"]
    # dbt runs a data test in such a way that it takes these for macros of the test
    assert told["not_null_stg_orders_id"] == [
        *("macro.dbt.test_not_null", "macro.dbt.get_where_subquery", "macro.dbt.get_limit_subquery_sql"),
        *("macro.dbt.should_store_failures", "macro.dbt.statement"),
    ]


def test_a_test_that_did_not_run_lists_less(shop: Shop) -> None:
    """dbt reads unique and not_null without rendering their arguments."""
    shop.tell_at_end(
        "{% for each in graph.nodes.values() %}{% do tell(each.name, each.depends_on.macros) %}{% endfor %}"
    )

    assert shop.told("run", "--select", "revenue")["unique_stg_orders_id"] == ["macro.dbt.test_unique"]


@pytest.mark.parametrize("package", ["dbt", "shop"])
def test_a_test_that_was_compiled_lists_what_renders_its_model(package: str, shop: Shop) -> None:
    if package == "shop":
        (shop.folder / "macros").mkdir(exist_ok=True)
        shop.add(**{"macros/where.sql": "{% macro get_where_subquery(of) %}{{ return(of) }}{% endmacro %}"})

    selected = ["--select", "not_null_stg_orders_id"]
    assert exit_code(["compile", *selected, "--project-dir", str(shop.folder), "--profiles-dir", str(shop.folder)]) == 0

    nodes = json.loads((shop.folder / "target/manifest.json").read_text())["nodes"]
    [macros] = [each["depends_on"]["macros"] for each in nodes.values() if each["name"] == "not_null_stg_orders_id"]
    assert macros == ["macro.dbt.test_not_null", f"macro.{package}.get_where_subquery"]


def test_model_has_no_fields_without_a_value(shop: Shop) -> None:
    tell = "{{ tell('model', model) }}{{ tell('key', model.primary_key) }}{{ tell('alias', model.config.alias or 1) }}"
    shop.add(**{"models/marts/orders.sql": "{{ config(post_hook='{{ after() }}') }} select 1 as id"})
    shop.add(**{"models/keys.yml": "models: [{name: orders, columns: [{name: id, data_tests: [unique, not_null]}]}]"})
    shop.tell_at_end("", "{% macro after() %}{% if execute %}" + tell + "{% endif %}{% endmacro %}")

    told = shop.told("run", "--select", "orders")

    assert told["model"]["compiled_code"].strip() == "select 1 as id"
    assert "group" not in told["model"]
    assert told["alias"] == 1
    assert "alias" not in told["model"]["config"]
    assert told["key"] == ["id"]


def test_flags_and_options_are_those_of_dbt(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_ENV_CUSTOM_ENV_TEAM", "data")
    monkeypatch.setattr("sys.argv", ["sqlmodels", "build", "--threads", "3", "--vars", "{a: 1}"])
    shop.add(**{"models/marts/orders.sql": "{{ config(materialized='ephemeral') }} select 1 as id"})
    shop.add(**{"models/more.yml": SOURCES})
    shop.tell_at_end("""{% do tell('flags', [flags.WHICH, flags.FULL_REFRESH, flags.INDIRECT_SELECTION, flags.FAIL_FAST,
            flags.WARN_ERROR is none, flags.NO_SUCH is defined]) %}
        {% do tell('options', invocation_args_dict) %}{% do tell('envs', dbt_metadata_envs) %}
        {% do tell('target', target) %}{% do tell('selected', selected_resources | sort) %}""")

    told = shop.told("build", "--threads", "3", "--select", "marts", "--full-refresh")

    assert told["flags"] == ["build", True, "eager", False, True, False]
    options = told["options"]
    assert (options["select"], options["which"], options["threads"], options["full_refresh"]) == (
        ["marts"],
        "build",
        3,
        True,
    )
    assert (options["resource_types"], options["indirect_selection"], options["defer"]) == ([], "eager", False)
    assert options["invocation_command"] == "sqlmodels build --threads 3 --vars {a: 1}"
    assert told["envs"] == {"TEAM": "data"}
    assert list(told["target"])[:7] == ["host", "port", "user", "database", "schema", "connect_timeout", "role"]
    assert (told["target"]["threads"], told["target"]["retries"], told["target"]["role"]) == (3, 1, None)
    assert told["selected"] == ["model.shop.orders", "model.shop.revenue"]


def test_what_macros_of_a_hook_send_stays(shop: Shop) -> None:
    """As in dbt: hooks have no transaction, not even if their own text sends nothing."""
    shop.tell_at_end("{% do run_query('create table public.kept as select 1 as x') %}{% do tell('done', 1) %}")

    shop.told("run", "--select", "stg_orders")

    with psycopg.connect(shop.dsn) as connection:
        assert connection.execute("select x from public.kept").fetchone() == (1,)


def test_schemas_include_those_of_stored_failures(shop: Shop) -> None:
    tests = "[{unique: {config: {store_failures: true}}}]"
    shop.add(**{"models/keys.yml": f"models: [{{name: revenue, columns: [{{name: amount, data_tests: {tests}}}]}}]"})
    shop.tell_at_end("{% do tell('schemas', schemas | sort) %}")

    assert shop.told("build")["schemas"] == ["public", "public_dbt_test__audit"]


def test_a_test_that_a_project_judges_itself_lists_what_its_materialization_calls(shop: Shop) -> None:
    shop.tell_at_end(
        "{% for each in graph.nodes.values() %}{% do tell(each.name, each.depends_on.macros) %}{% endfor %}",
        "{% materialization test, default %}{{ seen() }}{{ return(dbt.materialization_test_default()) }}"
        "{% endmaterialization %}",
        "{% macro seen() %}{% endmacro %}",
    )

    told = shop.told("build", "--select", "+stg_orders")

    assert told["not_null_stg_orders_id"][:3] == [
        *("macro.dbt.test_not_null", "macro.dbt.get_where_subquery", "macro.shop.seen"),
    ]


def test_hooks_see_the_sql_of_their_node(shop: Shop) -> None:
    """What keeps what was run in an audit table."""
    hook = "{{ seen() }}"
    shop.add(
        **{
            "models/audited.sql": "{{ config(materialized='table', pre_hook='{{ seen() }}') }}select 1 as n",
            "models/newest.sql": f"{{{{ config(post_hook='{hook}') }}}}select * from {{{{ ref('audited') }}}}",
        }
    )
    seen = "{% if execute %}{% do tell(model.name, [sql, model.compiled_sql == sql]) %}{% endif %}"

    shop.tell_at_end("{% do tell('end', sql) %}", "{% macro seen() %}" + seen + "{% endmacro %}")

    told = shop.told("run", "--select", "audited", "newest")
    assert told["audited"] == ["select 1 as n", True]
    assert told["newest"][0].startswith("select * from ")
    assert told["end"] is None


def test_a_test_names_the_relation_that_keeps_its_rows_if_the_command_asks_for_it(shop: Shop) -> None:
    shop.tell_at_end(
        "{% for r in results if r.node.resource_type == 'test' %}"
        "{% do tell(r.node.name, [r.node.relation_name, graph.nodes[r.node.unique_id].relation_name]) %}{% endfor %}"
    )
    shop.told("build")

    told = shop.told("test", "--store-failures")

    assert all(name.endswith(f'__audit"."{test}"') for test, names in told.items() for name in names), told
    assert all(names == [None, None] for names in shop.told("test").values())
