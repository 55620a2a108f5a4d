"""snapshot: versions are closed and inserted as dbt does it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.errors import CompilationError, ProjectError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.warehouse.dbapi import DbApiSession
from tests.materializations.builds import Connection, built, rows_of
from tests.projects import load

FIRST = "select * from (values (1, 'a', timestamp '2026-01-01'), (2, 'b', '2026-01-01')) v (id, name, changed)"
SECOND = "select * from (values (1, 'a', timestamp '2026-01-01'), (2, 'c', '2026-01-03'), (3, 'd', '2026-01-02'))" + (
    " v (id, name, changed)"
)
WITHOUT_2 = "select * from (values (1, 'a', timestamp '2026-01-01')) v (id, name, changed)"
TIMESTAMP = {"strategy": "timestamp", "unique_key": "id", "updated_at": "changed"}
CHECK = {"strategy": "check", "unique_key": "id", "check_cols": ["name"], "updated_at": "changed"}


def versions(
    connection: Connection, columns: str = "id, name, dbt_valid_from::date::text, dbt_valid_to::date::text"
) -> Any:
    return rows_of(connection, f"select {columns} from orders order by 1, 3")


@pytest.mark.parametrize("config", [TIMESTAMP, CHECK], ids=lambda config: config["strategy"])
def test_versions_are_closed_and_inserted(
    session: DbApiSession, connection: Connection, config: dict[str, Any]
) -> None:
    first = built(session, "snapshot", FIRST, **config)
    second = built(session, "snapshot", SECOND, **config)
    third = built(session, "snapshot", SECOND, **config)

    assert (first.status, second.status, third.status) == ("SELECT 2", "INSERT 0 2", "INSERT 0 0")
    assert versions(connection) == [
        (1, "a", "2026-01-01", None),
        (2, "b", "2026-01-01", "2026-01-03"),
        (2, "c", "2026-01-03", None),
        (3, "d", "2026-01-02", None),
    ]


def test_versions_have_dbts_ids(session: DbApiSession, connection: Connection) -> None:
    built(session, "snapshot", FIRST, **TIMESTAMP)

    assert rows_of(connection, "select dbt_scd_id, dbt_updated_at = changed from orders where id = 1") == [
        (hashlib.md5(b"1|2026-01-01 00:00:00", usedforsecurity=False).hexdigest(), True)
    ]


def test_what_is_gone_is_ignored_by_default(session: DbApiSession, connection: Connection) -> None:
    built(session, "snapshot", FIRST, **TIMESTAMP)
    built(session, "snapshot", WITHOUT_2, **TIMESTAMP)

    assert versions(connection, "id, dbt_valid_to, name") == [(1, None, "a"), (2, None, "b")]


@pytest.mark.parametrize(
    "how", [{"hard_deletes": "invalidate"}, {"invalidate_hard_deletes": True}], ids=lambda how: next(iter(how))
)
def test_what_is_gone_can_be_closed(session: DbApiSession, connection: Connection, how: dict[str, Any]) -> None:
    built(session, "snapshot", FIRST, **TIMESTAMP, **how)
    built(session, "snapshot", WITHOUT_2, **TIMESTAMP, **how)
    built(session, "snapshot", WITHOUT_2, **TIMESTAMP, **how)

    assert versions(connection, "id, dbt_valid_to is null, name") == [(1, True, "a"), (2, False, "b")]


def test_what_becomes_of_rows_that_are_gone_is_said_once(session: DbApiSession, connection: Connection) -> None:
    with pytest.raises(CompilationError, match="say the same"):
        built(session, "snapshot", FIRST, **TIMESTAMP, hard_deletes="ignore", invalidate_hard_deletes=False)
    with pytest.raises(CompilationError, match="hard_deletes: 'ignroe'"):
        built(session, "snapshot", FIRST, **TIMESTAMP, hard_deletes="ignroe")

    assert rows_of(connection, "select 1 from pg_tables where tablename = 'orders'") == []


def test_what_is_gone_can_get_a_version_of_its_own(session: DbApiSession, connection: Connection) -> None:
    more = {**TIMESTAMP, "hard_deletes": "new_record"}
    for query in (FIRST, WITHOUT_2, WITHOUT_2, FIRST):
        built(session, "snapshot", query, **more)

    assert versions(connection, "id, dbt_is_deleted, dbt_valid_from, dbt_valid_to is null")[0][1] == "False"
    deleted = rows_of(connection, "select name, dbt_valid_to is null from orders where dbt_is_deleted = 'True'")
    assert deleted == [("b", False)]
    assert rows_of(connection, "select count(*) from orders where id = 2") == [(3,)]


def test_all_columns_can_be_checked_and_a_new_one_is_a_change(session: DbApiSession, connection: Connection) -> None:
    config = {**CHECK, "check_cols": "all"}
    built(session, "snapshot", FIRST, **config)

    assert built(session, "snapshot", FIRST, **config).status == "INSERT 0 0"
    wider = f"select *, 'x' || id as extra from ({FIRST}) f"
    assert built(session, "snapshot", wider, **config).status == "INSERT 0 2"
    assert rows_of(connection, "select count(*), count(extra) from orders") == [(4, 2)]


def test_points_and_nothing_are_compared_too(session: DbApiSession) -> None:
    """A point has the operator `<>` and no `=`."""
    config = {**CHECK, "check_cols": ["name", "place"]}
    row = "(values (1, {}, point(1, {}), timestamp '2026-01-01')) v (id, name, place, changed)"
    given = (("null", 2), ("null", 2), ("null", 3), ("'a'", 3), ("null", 3), ("null", "null"), ("null", "null"))
    queries = [f"select id, name::text, place, changed from {row.format(*each)}" for each in given]
    statuses = [built(session, "snapshot", query, **config).status for query in queries]

    assert statuses == ["SELECT 1", *(f"INSERT 0 {count}" for count in (0, 1, 1, 1, 1, 0))]


def test_the_added_columns_can_have_other_names_and_an_end(session: DbApiSession, connection: Connection) -> None:
    config = {
        **TIMESTAMP,
        "snapshot_meta_column_names": {"dbt_valid_to": "until", "dbt_scd_id": "version"},
        "dbt_valid_to_current": "timestamp '9999-12-31'",
    }
    built(session, "snapshot", FIRST, **config)
    built(session, "snapshot", SECOND, **config)

    assert rows_of(connection, "select until::date::text, count(version) from orders group by 1 order by 1") == [
        ("2026-01-03", 1),
        ("9999-12-31", 3),
    ]


def test_several_columns_can_be_the_key(session: DbApiSession, connection: Connection) -> None:
    config = {**TIMESTAMP, "unique_key": ["id", "name"]}
    built(session, "snapshot", FIRST, **config)
    built(session, "snapshot", SECOND, **config)

    assert rows_of(connection, "select count(*), count(dbt_valid_to) from orders") == [(4, 0)]


def test_a_table_that_no_snapshot_made_is_left_alone(session: DbApiSession, connection: Connection) -> None:
    built(session, "table", FIRST)

    with pytest.raises(CompilationError, match=r"missing configured columns: .* has no 'dbt_scd_id'"):
        built(session, "snapshot", FIRST, **TIMESTAMP)

    assert rows_of(connection, "select count(*) from orders") == [(2,)]


def test_a_view_is_not_made_a_snapshot(session: DbApiSession) -> None:
    built(session, "view", FIRST, Relation("", "public", "orders"))

    with pytest.raises(CompilationError, match="is a view, and a snapshot needs a table"):
        built(session, "snapshot", FIRST, **TIMESTAMP)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("strategy='timestamp', unique_key='id'", "lacks the config 'updated_at'"),
        ("strategy='check'", "lacks the config 'unique_key', 'check_cols'"),
        ("unique_key='id'", "lacks the config 'strategy'"),
        ("strategy='timestamp', unique_key='id', updated_at='at', check_cols='all'", "should not have 'check_cols'"),
        ("strategy='check', unique_key='id', check_cols='id'", "invalid value for 'check_cols': 'id'"),
    ],
)
def test_a_snapshot_without_what_it_needs_is_refused_while_loading(tmp_path: Path, config: str, said: str) -> None:
    text = f"{{% snapshot s %}}\n{{{{ config({config}) }}}}\nselect 1 as id\n{{% endsnapshot %}}"

    with pytest.raises(ProjectError) as raised:
        load(tmp_path, {"snapshots/s.sql": text})

    assert said in str(raised.value)
    assert str(raised.value).startswith("snapshots/s.sql:1")


@pytest.mark.parametrize(
    ("config", "hint"),
    [("hard_deletes='ignroe'", "'ignore'"), ("snapshot_meta_column_names={'dbt_valid_too': 'x'}", "'dbt_valid_to'")],
)
def test_what_dbt_finds_out_late_or_never_is_warned_about_while_loading(tmp_path: Path, config: str, hint: str) -> None:
    said = f"strategy='timestamp', unique_key='id', updated_at='c', {config}"
    text = f"{{% snapshot s %}}\n{{{{ config({said}) }}}}\nselect 1 as id\n{{% endsnapshot %}}"

    (warning,) = load(tmp_path, {"snapshots/s.sql": text}).warnings

    assert str(warning).startswith("snapshots/s.sql:1")
    assert f"did you mean {hint}?" in str(warning)
