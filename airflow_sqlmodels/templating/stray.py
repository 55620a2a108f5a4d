"""What stands in a macro file around its blocks: nothing comes of it, and some of it cannot have been meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from airflow_sqlmodels.errors import CompilationError, Location, location_in
from airflow_sqlmodels.templating.blocks import Block, inner_block

_TAG = re.compile(
    r"\{\#.*?\#\}"
    r"|\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}"
    r"|\{\{.*?\}\}"
    r"|\{%[-+]?\s*(?P<word>\w+)",
    re.DOTALL,
)
_FLOW = ("if", "for")


def stray_tags(text: str, blocks: Sequence[Block], path: str) -> Iterator[tuple[str, Location]]:
    """The tags around the blocks of a file, by their words.

    Raises CompilationError, as dbt does, for a block within control flow or another block, and for an end of nothing.
    """
    open_here: list[str] = []
    begin = 0
    for block in (*blocks, None):
        end = len(text) if block is None else block.start
        for match in _TAG.finditer(text, begin, end):
            word = match["word"]
            if word is not None:
                at = location_in(text, match.start(), path)
                _follow(word, open_here, at)
                yield word, at
        if block is not None:
            _refuse_nested(text, block, open_here, path)
            begin = block.start + len(block.text)


def _follow(word: str, open_here: list[str], at: Location) -> None:
    """Bring up to date which control flow is open."""
    if word in _FLOW:
        open_here.append(word)
    elif word.removeprefix("end") in _FLOW and (not open_here or f"end{open_here.pop()}" != word):
        hint = f"no {word.removeprefix('end')} is open here"
        raise CompilationError(f"Got an unexpected control flow end tag, {word}", at, hint)


def _refuse_nested(text: str, block: Block, open_here: list[str], path: str) -> None:
    hint = f"a {block.kind} stands at the top level of its file"
    if open_here:
        at = location_in(text, block.start, path)
        raise CompilationError(f"Got a block definition inside control flow: it stands in {open_here[-1]!r}", at, hint)
    inner = inner_block(block)
    if inner is not None:
        at = location_in(text, block.body_start + inner[1], path)
        raise CompilationError(f"Got nested tags: this {inner[0]} stands within a {block.kind}", at, hint)
