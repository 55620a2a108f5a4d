"""Renders templates that need no Jinja; `plain` says which these are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from airflow_sqlmodels.errors import Location
from airflow_sqlmodels.manifest.macro import Macro
from airflow_sqlmodels.templating.plain import PlainCall, plain_parts
from airflow_sqlmodels.templating.usual_tests import usual_test

if TYPE_CHECKING:
    from airflow_sqlmodels.templating.answering import Rendering

_OWN = ("ref", "source", "function", "this", "var")
"""What a plain template may call beside macros."""


def plain_text(rendering: Rendering, template: str, at: Location, line: int) -> str | None:
    """A template of a node that needs no Jinja, rendered; None if it needs it. It begins in that line of its file.

    Raises CompilationError with the place if it cannot be rendered.
    """
    parts = plain_parts(template)
    if parts is None:
        return None
    calls: dict[int, Callable[..., object]] = {}
    for part in parts:
        if isinstance(part, PlainCall):
            function = _callable(rendering, part)
            if function is None:
                return None
            calls[part.offset] = function
    return "".join(
        part if isinstance(part, str) else _called(rendering, calls[part.offset], part, template, at, line)
        for part in parts
    )


def _called(  # where it stands is needed for an error
    rendering: Rendering, function: Callable[..., object], call: PlainCall, template: str, at: Location, line: int
) -> str:
    try:
        more = rendering.added[call.more_kwargs] if call.more_kwargs is not None else {}
        return str(function(*call.args, **call.kwargs, **more))
    except Exception as error:
        from airflow_sqlmodels.templating.answers import told  # noqa: PLC0415  # imports Jinja

        found = told(error, "\n" * (line - 1) + template, at, line + template.count("\n", 0, call.offset))
        if found is error:
            raise
        raise found from error


def _callable(rendering: Rendering, call: PlainCall) -> Callable[..., object] | None:
    """What to call; None if only Jinja can tell."""
    macros, package = rendering.means.macros, rendering.node.package
    if call.more_kwargs is not None and call.more_kwargs not in rendering.added:
        return None
    if call.package is None:
        macro = macros.visible(call.name, package)
        if macro is None and call.name in _OWN:
            own: Callable[..., object] = getattr(rendering, call.name)
            return own
    else:
        macro = macros.of_package(call.name, call.package) if call.package in macros.packages else None
    return None if macro is None else _usual_test(rendering, macro, call) or rendering.scope.named(macro)


def _usual_test(rendering: Rendering, macro: Macro, call: PlainCall) -> Callable[..., object] | None:
    """What gives the text of a data test without Jinja; None if only its macro can."""
    means = rendering.means
    if call.more_kwargs is None or call.args or call.kwargs or macro.id in means.stand_ins:
        return None
    if means.invocation.keeps_failures(rendering.config.get("store_failures")):
        return None
    found = usual_test(macro, means.macros, rendering.added[call.more_kwargs])
    if found is not None:
        rendering.notes.called[macro.id] = None
    return found
