"""What running tasks do and tell: `dag.test()` on a live Postgres."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import DAG

from airflow_sqlmodels import SqlModelsDag, SqlModelsTaskGroup
from tests.airflow.dags import ROOT, dag_of
from tests.airflow.runs import run
from tests.projects import PROJECT, write_project

pytestmark = [pytest.mark.live, pytest.mark.airflow]


def test_a_hook_at_the_end_knows_what_the_dag_writes(warehouse: str, tmp_path: Path) -> None:
    hook = "on-run-end: \"create table public.ended as select '{{ schemas | join(',') }}' as said\"\n"
    files = {
        "dbt_project.yml": PROJECT + hook,
        "models/a.sql": "select 1 as id",
        "models/b.sql": "{{ config(schema='other') }} select 1 as id",
    }
    dag = dag_of(tmp_path, files)

    done = run(dag)

    assert done.state == "success"
    assert list(done.xcoms["a.run"]) == ["return_value"]
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("select said from ended").fetchone() == ("public,public_other",)


TELLING = {
    "dbt_project.yml": PROJECT + "on-run-end: '{{ tell(results) }}'\n",
    "macros/tell.sql": """\
        {% macro tell(results) %}
          create table public.told as
          {% for each in results %}
            select '{{ each.node.name }}' as name, '{{ each.status }}' as status, {{ each.failures or 0 }} as failures,
              '{{ each.node.database }}' as database, {{ each.node.compiled_code is not none }} as compiled,
              $${{ each.message }}$$ as message, '{{ each.adapter_response.get('code') }}' as code
            {{ 'union all' if not loop.last }}
          {% endfor %}
        {% endmacro %}
        """,
}


def test_a_hook_at_the_end_is_told_what_came_of_all_nodes(warehouse: str, tmp_path: Path) -> None:
    files = {
        **TELLING,
        "models/a.sql": "{{ config(materialized='table') }} select 1 as id union all select null",
        "models/b.sql": "select nope from {{ ref('a') }}",
        "models/c.sql": "select * from {{ ref('b') }}",
        "models/z.sql": "select 1 as id",
        "models/tests.yml": """\
            models:
              - {name: a, columns: [{name: id, data_tests: [{not_null: {config: {severity: warn}}}]}]}
              - {name: z, columns: [{name: id, data_tests: [{accepted_values: {values: [2]}}]}]}
            """,
    }
    dag = dag_of(tmp_path, files)

    done = run(dag)

    assert done.state == "failed"
    with psycopg.connect(warehouse) as connection:
        found = {row[0]: row[1:] for row in connection.execute("select * from told")}
        here = connection.info.dbname
    assert found.pop("b")[:4] == ("error", 0, here, True)
    assert found == {
        "a": ("success", 0, here, True, "SELECT 2", "SELECT"),
        "not_null_a_id": ("warn", 1, here, True, "Got 1 result, configured to warn if != 0", "SELECT"),
        "c": ("skipped", 0, here, False, "None", "None"),
        "z": ("success", 0, here, True, "CREATE VIEW", "CREATE VIEW"),
        "accepted_values_z_id__2": ("fail", 1, here, True, "Got 1 result, configured to fail if != 0", "SELECT"),
    }


NOTING = {
    "dbt_project.yml": PROJECT + "on-run-start: '{{ begin() }}'\non-run-end: '{{ end() }}'\n",
    "macros/noting.sql": """\
        {% macro begin() %}{% do graph.update({'mine': {'seen': {}, 'relations': []}}) %}{% endmacro %}
        {% macro note() %}
          {% do graph.mine.seen.update({model.name: run_query('select 1.5 as x').columns[0].values()[0]}) if execute %}
          {% do graph.mine.relations.append(this) if execute %}
        {% endmacro %}
        {% macro end() %}
          create table public.told as
          {% for relation in graph.mine.relations %}
            {% set name = relation.identifier %}
            select '{{ name }}' as name, count(*) as rows, {{ graph.mine.seen[name] }} as seen
            from {{ relation }} {{ 'union all' if not loop.last }}
          {% endfor %}
        {% endmacro %}
        """,
    "models/a.sql": "{{ note() }} select 1 as id",
    "models/b.sql": "{{ note() }} select * from {{ ref('a') }} union all select 2",
}


@pytest.mark.parametrize("group", [False, True])
def test_what_macros_keep_in_graph_is_there_for_the_hooks_at_the_end(
    group: bool, warehouse: str, tmp_path: Path
) -> None:
    if group:
        with DAG(f"shop_{tmp_path.name}", schedule=None) as dag:
            SqlModelsTaskGroup("all", project=str(write_project(tmp_path, NOTING)), conn_id="warehouse")
    else:
        dag = dag_of(tmp_path, NOTING)

    done = run(dag)

    assert done.state == "success"
    with psycopg.connect(warehouse) as connection:
        found = connection.execute("select name, rows, seen::text from told order by name").fetchall()
    assert found == [("a", 1, "1.5"), ("b", 2, "1.5")]


def test_all_tasks_of_a_run_have_one_time_of_its_start(warehouse: str, tmp_path: Path) -> None:
    said = "select '{{ run_started_at.strftime('%Y-%m-%d %H:%M:%S.%f %z') }}' as began, '{{ invocation_id }}' as run"
    dag = dag_of(tmp_path, {"models/a.sql": said, "models/b.sql": f"{said} -- {{{{ ref('a') }}}}"})

    run(dag)

    with psycopg.connect(warehouse) as connection:
        rows = connection.execute("select * from a union select * from b").fetchall()
    assert len(rows) == 1
    assert rows[0][0].endswith(" +0000")


def test_a_task_that_could_not_begin_is_an_error_among_the_results(warehouse: str, tmp_path: Path) -> None:
    dag = dag_of(tmp_path, {**TELLING, "models/a.sql": "select 1 as id", "models/b.sql": "select 1 as id"})
    dag.models["a"].run.conn_id = "nowhere"

    done = run(dag)

    assert done.state == "failed"
    with psycopg.connect(warehouse) as connection:
        found = connection.execute("select name, status, message like '%a.run failed before%' from told").fetchall()
    assert found == [("b", "success", False), ("a", "error", True)]


def test_macros_see_the_database_of_nodes(warehouse: str, tmp_path: Path) -> None:
    files = {
        "models/a.sql": """\
            {% set seen = [model.database, graph.nodes[model.unique_id].database] %}
            {% do seen.append(graph.nodes['model.shop.b'].relation_name) %}
            {% do seen.append(graph.sources['source.shop.raw.t'].database) %}
            select '{{ seen | join(',') if execute }}' as seen
            """,
        "models/b.sql": "select 1 as id",
        "models/raw.yml": "sources: [{name: raw, tables: [{name: t}]}]",
    }
    dag = dag_of(tmp_path, files)

    run(dag)

    with psycopg.connect(warehouse) as connection:
        here = connection.info.dbname
        seen = f'{here},{here},"{here}"."public"."b",{here}'
        assert connection.execute("select seen from a").fetchone() == (seen,)


def test_a_hook_at_the_start_finds_the_schemas_of_the_dag(warehouse: str, tmp_path: Path) -> None:
    files = {
        "dbt_project.yml": PROJECT + "on-run-start: create table public_new.log as select 1 as x\n",
        "models/a.sql": "{{ config(schema='new') }} select 1 as id",
    }
    dag = dag_of(tmp_path, files)

    done = run(dag)

    assert done.state == "success"
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("select x from public_new.log").fetchone() == (1,)


def test_behind_a_hook_that_fails_no_other_is_run(warehouse: str, tmp_path: Path) -> None:
    hooks = (
        "on-run-start: ['create table public.one as select 1 as x', select nope, 'create table public.three (x int)']"
    )
    dag = dag_of(tmp_path, {"dbt_project.yml": f"{PROJECT}{hooks}\n", "models/a.sql": "select 1 as id"})

    done = run(dag)

    assert done.state == "failed"
    assert done.tasks["a.run"] == "upstream_failed"
    with psycopg.connect(warehouse) as connection:
        found = connection.execute("select to_regclass('public.one') is null, to_regclass('public.three') is null")
        assert found.fetchone() == (False, True)


@pytest.mark.usefixtures("warehouse")
def test_sql_too_long_for_its_tab_is_left_as_a_whole(tmp_path: Path) -> None:
    long = f"select '{'x' * 5000}' as wide"
    dag = dag_of(tmp_path, {"models/long.sql": long, "models/short.sql": "select 1 as id"})

    done = run(dag)

    assert done.xcoms["long.run"]["compiled_sql"] == long
    assert "compiled_sql" not in done.xcoms["short.run"]


UNIT_TESTED = {
    "models/stg.sql": "select 1 as id, 2 as amount",
    "models/total.sql": "select sum(amount) as total from {{ ref('stg') }}",
    "models/after.sql": "select * from {{ ref('total') }}",
    "models/tests.yml": """\
        unit_tests:
          - name: adds
            model: total
            given: [{input: ref('stg'), rows: [{amount: 1}, {amount: 2}]}]
            expect: {rows: [{total: 3}]}
          - name: of_nothing
            model: total
            given: [{input: ref('stg'), rows: []}]
            expect: {rows: [{total: null}]}
        """,
}


@pytest.mark.usefixtures("warehouse")
def test_a_model_is_built_once_its_unit_tests_pass(tmp_path: Path) -> None:
    dag = dag_of(tmp_path, UNIT_TESTED)

    done = run(dag)

    assert done.tasks == {"stg.run": "success", "total.run": "success", "after.run": "success"}
    told = done.xcoms["total.run"]["return_value"]
    assert (told["status"], told["tests"]["pass"], told["message"]) == ("success", 2, "CREATE VIEW")
    assert "__dbt__cte__" not in done.rendered["total.run"]["compiled_sql"]


def test_a_unit_test_that_fails_keeps_its_model_from_being_built(warehouse: str, tmp_path: Path) -> None:
    wrong = UNIT_TESTED["models/tests.yml"].replace("total: 3", "total: 4").replace("total: null", "total: 0")
    dag = dag_of(tmp_path, {**UNIT_TESTED, "models/tests.yml": wrong})

    done = run(dag)

    assert done.tasks == {"stg.run": "success", "total.run": "failed", "after.run": "upstream_failed"}
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("select to_regclass('public.total')").fetchone() == (None,)


def test_the_example_runs(warehouse: str) -> None:
    with psycopg.connect(warehouse, autocommit=True) as connection:
        connection.execute((ROOT / "sql_project/raw/raw_data.sql").read_text())
    dag = SqlModelsDag("customer_orders", project=str(ROOT / "sql_project"), conn_id="warehouse")

    done = run(dag)

    assert done.state == "success"
    assert set(done.tasks.values()) == {"success"}
    assert set(done.tasks) == set(dag.task_dict)


TOLERANT = {
    "models/broken.sql": "{{ config(on_error='continue') }} select 1 / (select 0) as id from {{ ref('top') }}",
    "models/top.sql": "{{ config(materialized='table') }} select 1 as id",
    "models/other.sql": "select 1 as id",
    "models/below.sql": "select * from {{ ref('other') }} -- {{ ref('broken') }}",
    "models/lower.sql": "select * from {{ ref('below') }}",
}


def test_a_dag_renames_a_column_with_the_views_that_need_it(warehouse: str, tmp_path: Path) -> None:
    files = {
        "models/stg.sql": "{{ config(materialized='table') }} select 1 as id, 'a' as old",
        "models/fct.sql": "{{ config(materialized='view') }} select old from {{ ref('stg') }}",
    }
    assert run(dag_of(tmp_path, files, tests="none")).state == "success"
    renamed = {path: text.replace("old", "new") for path, text in files.items()}

    left = "select relname from pg_class where relname like '%outgrown%'"
    done = run(dag_of(tmp_path, renamed, tests="none"))

    assert done.state == "success"
    with psycopg.connect(warehouse) as connection:
        assert connection.execute("select new from fct").fetchall() == [("a",)]
        assert len(connection.execute(left).fetchall()) == 1
    assert run(dag_of(tmp_path, renamed, tests="none")).state == "success"
    with psycopg.connect(warehouse) as connection:
        assert connection.execute(left).fetchall() == []


@pytest.mark.usefixtures("warehouse")
def test_what_reads_a_model_with_on_error_continue_goes_on_when_it_fails(tmp_path: Path) -> None:
    table = TOLERANT["models/broken.sql"].replace("on_error", "materialized='table', on_error")
    dag = dag_of(tmp_path, {**TOLERANT, "models/broken.sql": table})

    done = run(dag)

    assert done.state == "failed"
    assert done.tasks == {
        **dict.fromkeys(("top.run", "other.run", "below.run", "lower.run"), "success"),
        **dict.fromkeys(("broken.run", "failed_models"), "failed"),
    }


@pytest.mark.usefixtures("warehouse")
@pytest.mark.parametrize(("divisor", "state"), [("1", "success"), ("0", "failed")])
def test_what_stands_behind_a_group_does_not_wait_for_the_task_that_tells_of_failures(
    divisor: str, state: str, tmp_path: Path
) -> None:
    model = f"{{{{ config(on_error='continue', materialized='table') }}}} select 1 / {divisor} as id"
    files = {"models/a.sql": model, "models/b.sql": "select 1 as id -- {{ ref('a') }}"}
    with DAG(f"shop_{tmp_path.name}", schedule=None) as dag:
        group = SqlModelsTaskGroup("all", project=str(write_project(tmp_path, files)), conn_id="warehouse")
        group >> EmptyOperator(task_id="after")

    done = run(dag)

    assert (done.state, done.tasks["after"], done.tasks["all.b.run"]) == (state, "success", "success")


@pytest.mark.usefixtures("warehouse")
def test_on_error_continue_tolerates_no_other_failure(tmp_path: Path) -> None:
    refused = {**TOLERANT, "models/other.sql": "select nope"}
    dag = dag_of(tmp_path, refused)

    done = run(dag)

    assert {task: state for task, state in done.tasks.items() if state != "success"} == {
        **dict.fromkeys(("other.run", "below.run"), "failed"),
        "lower.run": "upstream_failed",
        "failed_models": "skipped",
    }


@pytest.mark.usefixtures("warehouse")
def test_on_error_continue_does_not_hold_for_a_model_that_could_not_begin(tmp_path: Path) -> None:
    dag = dag_of(tmp_path, {**TOLERANT, "models/top.sql": "select nope"})

    done = run(dag)

    assert (done.state, done.tasks["below.run"], done.tasks["lower.run"]) == ("failed", "failed", "upstream_failed")


@pytest.mark.usefixtures("warehouse")
def test_the_sql_of_a_task_is_seen_before_it_runs_if_jinja_is_not_needed(tmp_path: Path) -> None:
    files = {
        "models/plain.sql": "select 1 as id from {{ this.schema ~ '.x' if false else '(select 1) x' }}",
        "models/a.sql": "select 1 as id",
        "models/b.sql": "select id from {{ ref('a') }}",
        "models/m.yml": "models: [{name: b, columns: [{name: id, data_tests: [not_null, unique]}]}]",
    }
    dag = dag_of(tmp_path, files)
    before = {}
    for task_id in ("a.run", "b.run", "b.test", "plain.run"):
        task = dag.get_task(task_id).prepare_for_execution()
        task.render_template_fields({"run_id": "r"})
        before[task_id] = task.compiled_sql

    done = run(dag)

    shown = {task_id: fields["compiled_sql"] for task_id, fields in done.rendered.items()}
    assert shown.pop("plain.run").endswith("from (select 1) x")
    assert before.pop("plain.run") == ""
    assert shown == before
    assert before["b.run"].startswith("select id from")
    assert "having count(*) > 1" in before["b.test"]


@pytest.mark.usefixtures("warehouse")
def test_fields_are_sent_again_only_if_they_changed(tmp_path: Path) -> None:
    files = {"models/a.sql": "select 1 as id", "models/b.sql": "{% set x = 1 %}select {{ x }} as id"}
    dag = dag_of(tmp_path, files)
    again = {}
    for task_id in ("a.run", "b.run"):
        task = dag.get_task(task_id).prepare_for_execution()
        context = {"run_id": "r", "ti": None}
        task.render_template_fields(context)
        task.execute(context)
        again[task_id] = task.overwrite_rtif_after_execution
    assert again == {"a.run": False, "b.run": True}


@pytest.mark.usefixtures("records")
def test_what_is_wrong_is_told_when_the_task_runs(tmp_path: Path) -> None:
    dag = dag_of(tmp_path, {"models/a.sql": "select 1 as id"})
    task = dag.get_task("a.run").prepare_for_execution()
    task.render_template_fields({"run_id": "r"})
    assert task.compiled_sql == ""
    with pytest.raises(Exception, match="warehouse"):
        task.execute({"run_id": "r"})
