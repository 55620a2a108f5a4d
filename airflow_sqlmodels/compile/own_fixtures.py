"""Rows of a unit test as queries, where a project has its own version of one of dbt's macros for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from airflow_sqlmodels.manifest.fixtures import FixtureRows
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.templating.answering import Answerer, Rendering
from airflow_sqlmodels.warehouse.session import Session

_ROWS = ("format_row", "validate_fixture_rows", "safe_cast", "string_literal", "escape_single_quotes")
_ACTUAL_OR_EXPECTED = "actual_or_expected"


def own_given(
    means: Answerer, node: AnyNode, session: Session, rows: FixtureRows, types: Mapping[str, str]
) -> str | None:
    """The query that gives the rows of an input; None if the project says nothing of that."""
    if not _has_own(means, "get_fixture_sql"):
        return None
    return str(Rendering(means, node, session).scope.find("get_fixture_sql")(list(rows.rows), dict(types)))


def own_expected(
    means: Answerer, node: AnyNode, session: Session, rows: FixtureRows, types: Mapping[str, str]
) -> str | None:
    """The query that gives the rows that are expected; None if the project says nothing of that."""
    if not _has_own(means, "get_expected_sql"):
        return None
    quoted = {name.lower(): means.dialect.quote(name) for name in types}
    return str(Rendering(means, node, session).scope.find("get_expected_sql")(list(rows.rows), dict(types), quoted))


def own_comparison(
    means: Answerer, node: AnyNode, session: Session, actual: str, expected: str, columns: Sequence[str]
) -> str | None:
    """The query that sets both beside each other, the word for each row first; None if the project does not say it."""
    own = means.macros.own("get_unit_test_sql")
    if own is None:
        return None
    quoted = [means.dialect.quote(name) for name in columns]
    both = Rendering(means, node, session).called(own, actual, expected, quoted)
    return f"select {_ACTUAL_OR_EXPECTED} as source, {', '.join(quoted)}\nfrom (\n{both}\n) as compared"


def _has_own(means: Answerer, name: str) -> bool:
    return any(means.macros.own(each) is not None for each in (name, *_ROWS))
