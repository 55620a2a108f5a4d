"""What a template asks for, as far as its calls say it. Most templates need not be rendered for that."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from airflow_sqlmodels.errors import CompilationError, Location, SqlModelsError, line_location
from airflow_sqlmodels.manifest.macro import MacroId
from airflow_sqlmodels.templating.call_graph import CallGraph
from airflow_sqlmodels.templating.call_names import CAPTURED
from airflow_sqlmodels.templating.macro_table import BUILT_IN
from airflow_sqlmodels.templating.places import placed
from airflow_sqlmodels.templating.recorder import Asked, Recorder
from airflow_sqlmodels.templating.static import STRING, TOKEN, Call
from airflow_sqlmodels.templating.variables import missing_var

_SETS = re.compile(r"\{%[-+]?\s*set\b([^=%]*)")
_WORD = re.compile(r"\w+")
_STRING = re.compile(STRING)


def is_plain(calls: Iterable[Call], package: str, graph: CallGraph) -> bool:
    """Whether the calls in a template say all, but for what `unclear` finds."""
    for call in calls:
        if call.name in CAPTURED:
            if not (call.certain and (call.literal or call.name == "config")) or graph.macro_of(call.name, package):
                return False
        elif (
            call.name == "return"
            or graph.is_noisy(call.name, package)
            or not (call.certain or _is_built_in(call, package, graph))
        ):
            return False
    return True


def _is_built_in(call: Call, package: str, graph: CallGraph) -> bool:
    """Whether it is none of the project's and packages' macros: of those, only what is really called is listed."""
    macro = graph.macro_of(call.name, package)
    return macro is None or macro.package == BUILT_IN


def templated_vars(known: Mapping[str, Any]) -> frozenset[str]:
    """The variables whose values are templates themselves: they may ask for a ref."""
    return frozenset(
        name for name, value in known.items() if isinstance(value, str) and ("{{" in value or "{%" in value)
    )


def unclear(calls: Iterable[Call], package: str, graph: CallGraph, templated: frozenset[str]) -> list[Call]:
    """The plain calls of which only rendering tells what they ask for: they compute it, or may ask for such a var."""
    return [
        call
        for call in calls
        if (not call.literal and call.name == "config") or (templated and _may_ask_for(templated, call, package, graph))
    ]


def _may_ask_for(templated: frozenset[str], call: Call, package: str, graph: CallGraph) -> bool:
    if call.name == "var":
        return not call.args or call.args[0] is None or call.args[0] in templated
    asked = graph.vars_asked(call.name, package)
    return asked is None or not templated.isdisjoint(asked)


def rendered_alone(calls: Iterable[Call], text: str, render: Callable[[str], Asked]) -> dict[int, Asked] | None:
    """What the expressions or statements with these calls ask for, by where they begin.

    They are rendered without the rest of the template, which takes much longer to compile. None if that is not the
    same: with names that the template sets, within a condition, or because it fails.
    """
    found: dict[int, Asked] = {}
    own = {word for targets in _SETS.findall(text) for word in _WORD.findall(targets)}
    for call in calls:
        if not call.certain:
            return None
        if call.offset in found:
            continue
        token = TOKEN.match(text, call.offset)
        if token is None or not own.isdisjoint(_WORD.findall(_STRING.sub("", token[0]))):
            return None
        try:
            found[call.offset] = render(token[0])
        except SqlModelsError:
            return None  # it is said, with its place, when all of the template is rendered
    return found


def asked_by(  # what is known of a template
    calls: Iterable[Call],
    rendered: Mapping[int, Asked],
    macros: tuple[MacroId, ...],
    text: str,
    path: str,
    known: Mapping[str, Any],
) -> Asked:
    """What plain calls, and those `rendered` alone, ask for. Raises CompilationError with the place if one is wrong."""
    recorder, problems, left = Recorder(), [], dict(rendered)
    for call in calls:
        if call.offset in rendered:
            recorder.add(left.pop(call.offset, Asked()))
        elif call.name in CAPTURED:
            _note(recorder, call, text, path)
        elif call.name == "var" and call.certain and len(call.args) == 1 and not call.kwargs:
            problems += _missing(call, text, path, known)
    if not rendered and all(call.name in _NEVER_RENDERED for call in calls):
        recorder.sources = list(dict.fromkeys(recorder.sources))
    return recorder.asked(macros, tuple(problems))


_NEVER_RENDERED = ("ref", "source", "config")
"""If nothing else is called dbt, too, reads the calls alone, and says each source once."""


def _note(recorder: Recorder, call: Call, text: str, path: str) -> None:
    try:
        recorder.note(call)
    except CompilationError as error:
        raise placed(error, _place(call, text, path)) from error


def _missing(call: Call, text: str, path: str, known: Mapping[str, Any]) -> list[SqlModelsError]:
    name = call.args[0]
    if name in known:
        return []
    what, _, hint = missing_var(name, known)
    return [CompilationError(what, _place(call, text, path), hint)]


def _place(call: Call, text: str, path: str) -> Location:
    """Where a call stands."""
    from_here = text.find(call.name, call.offset)
    line = text.count("\n", 0, from_here) + 1
    column = from_here - text.rfind("\n", 0, from_here)
    return Location(path, line, column, line_location(text, line, path).text)
