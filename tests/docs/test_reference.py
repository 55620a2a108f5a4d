"""The reference is what the code says, and links in the documentation lead somewhere."""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_sqlmodels.provider.options import Options
from docs import make_reference

ROOT = Path(__file__).resolve().parents[2]
NOT_OURS = ("node_modules", "scratch", "dist")


def documents() -> list[Path]:
    """Every Markdown file of the repository, without folders that begin with a dot."""
    found = (path for path in ROOT.rglob("*.md") if not _is_hidden(path.relative_to(ROOT)))
    return sorted(found)


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") or part in NOT_OURS for part in path.parts[:-1])


def links(text: str) -> Iterator[str]:
    """The targets of links and pictures, those in code left out."""
    without_code = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", without_code)


def anchors(text: str) -> set[str]:
    """What headings are called behind a `#`."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"```.*?```", "", text, flags=re.DOTALL), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def is_broken(link: str, document: Path) -> bool:
    """Whether a relative link leads to no file, or to no heading of it."""
    path, _, anchor = urllib.parse.unquote(link).partition("#")
    target = (document.parent / path) if path else document
    if not target.exists():
        return True
    return bool(anchor) and target.suffix == ".md" and anchor not in anchors(target.read_text(encoding="utf-8"))


@pytest.mark.airflow
@pytest.mark.parametrize("name", ["command-line.md", "errors.md", "python.md"])
def test_the_reference_is_what_the_code_says(name: str) -> None:
    made = make_reference.pages()[name]

    on_disk = (make_reference.FOLDER / name).read_text(encoding="utf-8")

    assert on_disk == made, f"docs/reference/{name} is old: run `make docs`"


def test_every_page_of_the_reference_is_made() -> None:
    on_disk = {path.name for path in make_reference.FOLDER.iterdir()}

    assert on_disk == set(make_reference.pages())


def test_every_option_is_described_and_no_other() -> None:
    described = set(make_reference.OPTIONS)

    assert described == set(Options.__struct_fields__)


@pytest.mark.parametrize("document", documents(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_relative_links_lead_to_files_and_headings(document: Path) -> None:
    found = [link for link in links(document.read_text(encoding="utf-8")) if not re.match(r"[a-z]+:", link)]

    broken = [link for link in found if is_broken(link, document)]

    assert broken == []


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("docs/tutorial.md", False),
        ("docs/tutorial.md#9-the-dag", False),
        ("docs/tutorial.md#9-a-dag", True),
        ("docs/nowhere.md", True),
        ("#the-whole-dag-file", False),
    ],
)
def test_a_link_to_nothing_is_seen(link: str, expected: bool) -> None:
    readme = ROOT / "README.md"

    broken = is_broken(link, readme)

    assert broken is expected


def test_links_in_code_are_left_out() -> None:
    text = "[a](a.md) `[b](b.md)`\n```\n[c](c.md)\n```\n![d](d.png)"

    found = list(links(text))

    assert found == ["a.md", "d.png"]
