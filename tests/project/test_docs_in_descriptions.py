"""`doc()` in descriptions: the blocks' texts, with and without Jinja."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.templating.environment import NativeEnvironment
from tests.projects import load

BLOCKS = "{% docs a %}\nthe a  \n\nmore\n{% enddocs %}\n{% docs b %}{{ 1 }} x{% enddocs %}\n"


def described(root: Path, text: str) -> str:
    """The description of a column that is described so."""
    properties = f"models:\n  - name: m\n    columns:\n      - name: id\n        description: {text!r}\n"
    files = {"models/m.sql": "select 1 as id", "models/blocks.md": BLOCKS, "models/p.yml": properties}
    return load(root, files)[NodeId("model.shop.m")].columns["id"].description


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ('{{ doc("a") }}', "the a  \n\nmore"),
        ('{{doc("b")}} and {{ doc("shop", "b") }}', "1 x and 1 x"),
        ('{# no #}{{ doc("b") }}{{ var("none", 3) }}', "1 x3"),
    ],
)
def test_most_need_no_jinja(text: str, given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiling them as templates takes most of the time of reading a project that has a block for each column."""

    compiled = []

    def watched(environment: NativeEnvironment, source: str, *more: Any) -> Any:
        compiled.append(source)
        return from_string(environment, source, *more)

    from_string = NativeEnvironment.from_string
    monkeypatch.setattr(NativeEnvironment, "from_string", watched)

    assert described(tmp_path, text) == given
    assert text not in compiled


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ('{{ doc("b") }} {{ 1 + 1 }}', "1 x 2"),
        ('{{- doc("b") -}} z', "1 xz"),
        ('{{ doc("b",) }}', "1 x"),
    ],
)
def test_jinja_does_the_others(text: str, given: str, tmp_path: Path) -> None:
    assert described(tmp_path, text) == given


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ('doc("c")', "no docs block 'c'"),
        ('doc("tools", "a")', "no docs block 'a'"),
        ("doc(1)", "no docs block '1'"),
        ("doc()", "and not 0 arguments"),
        ('doc("shop", "a", "b")', "and not 3 arguments"),
    ],
)
def test_what_is_no_block_is_told(call: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(SqlModelsError, match=told) as raised:
        described(tmp_path, "{{ " + call + " }}")

    assert raised.value.kind == "Compilation Error"
