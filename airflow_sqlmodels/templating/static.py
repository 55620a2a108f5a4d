"""Reads what a template asks for from its syntax, without rendering it: most files need no more.

The text is cut into expressions and statements, each is parsed once however often it occurs, and the calls in
them are listed with whether they are surely made. What cannot be decided that way is left to a real rendering.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

import jinja2
from jinja2 import nodes
from msgspec import Struct, field

from airflow_sqlmodels.templating.call_names import CAPTURED

STRING = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
TOKEN = re.compile(
    r"\{\#.*?\#\}"
    r"|\{%[-+]?\s*raw\s*[-+]?%\}.*?\{%[-+]?\s*endraw\s*[-+]?%\}"
    r"|\{\{[-+]?(?P<expression>(?:" + STRING + r"|[^'\"}]|\}(?!\}))*?)[-+]?\}\}"
    r"|\{%[-+]?\s*(?P<word>\w+)(?P<rest>(?:" + STRING + r"|[^'\"%]|%(?!\}))*?)[-+]?%\}",
    re.DOTALL,
)
_PLAIN = r"(?:'(?P<{0}>[^'\\]*)'|\"(?P<{0}{0}>[^\"\\]*)\")"
_SIMPLE = re.compile(
    r"\s*(?:(?P<around>get_where_subquery)\(\s*)?"
    rf"(?P<name>ref|source)\(\s*{_PLAIN.format('a')}\s*(?:,\s*{_PLAIN.format('b')}\s*)?\)"
    r"\s*(?(around)\)\s*)"
)
"""What most expressions are; Jinja's parser takes a hundred times as long."""

ALWAYS = ("set", "filter")
"""Blocks whose body is rendered once, whatever happens."""


class Call(Struct, frozen=True):
    """One call in a template."""

    name: str
    """As written: `ref`, `dbt_utils.star`, `dispatch:dbt_utils.star`; "?" if it cannot be told."""
    args: tuple[Any, ...] = ()
    kwargs: tuple[tuple[str, Any], ...] = ()
    literal: bool = True
    """Whether all arguments are literals; if not, `args` and `kwargs` are empty."""
    offset: int = 0
    """Where the expression or statement begins in the template."""
    certain: bool = True
    """Whether it is made whenever the template is rendered."""
    given: tuple[int, tuple[str, ...]] | None = None
    """How many arguments without a name are given, and which names; None if that cannot be told."""


class TemplateReader(Struct):
    """Lists the calls of templates. It remembers the expressions it has seen, nothing else."""

    _environment: jinja2.Environment = field(
        default_factory=lambda: jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])
    )
    _seen: dict[str, tuple[Call, ...]] = field(default_factory=dict)

    def calls(self, text: str) -> list[Call] | None:
        """The calls in a template in their order; None if its blocks do not add up."""
        if not _opens_tag(text):
            return []
        found: list[Call] = []
        open_blocks: list[str] = []
        end = 0
        for match in TOKEN.finditer(text):
            if _opens_tag(text[end : match.start()]):
                return None
            end = match.end()
            if match["expression"] is None and match["word"] is None:
                continue
            if match["word"] is not None and not opens_or_ends(open_blocks, match["word"], match["rest"]):
                return None
            calls = self.in_token(match)
            if calls is None:
                return None
            certain = all(block in ALWAYS for block in open_blocks)
            found += [_placed(call, match.start(), certain) for call in calls]
        return None if open_blocks or _opens_tag(text[end:]) else found

    def whole(self, text: str) -> tuple[Call, ...] | None:
        """The calls in a template, parsed as one: slow, but no brace within an expression can end it too early."""
        return self._parsed(text)

    def in_token(self, token: re.Match[str]) -> tuple[Call, ...] | None:
        """The calls in one expression or statement; None if it is none that is known."""
        if token["expression"] is not None:
            return self._expression(token["expression"])
        word, rest = token["word"], token["rest"]
        if word.startswith("end") or word in _SINGLE:
            return ()
        shape = _SHAPES.get(word)
        if shape is None:
            return None
        return self._parsed(shape.format(rest=rest, end="{% endset %}" if word == "set" and not _assigns(rest) else ""))

    def _expression(self, text: str) -> tuple[Call, ...] | None:
        simple = _SIMPLE.fullmatch(text)
        if simple:
            first, second = simple["a"] or simple["aa"] or "", simple["b"] or simple["bb"]
            call = Call(simple["name"], (first,) if second is None else (first, second))
            return (call,) if simple["around"] is None else (call, Call(simple["around"], literal=False, given=(1, ())))
        return self._parsed("{{" + text + "}}")

    def _parsed(self, text: str) -> tuple[Call, ...] | None:
        if text not in self._seen:
            try:
                tree = self._environment.parse(text)
            except jinja2.TemplateSyntaxError:
                return None
            self._seen[text] = tuple(_calls_of(tree))
        return self._seen[text]


def _opens_tag(text: str) -> bool:
    """Whether there is a tag in what is none that can be told: one that is not closed, for example."""
    return "{{" in text or "{%" in text or "{#" in text


def opens_or_ends(open_blocks: list[str], word: str, rest: str) -> bool:
    """Whether a statement may stand in these blocks; it is among them then if it opens one, and gone if it ends it."""
    if word.startswith("end"):
        return bool(open_blocks) and open_blocks.pop() == word[3:]
    if word in _OPENS or (word == "set" and not _assigns(rest)):
        open_blocks.append(word)
    return True


_SINGLE = ("else", "break", "continue")
_OPENS = ("if", "for", "call", "macro", "filter")
_SHAPES = {
    "if": "{{% if {rest} %}}{{% endif %}}",
    "elif": "{{% if {rest} %}}{{% endif %}}",
    "for": "{{% for {rest} %}}{{% endfor %}}",
    "call": "{{% call {rest} %}}{{% endcall %}}",
    "macro": "{{% macro {rest} %}}{{% endmacro %}}",
    "filter": "{{% filter {rest} %}}{{% endfilter %}}",
    "do": "{{% do {rest} %}}",
    "set": "{{% set {rest} %}}{end}",
}
"""Each statement as a template of its own, so that its expressions can be parsed."""


def called_names(calls: Iterable[Call]) -> tuple[str, ...]:
    """The names called, each once, in order."""
    return tuple(dict.fromkeys(call.name for call in calls))


def _assigns(rest: str) -> bool:
    outside_strings = re.sub(STRING, "''", rest)
    return re.search(r"(?<![=!<>])=(?!=)", outside_strings) is not None


def _placed(call: Call, offset: int, certain: bool) -> Call:
    return Call(call.name, call.args, call.kwargs, call.literal, offset, certain and call.certain, call.given)


def _calls_of(tree: nodes.Node) -> Iterator[Call]:
    unsure = {id(call) for each in tree.find_all(_INLINE) for call in each.find_all(nodes.Call)}
    for call in _as_called(tree):
        name = _dotted(call.node)
        if name == "adapter.dispatch":
            yield _dispatch(call)
        elif isinstance(call.node, nodes.Call):
            continue  # adapter.dispatch(...)(...): the inner call is listed by itself
        else:
            yield _call(name, call, certain=id(call) not in unsure)
    for used in tree.find_all(nodes.Name):
        if used.name in ("builtins", "context", "graph"):
            yield Call("?", literal=False)


def _as_called(tree: nodes.Node) -> Iterator[nodes.Call]:
    """All calls, in the order in which they are made: the arguments of one come before it."""
    for child in tree.iter_child_nodes():
        yield from _as_called(child)
        if isinstance(child, nodes.Call):
            yield child


_INLINE = (nodes.CondExpr, nodes.And, nodes.Or)
"""Of an inline `a if b else c`, and of what stands behind `and` and `or`, it is not sure that it is made."""


def _dotted(node: nodes.Node) -> str:
    if isinstance(node, nodes.Name):
        return str(node.name)
    if isinstance(node, nodes.Getattr):
        return f"{_dotted(node.node)}.{node.attr}"
    return "?"


def _call(name: str, call: nodes.Call, certain: bool) -> Call:
    if name not in (*CAPTURED, "var"):
        return Call(name, literal=False, certain=certain, given=_given(call))
    if call.dyn_args is not None or call.dyn_kwargs is not None:
        return Call(name, literal=False, certain=certain)
    try:
        args = tuple(each.as_const() for each in call.args)
        kwargs = tuple((each.key, each.value.as_const()) for each in call.kwargs)
    except nodes.Impossible:
        # a default that is computed does not matter: only whether there is one
        with_default = name == "var" and call.args and len(call.args) + len(call.kwargs) > 1
        return Call(name, (_const(call.args[0]), None) if with_default else (), literal=False, certain=certain)
    return Call(name, args, kwargs, certain=certain)


def _given(call: nodes.Call) -> tuple[int, tuple[str, ...]] | None:
    if call.dyn_args is not None or call.dyn_kwargs is not None:
        return None
    return len(call.args), tuple(each.key for each in call.kwargs)


def _dispatch(call: nodes.Call) -> Call:
    values = [each.as_const() for each in call.args if isinstance(each, nodes.Const)]
    named = {each.key: each.value for each in call.kwargs}
    name = values[0] if values else _const(named.get("macro_name"))
    space = values[1] if len(values) > 1 else _const(named.get("macro_namespace"))
    if not isinstance(name, str):
        return Call("?", literal=False)
    return Call(f"dispatch:{space}.{name}" if space else f"dispatch:{name}", literal=False)


def _const(node: nodes.Expr | None) -> Any:
    return node.as_const() if isinstance(node, nodes.Const) else None
