"""What the command says when the warehouse refuses: the real command, over a live Postgres."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.conftest import Golden
from tests.errors.commands import Shop
from tests.errors.refused_cases import CASES


@pytest.fixture
def shop(tmp_path: Path, postgres_dsn: str) -> Shop:
    """A project on an empty database."""
    return Shop(tmp_path, postgres_dsn)


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_is_told_with_its_place_and_a_hint(
    name: str, shop: Shop, connection: psycopg.Connection[Any], golden: Golden, capsys: pytest.CaptureFixture[str]
) -> None:
    case = CASES[name]
    connection.execute(case.before)  # type: ignore[arg-type]  # SQL of ours
    shop.write(case.files)

    if case.twice or case.later:
        shop.run(capsys, *case.words)
        shop.write(case.later)
    said = shop.run(capsys, *case.words, *["--quiet"] * case.quiet)

    golden.check(f"warehouse/{name}.txt", said)
