"""What a macro takes, as its own tag says it."""

from __future__ import annotations

import re

import jinja2
from jinja2 import nodes

from airflow_sqlmodels.templating.blocks import as_macros, opening_tag
from airflow_sqlmodels.templating.static import STRING

_JINJA = jinja2.Environment()
_TAG = re.compile(r"\{%[-+]?\s*macro\s+\w+\s*\((?P<all>.*)\)\s*[-+]?%\}", re.DOTALL)
_DEFAULT = rf"{STRING}|-?[\d.]+|[A-Za-z]+|\[\s*\]|\{{\s*\}}"
_ARGUMENT = re.compile(rf"\s*(?P<name>[A-Za-z_]\w*)\s*(?:=\s*(?:{_DEFAULT})\s*)?(?:,(?!$)|$)")
"""One without a default, or with one that is a word, a number or a text."""


def arguments_of(text: str) -> tuple[str, ...]:
    """The names of a macro's arguments, from its text; of materializations dbt says the same whatever they are."""
    tag = opening_tag(text)
    if tag is None or tag.kind == "materialization":
        return ("supported_languages",)
    as_macro = as_macros(tag.text)
    simple = _simple(as_macro)
    if simple is not None:
        return simple
    try:
        parsed = _JINJA.parse(as_macro + "{% endmacro %}")
    except jinja2.TemplateSyntaxError:
        return ()  # said when it is called
    return tuple(each.name for found in parsed.find_all(nodes.Macro) for each in found.args)


def _simple(tag: str) -> tuple[str, ...] | None:
    """The names in a tag of the usual shape; None if it takes Jinja's parser, which needs a hundred times as long."""
    found = _TAG.fullmatch(tag)
    if found is None:
        return None
    names, at, said = [], 0, found["all"].rstrip()
    while at < len(said):
        argument = _ARGUMENT.match(said, at)
        if argument is None:
            return None
        names.append(argument["name"])
        at = argument.end()
    return tuple(names)
