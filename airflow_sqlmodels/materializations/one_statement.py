"""A model is one statement: what stands behind a semicolon would be run beside it, and nobody would see."""

from __future__ import annotations

import re

from airflow_sqlmodels.compile.origins import CompiledText
from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.materializations.build import Build

_NO_CODE = re.compile(r"'[^']*'|\"[^\"]*\"|--[^\n]*|/\*.*?\*/", re.DOTALL)


def refuse_more_statements(build: Build) -> None:
    """Raises CompilationError with the place of a second statement. A semicolon at the end does no harm."""
    if ";" not in _NO_CODE.sub("", build.select).rstrip("; \t\r\n"):
        return
    offset = _second_statement(build.select, build.dialect.sqlglot_name)
    if offset is not None:
        text = build.compiled or CompiledText(build.select, f"compiled {build.node.path}")
        what = "a model is one statement, and here a second one begins"
        raise CompilationError(what, text.at(offset), "remove the ';' before it; a pre_hook or post_hook runs others")


def _second_statement(sql: str, dialect: str) -> int | None:
    """Where it begins; None if there is none, or if that cannot be told: the warehouse knows more then."""
    import sqlglot  # noqa: PLC0415  # a tenth of a second, and few queries have a semicolon within

    try:
        tokens = sqlglot.tokenize(sql, read=dialect)
    except sqlglot.errors.TokenError:
        return None
    ended = False
    for token in tokens:
        if token.token_type is sqlglot.TokenType.SEMICOLON:
            ended = True
        elif ended:
            return int(token.start)
    return None
