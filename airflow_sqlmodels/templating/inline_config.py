"""What a template says in its `config(...)` call, as written: the same text gives the same, whatever the target."""

from __future__ import annotations

import functools

import jinja2
from jinja2 import nodes

_PARSER = jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])


@functools.cache
def inline_config(template: str) -> dict[str, str]:
    """By key a text that stands for the value: of the first call, as in dbt. Empty if there is none."""
    if "config(" not in template:
        return {}
    try:
        tree = _PARSER.parse(template)
    except jinja2.TemplateSyntaxError:
        return {}
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "config":
            return {each.key: repr(each.value) for each in call.kwargs}
    return {}
