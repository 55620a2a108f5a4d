"""Versions and bounds, as dbt reads them."""

from __future__ import annotations

import pytest

from airflow_sqlmodels.project.semver import allowed, bound

VERSIONS = (
    *("0.9.0", "1.0.0-alpha", "1.0.0-alpha.2", "1.0.0-alpha.10", "1.0.0-rc1", "1.0.0", "1.10.0"),
    *("1.9.0+build", "2.0.0-rc1", "2.0.0"),
)


@pytest.mark.parametrize(
    ("bounds", "oldest", "newest"),
    [
        (["1.0.0"], "1.0.0", "1.0.0"),
        (["=1.0.0"], "1.0.0", "1.0.0"),
        ([">1.0.0"], "1.9.0+build", "2.0.0"),
        ([">=1.0.0", "<2.0.0"], "1.0.0", "1.10.0"),
        (["<=2.0.0"], "0.9.0", "2.0.0"),
        (["<2.0.0-rc2"], "0.9.0", "2.0.0-rc1"),
        (["<1.0.0"], "0.9.0", "0.9.0"),
        ([">1.0.0-alpha", "<1.0.0-beta"], "1.0.0-alpha.2", "1.0.0-alpha.10"),
    ],
)
def test_bounds_let_through_what_dbt_lets_through(bounds: list[str], oldest: str, newest: str) -> None:
    found = allowed(VERSIONS, bounds)

    assert (found[0], found[-1]) == (oldest, newest)


@pytest.mark.parametrize("text", ["1.0", "v1.0.0", "^1.0.0", "==1.0.0", ">= 1.0.0", "1.0.0,2.0.0", "01.0.0", ""])
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no version"):
        bound(text)
