"""What we write is what dbt's schemas allow: manifest v12, run_results v6, catalog v1, sources v3.

`dbt-artifacts-parser` holds the schemas as models that refuse any field they do not know. It is not among the
packages of the developers: without it these tests are skipped, and say so.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.parity.projects import Listing, Project, listed, of_folder
from tests.parity.running import Place, prepare, run
from tests.parity.tools import ROOT, ours

HERE = Path(__file__).parent / "recorded"
LISTING: Listing = listed(HERE / "projects.yml", HERE)
EXAMPLE = of_folder(ROOT / "sql_project", ("build",))

parser: Any = pytest.importorskip(
    "dbt_artifacts_parser.parser", reason="pip install dbt-artifacts-parser, to check artifacts against dbt's schemas"
)


@pytest.mark.parametrize("project", [*LISTING.projects, EXAMPLE], ids=lambda project: project.name)
def test_artifacts_fit_the_schemas(project: Project, server: str, tmp_path: Path) -> None:
    """Each file is read into the models of its schema version, which forbid what they do not know."""
    place = Place(server, tmp_path)
    prepared = prepare(project, LISTING, HERE, place)
    others = ("source freshness", "docs generate --no-compile")  # these write no run_results.json: the last one does
    more = replace(project, commands=(*project.commands, *others, project.commands[-1]))

    run(more, ours(), prepared, place, asked=())

    target = prepared.parent / "ours" / project.folder / "target"
    parser.parse_manifest_v12(_content(target / "manifest.json"))
    parser.parse_run_results_v6(_content(target / "run_results.json"))
    parser.parse_catalog_v1(_content(target / "catalog.json"))
    if (target / "sources.json").is_file():
        parser.parse_sources_v3(_content(target / "sources.json"))


def test_the_models_refuse_what_is_not_in_the_schema() -> None:
    """A parser that takes anything would prove nothing."""
    head = {"dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"}
    with pytest.raises(ValueError, match="unheard_of"):
        parser.parse_catalog_v1({"metadata": head, "nodes": {}, "sources": {}, "unheard_of": 1})


def _content(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found
