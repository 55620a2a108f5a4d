"""Which macros were being called when an error came up: the calls and Jinja's templates are in its traceback."""

from __future__ import annotations

from types import FrameType

from airflow_sqlmodels.manifest.macro import Macro
from airflow_sqlmodels.templating.macro_table import BUILT_IN
from airflow_sqlmodels.templating.macros import MacroCall

_CALL = MacroCall.__call__.__code__
_TEMPLATE = "__jinja_template__"
"""The global by which Jinja's code knows its template."""


def macro_trail(error: BaseException) -> str:
    """The macros with their places, the one in which it came up first: what stands behind a message; "" if none is.

    Built-in macros are left out: they are in no file of the project.
    """
    called = [(macro, line) for macro, line in _called(error) if macro.package != BUILT_IN]
    words = ("in", *["called by"] * len(called))
    told = zip(words, reversed(called), strict=False)
    return "".join(f"\n> {word} macro {macro.name} ({macro.at.path}:{line})" for word, (macro, line) in told)


def _called(error: BaseException) -> list[tuple[Macro, int]]:
    """The macros with the line that each had come to, in the order in which they were called."""
    found: list[tuple[Macro, int]] = []
    trace = error.__traceback__
    while trace is not None:
        frame = trace.tb_frame
        if frame.f_code is _CALL:
            macro = frame.f_locals["self"].macro
            found.append((macro, macro.at.line))
        elif found:
            macro, line = found[-1]
            found[-1] = macro, _line(frame, trace.tb_lineno, macro) or line
        trace = trace.tb_next
    return found


def _line(frame: FrameType, number: int, macro: Macro) -> int | None:
    """The line of the macro's file that a frame is at, if it belongs to its template."""
    if frame.f_code.co_filename == macro.at.path:  # Jinja has put the template's lines in place of its code's
        return number
    template = frame.f_globals.get(_TEMPLATE)
    return None if template is None else int(template.get_corresponding_lineno(number))
