"""What a template says in its `config(...)` call, as written: the same text gives the same, whatever the target."""

from __future__ import annotations

import functools
import re

_STRING = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
_EXPRESSION = re.compile(r"\{\{(?P<inside>(?:" + _STRING + r"|[^'\"}]|\}(?!\}))*?)\}\}", re.DOTALL)
_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_LITERAL = re.compile(
    r"(?:ref\(''(?:,'')?(?:,(?:v|version)=(?:''|\d+))?\)"
    r"|source\('',''\)"
    r"|config\((?!pre_hook|post_hook)\w+=(?:''|True|False|[\[\]{}:]|,(?!pre_hook|post_hook)(?:\w+=)?)+\)"
    r"|'')"
)
"""An expression of which the strings are emptied and the spaces taken out."""


def is_literal(template: str) -> bool:
    """Whether nothing but `ref`, `source` and `config` with literal arguments stands in it.

    dbt does not render such models; of all others it keeps the texts of their configs, not the values.
    """
    if "{%" in template:
        return False
    text = _COMMENT.sub("", template) if "{#" in template else template
    # a string may hold braces too, so they are looked for in what is left
    return "{{" not in _EXPRESSION.sub("", text) and all(map(_is_literal_call, _EXPRESSION.findall(text)))


@functools.lru_cache(maxsize=4096)
def _is_literal_call(expression: str) -> bool:
    bare = "".join(re.sub(_STRING, "''", expression).split())
    return _LITERAL.fullmatch(bare) is not None


def inline_config(template: str) -> dict[str, str]:
    """By key the text of its value: of the first call, as in dbt. Empty if there is none."""
    if "config(" not in template:
        return {}
    text = _COMMENT.sub("", template) if "{#" in template else template
    begin = text.find("config(")
    # most commands have no use for Jinja
    from airflow_sqlmodels.templating.expression_text import first_config  # noqa: PLC0415

    expression = next((each for each in _EXPRESSION.finditer(text) if each.end() > begin), None)
    if expression is None or not expression.start() < begin:
        return first_config(text)  # in a statement, or behind something odd
    return first_config(expression.group()) or first_config(text)
