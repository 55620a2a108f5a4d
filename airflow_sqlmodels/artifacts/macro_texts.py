"""What the text of a macro says for manifest.json: what it takes, and whom it calls by which names.

The built-in macros are the same in every project, and to parse all of them takes longer than to read a small project:
what they say is kept in built_in_macros.json. `python -m airflow_sqlmodels.artifacts.macro_texts` writes it anew.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import resources
from pathlib import Path

import msgspec
from msgspec import Struct

from airflow_sqlmodels.manifest.macro import Macro
from airflow_sqlmodels.templating.blocks import as_macros
from airflow_sqlmodels.templating.called import called_in
from airflow_sqlmodels.templating.macro_table import BUILT_IN
from airflow_sqlmodels.templating.signature import arguments_of
from airflow_sqlmodels.templating.static import TemplateReader, called_names

FILE = "built_in_macros.json"


class MacroText(Struct, frozen=True):
    """What a macro's text says."""

    arguments: tuple[str, ...]
    """The names of what it takes."""
    calls: tuple[str, ...]
    """The names that it calls, as written."""


def text_of(macro: Macro, reader: TemplateReader) -> MacroText:
    """What the macro's text says."""
    return _kept()[macro.name] if macro.package == BUILT_IN else read(macro, reader)


def read(macro: Macro, reader: TemplateReader) -> MacroText:
    """The same, from the text itself."""
    text = as_macros(macro.text)
    calls = called_in(text, reader)
    return MacroText(arguments_of(macro.text), called_names(reader.whole(text) or ()) if calls is None else calls)


@functools.cache
def _kept() -> Mapping[str, MacroText]:
    text = resources.files(__package__).joinpath(FILE).read_bytes()
    return msgspec.json.decode(text, type=dict[str, MacroText])


def built_in_texts() -> dict[str, MacroText]:
    """What the file has to say."""
    from airflow_sqlmodels.project.macro_files import built_in_macros  # noqa: PLC0415  # only who writes it needs it

    reader = TemplateReader()
    return {macro.name: read(macro, reader) for macro in built_in_macros().values()}


def as_file(texts: Mapping[str, MacroText]) -> bytes:
    """The content of the file: a macro on a line."""
    lines = (
        f"{msgspec.json.encode(name).decode()}: {msgspec.json.encode(each).decode()}" for name, each in texts.items()
    )
    return ("{\n" + ",\n".join(lines) + "\n}\n").encode()


if __name__ == "__main__":
    Path(__file__).with_name(FILE).write_bytes(as_file(built_in_texts()))
