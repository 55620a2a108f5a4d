"""What fails whenever a template is rendered, found in the text: rendering it shows then whether it does.

dbt renders every template when it reads a project, so that such a node is refused at once; here most are read without.
As a node that is refused for nothing is far worse than one that fails later, only what stands outside of any condition
counts, and nothing behind a `return`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec import Struct, field

from airflow_sqlmodels.manifest.macro import Macro, MacroId
from airflow_sqlmodels.templating.blocks import as_macros
from airflow_sqlmodels.templating.call_graph import CallGraph
from airflow_sqlmodels.templating.macro_table import BUILT_IN, BUILT_IN_NAMES
from airflow_sqlmodels.templating.signature import arguments_of
from airflow_sqlmodels.templating.static import ALWAYS, STRING, TOKEN, Call, opens_or_ends

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
_OF_DBT = frozenset(
    ("column", "columns", "compiled_sql", "context", "context_macro_stack", "dbt_metadata_envs", "doc", "env",
     "selected_resources", "source_node", "sql_now", "statement", "submit_python_job", "validation")
)  # fmt: skip
"""Names that dbt's templates have, whether or not they are known here while a project is read."""
_REFUSING = "exceptions.raise_"
_REFUSED = "adapter_macro"
"""It is there to say what to write instead."""

Given = tuple[int, tuple[str, ...]]
"""How many arguments without a name, and which names."""


class Doubt(Struct, frozen=True):
    """What a template seems to fail with."""

    refuses: bool = False
    """It calls `exceptions.raise_…` or `adapter_macro`, or a macro with arguments that this does not take."""
    names: frozenset[str] = frozenset()
    """They mean nothing, and a macro calls them or asks them for an attribute."""

    def __bool__(self) -> bool:
        return self.refuses or bool(self.names)

    def __or__(self, other: Doubt) -> Doubt:
        return self if not other else Doubt(self.refuses or other.refuses, self.names | other.names)


_NONE = Doubt()


class Doubts(Struct):
    """Doubts about templates. Each macro is looked at once, when one first surely calls it."""

    graph: CallGraph
    known: frozenset[str]
    """The names that a template has beside its macros and packages."""
    _found: dict[MacroId, Doubt] = field(default_factory=dict)
    _arguments: dict[MacroId, tuple[str, ...]] = field(default_factory=dict)

    def of_calls(self, calls: Iterable[Call], package: str) -> Doubt:
        """What a node's template with these calls seems to fail with. Unknown names in itself are empty in dbt."""
        doubt = Doubt()
        for call in calls:
            if call.certain:
                doubt |= self._of_call(call.name, call.given, package)
            if call.name == "return":
                break
        return doubt

    def _of_call(self, name: str, given: Given | None, package: str) -> Doubt:
        if name.startswith(_REFUSING):
            return Doubt(True)
        macro = self.graph.macro_of(name, package)
        if macro is None:
            return Doubt(name == _REFUSED)
        if macro.package == BUILT_IN:
            return _NONE
        doubt = self._of_macro(macro)
        return doubt if given is None or self.takes(macro, given) else doubt | Doubt(True)

    def _of_macro(self, macro: Macro) -> Doubt:
        if macro.id not in self._found:
            self._found[macro.id] = _NONE  # one that calls itself
            text = as_macros(macro.text)
            codes = list(_sure_codes(text))
            doubt = Doubt(names=frozenset(self._unknown(codes, text, macro.package)))
            for code in codes:
                for name, given in _calls(code):
                    doubt |= self._of_call(name, given, macro.package)
            self._found[macro.id] = doubt
        return self._found[macro.id]

    def arguments(self, macro: Macro) -> tuple[str, ...]:
        """The names of its arguments."""
        if macro.id not in self._arguments:
            self._arguments[macro.id] = arguments_of(macro.text)
        return self._arguments[macro.id]

    def takes(self, macro: Macro, given: Given) -> bool:
        """Whether the macro takes these arguments."""
        takes = self.arguments(macro)
        count, names = given
        too_many = count > len(takes) and "varargs" not in macro.text
        unknown = any(name not in takes and name != "caller" for name in names) and "kwargs" not in macro.text
        return not (too_many or unknown)

    def _unknown(self, codes: list[str], text: str, package: str) -> Iterator[str]:
        """The names that mean nothing, and are called or asked for something."""
        found = (match for code in codes for match in _USED.finditer(_blanked(code)))
        asked = {match["root"] for match in found if match["sign"] or "." in match["name"]}
        for name in asked - self.known - _WORDS - _OF_MACROS - _OF_DBT:
            if not (self._is_package(name) or self.graph.table.visible(name, package) or _stands_alone(name, text)):
                yield name

    def _is_package(self, name: str) -> bool:
        return name in self.graph.table.packages or name in BUILT_IN_NAMES


def _sure_codes(text: str) -> Iterator[str]:
    """The code in a macro that runs whenever it is called."""
    open_blocks: list[str] = []
    for token in TOKEN.finditer(text):
        code = token["expression"] or token["rest"] or ""
        word = token["word"]
        sure = bool(open_blocks) and word != "macro" and all(block in ALWAYS for block in open_blocks[1:])
        if sure and ("." in code or "(" in code or "[" in code) and not _CONDITION.search(_blanked(code)):
            yield code
        if _RETURN.search(code) or (word is not None and not opens_or_ends(open_blocks, word, token["rest"])):
            return


def _blanked(code: str) -> str:
    """The code with empty texts of the same length."""
    return _STRINGS.sub(lambda match: "'" * len(match[0]), code) if "'" in code or '"' in code else code


def _calls(code: str) -> Iterator[tuple[str, Given | None]]:
    """The names called, and what they are given."""
    blank = _blanked(code)
    for match in _DISPATCH.finditer(code) if "adapter.dispatch" in code else ():
        space = f"{match['space'][1:-1]}." if match["space"] else ""
        yield f"dispatch:{space}{match['name'][1:-1]}", _given(blank, match.start("open"))
    for match in _USED.finditer(blank):
        if match["sign"] == "(" and not match["rest"] and match["root"] not in _WORDS:
            yield match["name"], _given(blank, match.start("sign"))


def _given(blank: str, opening: int) -> Given | None:
    """What a call is given, from its opening parenthesis on; None if it cannot be told."""
    found, depth, begin = [], 0, opening + 1
    for at in range(opening, len(blank)):
        sign = blank[at]
        depth += (sign in "([{") - (sign in ")]}")
        if (sign == "," and depth == 1) or not depth:
            found.append(blank[begin:at].strip())
            begin = at + 1
        if not depth:
            break
    if depth or any(each.startswith("*") for each in found):
        return None
    names = tuple(match["name"] for match in map(_KEYWORD.match, found) if match)
    return len([each for each in found if each]) - len(names), names


def _stands_alone(name: str, text: str) -> bool:
    """Whether the name occurs otherwise too: as an argument, behind `set` or `for`, or compared with something."""
    alone = re.compile(rf"(?<![\w.]){name}\b(?!\s*[.(\[])")
    codes = (token["expression"] or token["rest"] or "" for token in TOKEN.finditer(text))
    return any(alone.search(_blanked(code)) for code in codes)
