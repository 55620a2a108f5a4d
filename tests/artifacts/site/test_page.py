"""The documentation site: one file that needs nothing else, and what a browser makes of it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from airflow_sqlmodels.artifacts.json_text import write_json
from airflow_sqlmodels.artifacts.manifest_json import manifest_json
from airflow_sqlmodels.artifacts.site.page import page, shown, write_page, write_static_page
from airflow_sqlmodels.artifacts.site.server import serving
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.manifest.nodes import Column
from airflow_sqlmodels.templating.invocation import Invocation
from tests.manifests import data_test, exposure, manifest_of, model, seed, source

BROWSER = shutil.which("chromium") or shutil.which("google-chrome") or shutil.which("chromium-browser")

RAW = source("events")
STAGED = model("stg_events", RAW, folder="staging", description="From **raw**. <script>alert('no')</script>")
TOTALS = model(
    "totals",
    STAGED,
    seed("countries"),
    columns={"amount": Column(name="amount", description="in `EUR` </script>")},
)
UNIQUE = data_test("unique", TOTALS, column_name="amount", attached_node=TOTALS.id)
BOARD = exposure("board", TOTALS, type="dashboard")
MANIFEST = manifest_of(RAW, STAGED, seed("countries"), TOTALS, UNIQUE, BOARD)
CATALOG = {
    "nodes": {
        TOTALS.id: {
            "metadata": {"type": "BASE TABLE", "owner": "ann", "comment": None},
            "columns": {"amount": {"name": "amount", "type": "numeric(10,2)", "index": 1, "comment": None}},
        }
    },
    "sources": {},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A target folder with manifest.json, catalog.json and both pages."""
    write_json(tmp_path / "manifest.json", manifest_json(MANIFEST, graph_of(MANIFEST), Invocation()))
    write_json(tmp_path / "catalog.json", CATALOG)
    write_page(tmp_path, "shop")
    write_static_page(tmp_path)
    return tmp_path


def test_the_page_is_whole_and_asks_for_nothing_from_elsewhere() -> None:
    text = page("a <b>", "null")

    assert "<title>a &lt;b&gt;</title>" in text
    assert "<!--" not in text
    assert "const DATA = null;" in text
    assert not re.search(r"""(src|href)=["']?(https?:)?//|@import|url\(""", text)


def test_the_static_page_holds_the_data_and_no_end_of_a_script(folder: Path) -> None:
    text = (folder / "static_index.html").read_text()

    assert text.count("</script>") == 1
    match = re.search(r"const DATA = (.*);\n", text)
    assert match is not None
    data = json.loads(match[1])
    assert data["catalog"] == CATALOG
    assert data["manifest"]["nodes"][TOTALS.id]["columns"]["amount"]["description"] == "in `EUR` </script>"


def test_only_what_is_shown_goes_into_the_static_page(folder: Path) -> None:
    kept = shown(json.loads((folder / "manifest.json").read_text()))

    assert "macros" not in kept
    assert "created_at" not in kept["nodes"][TOTALS.id]


def test_the_server_gives_the_files_and_no_list_of_them(folder: Path) -> None:
    (folder / "compiled").mkdir()
    with serving(folder, "127.0.0.1", 0) as (url, wait):
        threading.Thread(target=wait, daemon=True).start()
        with urllib.request.urlopen(f"{url}manifest.json") as answer:
            assert json.load(answer)["metadata"]["project_name"] == "shop"
        with urllib.request.urlopen(url) as answer:
            assert b"<title>shop</title>" in answer.read()
        with pytest.raises(urllib.error.HTTPError, match="404") as error:
            urllib.request.urlopen(f"{url}compiled/")
        error.value.close()


def seen(url: str) -> str:
    """What a browser has on its page after the scripts ran."""
    assert BROWSER is not None
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", "--dump-dom", url]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_a_browser_shows_a_model_with_columns_tests_and_lineage(folder: Path) -> None:
    html = seen(f"file://{folder}/static_index.html#!/model/{TOTALS.id}")
    main = html[html.index("<main") : html.index("</main>")]

    assert "<h1>totals</h1>" in main
    assert "numeric(10,2)" in main
    assert "in <code>EUR</code> &lt;/script&gt;" in main
    assert ">unique</a>" in main
    drawn = re.findall(r"<text[^>]*>([^<]*)</text>", main)
    assert sorted(drawn) == ["board", "countries", "raw.events", "stg_events", "totals"]


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_a_browser_shows_text_as_text(folder: Path) -> None:
    html = seen(f"file://{folder}/static_index.html#!/model/{STAGED.id}")

    assert "From <strong>raw</strong>. &lt;script&gt;alert('no')&lt;/script&gt;" in html


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium")
def test_a_page_opened_from_the_disk_says_what_to_do(folder: Path) -> None:
    assert "sqlmodels docs serve" in seen(f"file://{folder}/index.html").partition("<main")[2].partition("</main>")[0]
