"""What fails whenever a template is rendered, found in the text: rendering it shows then whether it does.

dbt renders every template when it reads a project, so that such a node is refused at once; here most are read without.
As a node that is refused for nothing is far worse than one that fails later, only what stands outside of any condition
counts, and nothing behind a `return`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct, field

from airflow_sqlmodels.manifest.nodes import Macro, MacroId
from airflow_sqlmodels.templating.blocks import as_macros
from airflow_sqlmodels.templating.call_graph import CallGraph
from airflow_sqlmodels.templating.macro_table import BUILT_IN, BUILT_IN_NAMES
from airflow_sqlmodels.templating.signature import arguments_of
from airflow_sqlmodels.templating.static import ALWAYS, STRING, TOKEN, opens_or_ends

_STRINGS = re.compile(STRING)
_DISPATCH = re.compile(
    rf"\badapter\.dispatch\(\s*(?P<name>{STRING})\s*(?:,\s*(?P<space>{STRING})\s*)?\)\s*(?P<open>\()"
)
_USED = re.compile(r"(?<![\w.|])(?<!\|\s)(?P<name>(?P<root>[^\W\d]\w*)(?:\.\w+)?)(?P<rest>[\w.]*)\s*(?P<sign>[(\[]?)")
_CONDITION = re.compile(r"\b(?:if|and|or|is)\b")
_RETURN = re.compile(r"\breturn\s*\(")
_KEYWORD = re.compile(r"\s*(?P<name>[^\W\d]\w*)\s*=(?!=)")
_WORDS = frozenset(("not", "in", "else", "recursive", "true", "false", "none", "True", "False", "None"))
_OF_MACROS = frozenset(("caller", "varargs", "kwargs", "loop", "self", "super"))
_REFUSING = "exceptions.raise_"


class Doubt(Struct, frozen=True):
    """What a template seems to fail with."""

    refuses: bool = False
    """It calls `exceptions.raise_…`, or a macro with arguments that this does not take."""
    names: frozenset[str] = frozenset()
    """They mean nothing, and a macro calls them or asks them for an attribute."""

    def __bool__(self) -> bool:
        return self.refuses or bool(self.names)

    def __or__(self, other: Doubt) -> Doubt:
        return Doubt(self.refuses or other.refuses, self.names | other.names)


class Doubts(Struct):
    """Doubts about templates. Each macro is looked at once, when one first surely calls it."""

    graph: CallGraph
    known: frozenset[str]
    """The names that a template has beside its macros and packages."""
    _found: dict[MacroId, Doubt] = field(default_factory=dict)

    def of_template(self, text: str, package: str) -> Doubt:
        """What the template of a node seems to fail with. Unknown names in itself are empty texts in dbt."""
        return self._of_calls(_sure_codes(text, in_macro=False), package)

    def _of_macro(self, macro: Macro) -> Doubt:
        if macro.package == BUILT_IN:
            return Doubt()
        if macro.id not in self._found:
            self._found[macro.id] = Doubt()  # one that calls itself
            text = as_macros(macro.text)
            codes = list(_sure_codes(text, in_macro=True))
            unknown = frozenset(self._unknown(codes, text, macro.package))
            self._found[macro.id] = Doubt(names=unknown) | self._of_calls(iter(codes), macro.package)
        return self._found[macro.id]

    def _of_calls(self, codes: Iterator[str], package: str) -> Doubt:
        doubt = Doubt()
        for code in codes:
            blank = _blanked(code)
            for name, opening in _calls(code, blank):
                if name.startswith(_REFUSING):
                    return Doubt(True, doubt.names)
                macro = self.graph.macro_of(name, package)
                if macro is not None and macro.package != BUILT_IN:
                    doubt |= Doubt(not _takes(macro, blank, opening)) | self._of_macro(macro)
        return doubt

    def _unknown(self, codes: list[str], text: str, package: str) -> Iterator[str]:
        """The names that mean nothing, and are called or asked for something."""
        found = (match for code in codes for match in _USED.finditer(_blanked(code)))
        asked = {match["root"] for match in found if match["sign"] or "." in match["name"]}
        for name in asked - self.known - _WORDS - _OF_MACROS:
            if not (self._is_package(name) or self.graph.table.visible(name, package) or _stands_alone(name, text)):
                yield name

    def _is_package(self, name: str) -> bool:
        return name in self.graph.table.packages or name in BUILT_IN_NAMES


def _sure_codes(text: str, *, in_macro: bool) -> Iterator[str]:
    """The code in a template, or in a macro, that runs whenever it is rendered."""
    open_blocks: list[str] = []
    first = 1 if in_macro else 0
    for token in TOKEN.finditer(text):
        code = token["expression"] or token["rest"] or ""
        begun = len(open_blocks) >= first and all(block in ALWAYS for block in open_blocks[first:])
        word = token["word"]
        if begun and word != "macro" and not _CONDITION.search(_blanked(code)):
            yield code
        if _RETURN.search(code) or (word is not None and not opens_or_ends(open_blocks, word, token["rest"])):
            return


def _blanked(code: str) -> str:
    """The code with empty texts of the same length."""
    return _STRINGS.sub(lambda match: "'" * len(match[0]), code)


def _calls(code: str, blank: str) -> Iterator[tuple[str, int]]:
    """The names called, and where the parenthesis opens."""
    for match in _DISPATCH.finditer(code):
        space = f"{match['space'][1:-1]}." if match["space"] else ""
        yield f"dispatch:{space}{match['name'][1:-1]}", match.start("open")
    for match in _USED.finditer(blank):
        if match["sign"] == "(" and not match["rest"] and match["root"] not in _WORDS:
            yield match["name"], match.start("sign")


def _takes(macro: Macro, blank: str, opening: int) -> bool:
    """Whether the macro takes the arguments behind that parenthesis, as far as they can be told."""
    given = _given(blank, opening)
    if any(each.lstrip().startswith("*") for each in given):
        return True
    said = [match["name"] for match in map(_KEYWORD.match, given) if match]
    takes = arguments_of(macro.text)
    too_many = len(given) - len(said) > len(takes) and "varargs" not in macro.text
    unknown = any(name not in takes and name != "caller" for name in said) and "kwargs" not in macro.text
    return not (too_many or unknown)


def _given(blank: str, opening: int) -> list[str]:
    """The arguments of a call, from its opening parenthesis on; none if it does not end."""
    found, depth, begin = [], 0, opening + 1
    for at in range(opening, len(blank)):
        sign = blank[at]
        depth += (sign in "([{") - (sign in ")]}")
        if (sign == "," and depth == 1) or not depth:
            found.append(blank[begin:at])
            begin = at + 1
        if not depth:
            return [each for each in found if each.strip()]
    return []


def _stands_alone(name: str, text: str) -> bool:
    """Whether the name occurs otherwise too: as an argument, behind `set` or `for`, or compared with something."""
    alone = re.compile(rf"(?<![\w.]){name}\b(?!\s*[.(\[])")
    codes = (token["expression"] or token["rest"] or "" for token in TOKEN.finditer(text))
    return any(alone.search(_blanked(code)) for code in codes)
