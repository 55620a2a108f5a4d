"""Small projects of our own against what dbt made of them, which is recorded beside each as expected.json."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.parity.compare import compare
from tests.parity.expected import from_json
from tests.parity.projects import Listing, Project, listed
from tests.parity.report import UNKNOWN, by_reason
from tests.parity.running import Place, prepare, run
from tests.parity.tools import ours

HERE = Path(__file__).parent / "recorded"
LISTING: Listing = listed(HERE / "projects.yml", HERE)


@pytest.mark.since_postgres(15)  # some of their models merge
@pytest.mark.usefixtures("postgres_dsn")
@pytest.mark.parametrize("project", LISTING.projects, ids=lambda project: project.name)
def test_it_makes_what_dbt_made(project: Project, server: str, tmp_path: Path) -> None:
    """Relations, rows, verdicts, selections and the manifest are those of dbt, run after run."""
    expected = from_json(json.loads((project.root / "expected.json").read_text(encoding="utf-8")))
    place = Place(server, tmp_path)

    made = run(project, ours(), prepare(project, LISTING, HERE, place), place, list(expected.selections))

    unexplained = by_reason(project, compare(expected, made)).get(UNKNOWN, [])
    assert not unexplained, "\n".join(str(each) for each in unexplained)
