"""What a macro takes, as its own tag says it."""

from __future__ import annotations

import jinja2
from jinja2 import nodes

from airflow_sqlmodels.templating.blocks import as_macros, opening_tag

_JINJA = jinja2.Environment()


def arguments_of(text: str) -> tuple[str, ...]:
    """The names of a macro's arguments, from its text; of materializations dbt says the same whatever they are."""
    tag = opening_tag(text)
    if tag is None or tag.kind == "materialization":
        return ("supported_languages",)
    try:
        parsed = _JINJA.parse(as_macros(tag.text) + "{% endmacro %}")
    except jinja2.TemplateSyntaxError:
        return ()  # said when it is called
    return tuple(each.name for found in parsed.find_all(nodes.Macro) for each in found.args)
