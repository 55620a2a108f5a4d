"""Functions in the warehouse: built, named in models, replaced under readers, and told of as dbt tells of them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.projects import Call, calling, profile_for
from tests.projects import PROJECT, write_project

PROPERTIES = """\
    functions:
      - name: cents
        description: euros in cents
        config: {volatility: deterministic, persist_docs: {relation: true}, grants: {execute: pg_monitor}}
        arguments:
          - {name: amount, data_type: numeric}
          - {name: of_one, data_type: int, default_value: 100}
        returns: {data_type: numeric}
      - name: largest
        config: {volatility: stable}
        returns: {data_type: int}
    """
FILES = {
    "functions/money/cents.sql": "select amount * of_one",
    "functions/largest.sql": "select max(n) from {{ ref('numbers') }}",
    "functions/functions.yml": PROPERTIES,
    "models/numbers.sql": "select 1 as n union all select 5",
    "models/prices.sql": "select {{ function('cents') }}(n) as c, {{ function('shop', 'largest') }}() as m"
    " from {{ ref('numbers') }}",
}


@pytest.fixture
def call(tmp_path: Path, postgres_dsn: str, capfd: pytest.CaptureFixture[str]) -> Call:
    """Runs a command on the project: the exit code, and all it said."""
    fields = {key: str(value) for key, value in psycopg.conninfo.conninfo_to_dict(postgres_dsn).items()}
    write_project(tmp_path, {**FILES, "profiles.yml": profile_for(fields)})

    return calling(tmp_path, capfd)


def change(folder: Path, **files: str) -> None:
    write_project(folder, {"dbt_project.yml": PROJECT, **files})


def results(folder: Path) -> dict[str, Any]:
    told = json.loads((folder / "target/run_results.json").read_text())
    return {each["unique_id"]: each for each in told["results"]}


def test_build_makes_functions_before_what_calls_them(call: Call, connection: Any, tmp_path: Path) -> None:
    code, said = call("build")

    assert code == 0, said
    assert "OK created function public.cents" in said
    assert "Finished running 2 functions, 2 view models" in said
    assert connection.execute("select c, m from public.prices order by c").fetchall() == [(100, 5), (500, 5)]
    volatile = "select proname, provolatile::text from pg_proc where proname in ('cents', 'largest') order by 1"
    assert connection.execute(volatile).fetchall() == [("cents", "i"), ("largest", "s")]
    told = "select obj_description('public.cents'::regproc), has_function_privilege('pg_monitor', %s, 'execute')"
    assert connection.execute(told, ["public.cents(numeric, int)"]).fetchone() == ("euros in cents", True)
    entry = results(tmp_path)["function.shop.cents"]
    assert entry["adapter_response"] == {"_message": "CREATE FUNCTION", "code": "CREATE FUNCTION", "rows_affected": -1}
    assert entry["compiled_code"] == "select amount * of_one"
    assert entry["overload_results"] == {"successful": [], "failed": []}
    assert (tmp_path / "target/run/shop/functions/money/cents.sql").read_text().startswith("create or replace function")


def test_the_manifest_says_what_functions_are(call: Call, tmp_path: Path) -> None:
    call("parse")

    manifest = json.loads((tmp_path / "target/manifest.json").read_text())
    cents = manifest["functions"]["function.shop.cents"]
    assert cents["arguments"][1] == {
        **{"name": "of_one", "data_type": "int"},
        **{"description": None, "default_value": 100},
    }
    assert cents["returns"] == {"data_type": "numeric", "description": None}
    assert (cents["path"], cents["fqn"]) == ("money/cents.sql", ["shop", "money", "cents"])
    prices = manifest["nodes"]["model.shop.prices"]
    assert prices["functions"] == [["cents"], ["shop", "largest"]]
    assert prices["depends_on"]["nodes"] == ["model.shop.numbers", "function.shop.cents", "function.shop.largest"]
    assert manifest["parent_map"]["function.shop.largest"] == ["model.shop.numbers"]


def test_functions_are_listed_selected_and_compiled(call: Call) -> None:
    assert call("ls", "--resource-type", "function")[1].splitlines() == ["shop.money.cents", "shop.largest"]
    assert call("ls", "--select", "cents+")[1].splitlines() == ["shop.money.cents", "shop.prices"]
    assert call("ls", "--select", "functions/money")[1].splitlines() == ["shop.money.cents"]
    assert "select max(n) from" in call("compile", "--select", "largest")[1]


def test_run_leaves_functions_alone_and_a_failed_one_skips_its_readers(call: Call, tmp_path: Path) -> None:
    assert "function" not in call("run", "--select", "numbers")[1].partition("Finished")[0]
    change(tmp_path, **{"functions/money/cents.sql": "select amount *"})

    code, said = call("build")

    assert code == 1
    assert "ERROR creating function public.cents" in said
    assert "SKIP relation public.prices" in said
    assert "functions/money/cents.sql:1" in said


def test_a_new_body_comes_under_readers_another_return_type_is_refused(
    call: Call, connection: Any, tmp_path: Path
) -> None:
    call("build")
    change(tmp_path, **{"functions/money/cents.sql": "select amount * of_one + 1 -- $$"})
    code, said = call("build", "--select", "cents")

    assert code == 0, said
    assert connection.execute("select min(c) from public.prices").fetchone() == (101,)  # the view is as it was

    change(tmp_path, **{"functions/functions.yml": PROPERTIES.replace("{data_type: numeric}\n      -", "{data_type: text}\n      -")})  # fmt: skip  # noqa: E501
    code, said = call("build", "--select", "cents")

    assert code == 1
    assert "cannot change return type of existing function" in said
    assert connection.execute("select min(c) from public.prices").fetchone() == (101,)


OVERLOADED = {
    "functions/size.sql": "select n",
    "functions/size_text.sql": "select length(n || (select min('') from {{ ref('numbers') }}))",
    "functions/size_two.sql": "select a + b",
    "functions/overloads.yml": """\
        functions:
          - name: size
            arguments: [{name: n, data_type: int}]
            returns: {data_type: int}
            overloads:
              - defined_in: size_text
                arguments: [{name: n, data_type: text}]
              - defined_in: size_two
                arguments: [{name: a, data_type: int}, {name: b, data_type: int}]
                returns: {data_type: bigint}
        """,
}


def test_overloads_are_part_of_their_function(call: Call, connection: Any, tmp_path: Path) -> None:
    change(tmp_path, **OVERLOADED)

    code, said = call("build", "--select", "+size")

    assert code == 0, said
    assert "Overload 2 of 2 OK created function size overload size_two" in said
    assert connection.execute("select public.size(3), public.size('abcd'::text), public.size(1, 2)").fetchone() == (
        *(3, 4, 3),
    )
    assert results(tmp_path)["function.shop.size"]["overload_results"]["successful"] == ["size_text", "size_two"]
    overloads = json.loads((tmp_path / "target/manifest.json").read_text())["functions"]["function.shop.size"][
        "overloads"
    ]
    assert "{{" in overloads[0]["raw_body"]
    assert '"public"."numbers"' in overloads[0]["compiled_body"]
    assert call("ls", "--select", "+size")[1].splitlines() == ["shop.size", "shop.numbers"]


def test_an_overload_that_fails_makes_it_a_partial_success(call: Call, connection: Any, tmp_path: Path) -> None:
    change(tmp_path, **{**OVERLOADED, "functions/size_text.sql": "select length("})

    code, said = call("build", "--select", "size")

    assert code == 1
    assert "[PARTIAL SUCCESS in" in said
    assert "Completed with 1 partial success and 0 warnings" in said
    entry = results(tmp_path)["function.shop.size"]
    assert (entry["status"], entry["message"]) == ("partial success", "PARTIAL SUCCESS size")
    assert entry["overload_results"] == {"successful": ["size_two"], "failed": ["size_text"]}
    assert connection.execute("select public.size(1, 2)").fetchone() == (3,)


def test_a_retry_makes_only_the_overloads_that_failed(call: Call, connection: Any, tmp_path: Path) -> None:
    change(tmp_path, **{**OVERLOADED, "functions/size_text.sql": "select length("})
    call("build", "--select", "size")
    connection.execute("drop function public.size(int, int)")

    code, said = call("retry")

    assert code == 1
    assert "Overload 1 of 2 ERROR creating function size overload size_text" in said
    assert re.search(r"Overload 2 of 2 SKIP function size overload size_two \.+ \[SKIPPED in 0.00s\]", said)
    entry = results(tmp_path)["function.shop.size"]
    assert entry["overload_results"] == {"successful": ["size_two"], "failed": ["size_text"]}

    change(tmp_path, **{**OVERLOADED, "functions/size_text.sql": "select 1"})
    code, said = call("retry")

    assert code == 0
    assert results(tmp_path)["function.shop.size"]["overload_results"]["successful"] == ["size_text", "size_two"]
    assert connection.execute("select to_regprocedure('public.size(int, int)')").fetchone() == (None,)


def test_a_macro_of_the_project_makes_what_postgres_has_no_words_for_here(
    call: Call, connection: Any, tmp_path: Path
) -> None:
    aggregate = PROPERTIES.replace("volatility: stable", "type: aggregate").replace(
        "returns: {data_type: int}", "arguments: [{name: n, data_type: int}]\n        returns: {data_type: int}"
    )
    change(tmp_path, **{"functions/functions.yml": aggregate, "functions/largest.sql": "int4larger"})

    code, said = call("build", "--select", "largest")

    assert code == 1
    assert "postgres knows no aggregate functions in sql" in said

    macro = """\
        {% macro default__aggregate_function_sql(target_relation) %}
        create aggregate {{ target_relation }} ({{ model.arguments[0].data_type }})
            (sfunc = {{ model.compiled_code }}, stype = {{ model.returns.data_type }})
        {% endmacro %}
        """
    change(tmp_path, **{"macros/aggregate.sql": macro})
    code, said = call("build", "--select", "largest")

    assert code == 0, said
    assert connection.execute("select public.largest(n) from (values (1), (7)) as v (n)").fetchone() == (7,)


def test_a_deferred_function_is_called_where_the_state_has_it(call: Call, tmp_path: Path) -> None:
    call("parse")
    state = tmp_path / "state"
    state.mkdir()
    told = json.loads((tmp_path / "target/manifest.json").read_text())
    told["functions"]["function.shop.cents"]["schema"] = "production"
    (state / "manifest.json").write_text(json.dumps(told))

    said = call("compile", "--select", "prices", "--defer", "--state", str(state))[1]

    assert '"production"."cents"(n)' in said
    assert call("ls", "--select", "state:modified", "--state", str(state))[1].splitlines()[-1] != "shop.money.cents"
    change(tmp_path, **{"functions/functions.yml": PROPERTIES.replace("default_value: 100", "default_value: 99")})
    assert "shop.money.cents" in call("ls", "--select", "state:modified", "--state", str(state))[1]
