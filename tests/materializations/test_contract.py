"""contract: checked before anything is built; its constraints are on the table, under names that stay."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.manifest.manifest import Manifest, Target
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.run.step import StepRules, run_step
from airflow_sqlmodels.templating.answering import answerer
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, names_in, rows_of
from tests.projects import load

PROPERTIES = """\
models:
  - name: orders
    config: {contract: {enforced: true}}
    constraints:
      - {type: primary_key, columns: [id]}
      - {type: check, name: positive, expression: "amount > 0"}
    columns:
      - {name: id, data_type: int, constraints: [{type: not_null}]}
      - {name: name, data_type: "varchar(10)", constraints: [{type: unique}, {type: check, expression: "name <> ''"}]}
      - {name: amount, data_type: "numeric(10,2)"}
  - name: lines
    config: {contract: {enforced: true}}
    columns:
      - name: order_id
        data_type: bigint
        constraints: [{type: foreign_key, to: ref('orders'), to_columns: [id]}]
"""
ORDERS = "{{ config(materialized='table') }} select 'a'::text as name, 1 as id, 5.5 as amount"
LINES = "{{ config(materialized='table') }} select 1::bigint as order_id"
CONSTRAINTS = """\
select conname, contype::text from pg_constraint
where contype <> 'n' and connamespace = 'public'::regnamespace order by 1
"""
NAMED = [("lines_order_id_fkey", "f"), ("orders_name_check", "c"), ("orders_name_key", "u"), ("orders_pkey", "p"),
         ("positive", "c")]  # fmt: skip


def test_the_table_has_the_contracts_columns_and_constraints(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    manifest = _project(tmp_path, {}, connection)
    for _ in range(2):
        for name in ("orders", "lines"):
            result = _run(manifest, session, name)
            assert (result.status, result.message) == ("success", "INSERT 0 1"), result.message
        assert rows_of(connection, CONSTRAINTS) == NAMED
    types = "select string_agg(format_type(atttypid, atttypmod), ', ' order by attnum) from pg_attribute"
    found = rows_of(connection, f"{types} where attrelid = 'orders'::regclass and attnum > 0")
    assert found == [("integer, character varying(10), numeric(10,2)",)]
    assert names_in(connection) == {"lines", "orders"}


def test_a_table_without_a_constraint_that_only_columns_can_have(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    """As in dbt `not_null` for a whole model is passed over."""
    said = PROPERTIES.replace("{type: primary_key, columns: [id]}", "{type: not_null, columns: [name]}")
    result = _run(
        _project(tmp_path, {"models/s.yml": said.partition("  - name: lines")[0]}, connection), session, "orders"
    )
    assert result.status == "success", result.message
    assert ("orders_pkey", "p") not in rows_of(connection, CONSTRAINTS)


@pytest.mark.parametrize("choice", ["append_new_columns", "fail"])
def test_a_contract_says_how_much_room_a_text_of_an_incremental_model_has(
    choice: str, tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    config = f"materialized='incremental', on_schema_change='{choice}'"
    orders = f"{{{{ config({config}) }}}} select '@'::text as name, @ as id, 5.5::numeric(10,2) as amount"
    for number in ("1", "2"):
        result = _run(
            _project(tmp_path, {"models/orders.sql": orders.replace("@", number)}, connection), session, "orders"
        )
        assert result.status == "success", result.message
    types = "select format_type(atttypid, atttypmod) from pg_attribute where attrelid = 'orders'::regclass"
    assert rows_of(connection, f"{types} and attname = 'name'") == [("character varying(10)",)]


def test_constraints_that_left_the_contract_leave_the_table(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    _run(_project(tmp_path, {}, connection), session)
    without = PROPERTIES.replace("constraints: [{type: unique}, ", "constraints: [")
    _run(_project(tmp_path, {"models/s.yml": without}, connection), session)
    assert ("orders_name_key", "u") not in rows_of(connection, CONSTRAINTS)


def test_a_contract_that_is_switched_off_takes_its_constraints_with_it(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    _run(_project(tmp_path, {}, connection), session)
    with connection.cursor() as cursor:  # by hand: stays
        cursor.execute("alter table orders add constraint short check (length(name) < 5)")
        cursor.execute("alter table orders alter column name set not null")
    off = PROPERTIES.replace("enforced: true", "enforced: false")
    nothing = "{{ config(materialized='table') }} select 'a' as name, null::int as id, -5.5 as amount"
    result = _run(_project(tmp_path, {"models/s.yml": off, "models/orders.sql": nothing}, connection), session)
    assert result.status == "success", result.message
    assert rows_of(connection, CONSTRAINTS) == [("short", "c")]
    full = "select attname::text from pg_attribute where attrelid = 'orders'::regclass and attnum > 0 and attnotnull"
    assert rows_of(connection, full) == [("name",)]


def test_a_key_stays_while_foreign_keys_point_to_it(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    for name in ("orders", "lines"):
        _run(_project(tmp_path, {}, connection), session, name)
    off = _project(tmp_path, {"models/s.yml": PROPERTIES.replace("enforced: true", "enforced: false")}, connection)
    keys = ["orders_name_key", "orders_pkey"]
    for name, left in (("orders", ["lines_order_id_fkey", *keys]), ("lines", keys)):
        assert _run(off, session, name).passed
        assert [each for each, kind in rows_of(connection, CONSTRAINTS) if kind != "c"] == left
    assert _run(off, session).passed
    assert rows_of(connection, CONSTRAINTS) == []


@pytest.mark.parametrize("enforced", ["true", "false"])
def test_a_table_with_a_foreign_key_of_its_contract_may_become_a_view(
    enforced: str, tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    for name in ("orders", "lines"):
        _run(_project(tmp_path, {}, connection), session, name)
    view = {"models/lines.sql": LINES.replace("table", "view"), "models/s.yml": PROPERTIES.replace("true", enforced)}
    result = _run(_project(tmp_path, view, connection), session, "lines")
    assert result.status == "success", result.message


@pytest.mark.parametrize("kind", ["table", "view", "incremental"])
def test_other_columns_are_refused_before_anything_is_built(
    kind: str, tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    config = f"materialized={kind!r}, on_schema_change='fail'"
    model = f"{{{{ config({config}) }}}} select 1::text as id, 'a' as nam, 5.5 as amount"
    result = _run(_project(tmp_path, {"models/orders.sql": model}, connection), session)
    assert result.status == "error"
    assert "This model has an enforced contract that failed. " in str(result.message)
    for line in ("id      text   integer            data type mismatch",
                 "nam     text   -                  missing in contract",
                 "name    -      character varying  missing in definition"):  # fmt: skip
        assert line in str(result.message)
    assert names_in(connection) == set()


@pytest.mark.parametrize(("more", "status"), [("", "success"), (", alias_types: false", "error")])
def test_names_of_types_are_translated_unless_the_contract_forbids_it(
    more: str, status: str, tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    columns = "[{name: id, data_type: string}]"
    text = f"models: [{{name: orders, config: {{contract: {{enforced: true{more}}}}}, columns: {columns}}}]"
    files = {"models/s.yml": text, "models/orders.sql": "{{ config(materialized='table') }} select 'a'::text as id"}
    manifest = load(tmp_path, files, target=Target("dev", "public", connection.info.dbname))
    assert _run(manifest, session).status == status


def test_a_row_that_breaks_a_constraint_leaves_the_old_table(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    _run(_project(tmp_path, {}, connection), session)
    broken = _project(tmp_path, {"models/orders.sql": ORDERS.replace("5.5", "-5.5")}, connection)
    result = _run(broken, session)
    assert 'violates check constraint "positive' in str(result.message)
    assert rows_of(connection, "select amount::text from orders") == [("5.50",)]


def test_a_contract_without_types_is_known_when_the_project_is_loaded(tmp_path: Path, connection: Connection) -> None:
    properties = "models: [{name: orders, config: {contract: {enforced: true}}, columns: [{name: id}]}]"
    manifest = _project(tmp_path, {"models/s.yml": properties}, connection)
    problem = manifest[NodeId("model.shop.orders")].problems[0]  # type: ignore[union-attr]
    assert (problem.what, str(problem.at)) == ("the contract gives no data_type for 'id'", "models/s.yml:1:10")


def test_a_materialized_view_is_built_whatever_its_contract_says(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    """As in dbt, which knows contracts of tables, views and incremental models only."""
    columns = "[{name: id, data_type: int, constraints: [{type: primary_key}]}]"
    constraints = "[{type: check, expression: 'id > 0'}, {type: unique, columns: [id], name: one_each}]"
    said = f"config: {{contract: {{enforced: true}}}}, constraints: {constraints}, columns: {columns}"
    files = {
        "models/s.yml": f"models: [{{name: orders, {said}}}]",
        "models/orders.sql": "{{ config(materialized='materialized_view') }} select 'x' as a",
    }
    manifest = _project(tmp_path, files, connection)
    result = _run(manifest, session)
    assert result.status == "success", result.message
    assert rows_of(connection, "select a from orders") == [("x",)]


def _project(root: Path, files: dict[str, str], connection: Connection) -> Manifest:
    every = {"models/orders.sql": ORDERS, "models/lines.sql": LINES, "models/s.yml": PROPERTIES, **files}
    return load(root, every, target=Target("dev", "public", connection.info.dbname))


def _run(manifest: Manifest, session: DbApiSession, name: str = "orders") -> Result:
    return run_step(answerer(manifest, Invocation()), NodeId(f"model.shop.{name}"), session, StepRules())


def test_a_primary_key_that_is_unique_too_is_one_constraint(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    keys = "constraints: [{type: unique}, {type: primary_key}, {type: unique, name: again}]"
    columns = f"[{{name: id, data_type: int, {keys}}}]"
    text = f"models: [{{name: orders, config: {{contract: {{enforced: true}}}}, columns: {columns}}}]"
    files = {"models/s.yml": text, "models/orders.sql": "{{ config(materialized='table') }} select 1 as id"}
    manifest = load(tmp_path, files, target=Target("dev", "public", connection.info.dbname))

    for _ in range(2):
        result = run_step(answerer(manifest, Invocation()), NodeId("model.shop.orders"), session, StepRules())
        assert result.status == "success", result.message
        assert rows_of(connection, CONSTRAINTS) == [("orders_pkey", "p")]


def test_a_contract_without_a_property_file_is_refused_when_the_model_runs(
    tmp_path: Path, session: DbApiSession, connection: Connection
) -> None:
    model = "{{ config(materialized='table', contract={'enforced': true}) }} select 1 as id"
    files = {"models/orders.sql": model}
    manifest = load(tmp_path, files, target=Target("dev", "public", connection.info.dbname))
    assert "has an enforced contract, and its 'columns' specification is missing" in str(
        _run(manifest, session).message
    )


def test_a_number_without_precision_is_told(tmp_path: Path, session: DbApiSession, connection: Connection) -> None:
    bare = PROPERTIES.replace("numeric(10,2)", "numeric")
    manifest = _project(tmp_path, {"models/s.yml": bare}, connection)
    told: list[Warned] = []
    means = answerer(manifest, Invocation(warn=told.append))
    assert run_step(means, NodeId("model.shop.orders"), session, StepRules()).passed
    assert [each.name for each in told] == ["JinjaLogWarning"]
    assert "unspecified precision/scale" in told[0].text
    assert told[0].text.endswith("['amount']")
