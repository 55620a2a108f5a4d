"""What a file is, by the folder in which it lies."""

from __future__ import annotations

from pathlib import Path

from tests.projects import load


def test_folders_below_tests_have_meanings_of_their_own(tmp_path: Path) -> None:
    files = {
        "tests/no_orders.sql": "select 1 where false",
        "tests/deep/generic/too.sql": "select 1 where false",
        "tests/generic/odd.sql": "{% test odd(model) %}select * from {{ model }}{% endtest %}",
        "tests/fixtures/rows.sql": "select {{ this_is_no_test() }}",
        "tests/fixtures/rows.csv": "a\n1\n",
    }

    manifest = load(tmp_path, files)

    assert [node.name for node in manifest.values()] == ["too", "no_orders"]
    assert "macro.shop.test_odd" in manifest.macros
