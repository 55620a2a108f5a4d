"""What is kept of the built-in macros is what their texts say."""

from __future__ import annotations

from pathlib import Path

from airflow_sqlmodels.artifacts import macro_texts


def test_what_is_kept_is_what_the_texts_say() -> None:
    kept = Path(macro_texts.__file__).with_name(macro_texts.FILE).read_bytes()

    made = macro_texts.as_file(macro_texts.built_in_texts())

    assert kept == made, f"{macro_texts.FILE} is old: run `make docs`"
    assert b'"create_table_as": {"arguments":["temporary","relation","compiled_code","language"]' in kept
