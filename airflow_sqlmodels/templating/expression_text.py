"""Expressions of templates, written out as dbt does."""

from __future__ import annotations

import functools
from collections.abc import Callable

import jinja2
from jinja2 import nodes

_PARSER = jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])


@functools.lru_cache(maxsize=4096)
def first_config(text: str) -> dict[str, str]:
    """By key the text of what the first `config(...)` in a template is told; empty if there is none."""
    try:
        tree = _PARSER.parse(text)
    except jinja2.TemplateSyntaxError:
        return {}
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name == "config":
            return {each.key: _value_text(each.value) for each in call.kwargs}
    return {}


def _value_text(value: nodes.Expr) -> str:
    """A string as it is; anything else as one would write it."""
    return value.value if isinstance(value, nodes.Const) and isinstance(value.value, str) else expression_text(value)


def expression_text(node: nodes.Node) -> str:
    """An expression, written out again: without brackets around its parts, as dbt does."""
    write = _WRITERS.get(type(node))
    return repr(node) if write is None else write(node)


def _joined(parts: list[nodes.Expr], between: str = ", ") -> str:
    return between.join(map(expression_text, parts))


def _call(node: nodes.Call) -> str:
    arguments = [
        *map(expression_text, node.args),
        *(f"{each.key}={expression_text(each.value)}" for each in node.kwargs),
    ]
    arguments += [f"*{expression_text(node.dyn_args)}"] if node.dyn_args is not None else []
    arguments += [f"**{expression_text(node.dyn_kwargs)}"] if node.dyn_kwargs is not None else []
    return f"{expression_text(node.node)}({', '.join(arguments)})"


def _tuple(node: nodes.Tuple) -> str:
    return f"({_joined(node.items)}{',' if len(node.items) == 1 else ''})"


def _dict(node: nodes.Dict) -> str:
    return "{" + ", ".join(f"{expression_text(each.key)}: {expression_text(each.value)}" for each in node.items) + "}"


def _compared(node: nodes.Compare) -> str:
    others = (f"{_SIGNS[each.op]} {expression_text(each.expr)}" for each in node.ops)
    return " ".join((expression_text(node.expr), *others))


_SIGNS = {"eq": "==", "ne": "!=", "gt": ">", "gteq": ">=", "lt": "<", "lteq": "<=", "in": "in", "notin": "not in"}
_WRITERS: dict[type, Callable[..., str]] = {
    nodes.Const: lambda node: repr(node.value),
    nodes.Name: lambda node: str(node.name),
    nodes.Call: _call,
    nodes.List: lambda node: f"[{_joined(node.items)}]",
    nodes.Tuple: _tuple,
    nodes.Dict: _dict,
    nodes.Getattr: lambda node: f"{expression_text(node.node)}.{node.attr}",
    nodes.Getitem: lambda node: f"{expression_text(node.node)}[{expression_text(node.arg)}]",
    nodes.Concat: lambda node: _joined(node.nodes, " ~ "),
    nodes.Compare: _compared,
    nodes.Not: lambda node: f"not {expression_text(node.node)}",
    nodes.Neg: lambda node: f"-{expression_text(node.node)}",
    nodes.And: lambda node: f"{expression_text(node.left)} and {expression_text(node.right)}",
    nodes.Or: lambda node: f"{expression_text(node.left)} or {expression_text(node.right)}",
}
