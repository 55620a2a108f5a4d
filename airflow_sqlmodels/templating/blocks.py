"""Finds dbt's named blocks in a file: macro, test, materialization, snapshot, docs. It renders nothing.

A block is cut out as text, so that each can be compiled alone, when it is first called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from airflow_sqlmodels.errors import ProjectError, location_in

GENERIC_TESTS = ("test", "data_test")
_CALLED = ("macro", *GENERIC_TESTS, "materialization")
KINDS = (*_CALLED, "snapshot", "docs")

# A header may hold "%}" inside a string.
_HEADER = r"""(?P<header>(?:"[^"]*"|'[^']*'|[^%"']|%(?!\}))*?)"""
_BEGIN = r"\{%[-+]?\s*(?P<end>end)?(?P<kind>raw|" + "|".join(KINDS) + r")\b"
_TAGS = r"(?P<comment>\{\#.*?\#\})|" + _BEGIN + _HEADER + r"[-+]?%\}"
_TAG = re.compile(_TAGS, re.DOTALL)

_STRING = r""""(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'"""
_OTHER = rf"""\{{%(?:{_STRING}|[^%"']|%(?!\}}))*?%\}}|\{{\{{(?:{_STRING}|[^}}"']|\}}(?!\}}))*?\}}\}}"""
_ANY_TAG = re.compile(f"{_TAGS}|{_OTHER}", re.DOTALL)
_PERHAPS_IN_STRING = re.compile(r"""["'](?:[^"'%}]|%(?!\})|\}(?!\}))*?""" + _BEGIN)
"""A quotation mark with a block's tag behind it and no end of a tag between: macros that write macros have such."""
_VERBATIM = ("raw", "docs")
_ARGUMENT_TYPE = re.compile(r"(?P<name>\b[A-Za-z_]\w*)\s*:\s*[A-Za-z_][\w\[\], |]*?(?=\s*(?:=|,\s*[A-Za-z_]|\)\s*$))")


class Block(Struct, frozen=True):
    """One block as it stands in a file."""

    kind: str
    name: str
    header: str
    """What follows the kind: `cents(column, precision=2)`."""
    body: str
    """What stands between the tags."""
    start: int
    """The offset of the opening tag in the file, in characters."""
    body_start: int
    text: str
    """The whole block, tags included."""


def trimmed_body(block: Block) -> str:
    """What stands between the tags, without the white space that they take along: `{%- snapshot x -%}`."""
    opening = block.text[: block.body_start - block.start]
    closing = block.text[len(opening) + len(block.body) :]
    body = block.body.lstrip() if opening.endswith("-%}") else block.body
    return body.rstrip() if closing.startswith("{%-") else body


def find_blocks(text: str, path: str) -> list[Block]:
    """The outermost blocks of a file, in order. Raises ProjectError if one is not closed."""
    if "{%" not in text:
        return []
    tags = _tags(text)
    found = []
    for opening in tags:
        kind = opening["kind"]
        if kind == "raw" or opening["end"]:
            continue
        closing = _closing(tags, kind)
        if closing is None:
            place = location_in(text, opening.start(), path)
            raise ProjectError(f"this {kind} is not closed", place, f"add {{% end{kind} %}} behind it")
        header = opening["header"].strip()
        body = text[opening.end() : closing.start()]
        name = _block_name(header)
        whole = text[opening.start() : closing.end()]
        found.append(Block(kind, name, header, body, opening.start(), opening.end(), whole))
    return found


def inner_block(block: Block) -> tuple[str, int] | None:
    """The kind of the first macro, test or materialization in a block, and its offset in the body; None if none is."""
    inner = next((tag for tag in _tags(block.body) if tag["kind"] in _CALLED and not tag["end"]), None)
    return None if inner is None else (inner["kind"], inner.start())


class OpeningTag(Struct, frozen=True):
    """What a block begins with."""

    kind: str
    text: str


def opening_tag(text: str) -> OpeningTag | None:
    """The first tag of a block's whole text; None if there is none."""
    match = _TAG.match(text)
    return OpeningTag(match["kind"], match[0]) if match and match["kind"] else None


def languages_of(text: str) -> tuple[str, ...]:
    """What the materialization of that text can build: `supported_languages`, else SQL."""
    tag = opening_tag(text)
    said = _LANGUAGES.search(tag.text) if tag else None
    return tuple(re.findall(r"""['"](\w+)['"]""", said[1])) if said else ("sql",)


_LANGUAGES = re.compile(r"\bsupported_languages\s*=\s*[\[(]([^\])]*)[\])]")


def as_macros(text: str) -> str:
    """The text with each of dbt's own block tags as the Jinja macro it stands for, on the same lines."""
    return _pattern(text).sub(_as_macro_tag, text)


def macro_name(block: Block) -> str:
    """The name under which a block is called as a macro."""
    if block.kind == "macro":
        return block.name
    if block.kind in GENERIC_TESTS:
        return f"test_{block.name}"
    return _materialization_name(block.header)


def _pattern(text: str) -> re.Pattern[str]:
    """What finds the tags of blocks: where strings may hold some, by passing over all other tags as a whole."""
    return _ANY_TAG if _PERHAPS_IN_STRING.search(text) else _TAG


def _tags(text: str) -> Iterator[re.Match[str]]:
    """Block tags outside of comments; what is inside `raw` and `docs` is text, not tags."""
    verbatim, begin, pattern = None, 0, _pattern(text)
    while match := (_TAG if verbatim else pattern).search(text, begin):
        begin = match.end()
        if match["kind"] is None:
            continue
        kind, ends = match["kind"], bool(match["end"])
        if verbatim:
            if not (ends and kind == verbatim):
                continue
            verbatim = None
        elif kind in _VERBATIM and not ends:
            verbatim = kind
        yield match


def _closing(tags: Iterator[re.Match[str]], kind: str) -> re.Match[str] | None:
    depth = 1
    for tag in tags:
        if tag["kind"] == kind:
            depth += -1 if tag["end"] else 1
        if depth == 0:
            return tag
    return None


def _block_name(header: str) -> str:
    found = re.match(r"\s*([A-Za-z_]\w*)", header)
    return found[1] if found else ""


def _materialization_name(header: str) -> str:
    adapter = re.search(r"adapter\s*=\s*['\"](\w+)['\"]", header)
    return f"materialization_{_block_name(header)}_{adapter[1] if adapter else 'default'}"


def _as_macro_tag(match: re.Match[str]) -> str:
    kind = match["kind"]
    if kind is None or kind in ("raw", "docs", "snapshot"):
        return match[0]
    if match["end"]:
        return match[0].replace(f"end{kind}", "endmacro", 1)
    if kind == "materialization":
        return _retag(match, f"macro {_materialization_name(match['header'])}()")
    header = _without_types(match["header"].strip())
    prefix = "" if kind == "macro" else "test_"
    return _retag(match, f"macro {prefix}{header}")


def _retag(match: re.Match[str], inside: str) -> str:
    opening = match[0][: 3 if match[0][2] in "-+" else 2]
    closing = match[0][-3:] if match[0][-3] in "-+" else match[0][-2:]
    lines = match[0].count("\n") - inside.count("\n")
    return f"{opening} {inside} {chr(10) * max(lines, 0)}{closing}"


def _without_types(header: str) -> str:
    """`cents(column: string, precision: int = 2)` as Jinja knows it: without the types."""
    if ":" not in header:
        return header
    return _ARGUMENT_TYPE.sub(r"\g<name>", header)
