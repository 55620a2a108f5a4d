"""Reading files as text."""

from __future__ import annotations

import codecs
from pathlib import Path

from airflow_sqlmodels.errors import not_utf8


def text_of(path: Path, shown: str) -> str:
    """What stands in a file, with line ends as `\\n`.

    Raises ProjectError if it is not UTF-8, OSError if it cannot be read.
    """
    return with_plain_ends(written_in(path, shown))


def written_in(path: Path | str, shown: str) -> str:
    """What stands in a file, with the line ends that it has. A byte order mark is dropped. Raises as `text_of` does."""
    with open(path, "rb", buffering=0) as file:
        content = file.read().removeprefix(codecs.BOM_UTF8)  # the codec that does both takes ten times as long
    return decoded(content, shown)


def decoded(content: bytes, shown: str) -> str:
    """The text that the bytes are. Raises ProjectError if they are not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise not_utf8(error, shown) from None


def with_plain_ends(text: str) -> str:
    """The same with line ends as `\\n`, as templates see it."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
