"""Where in a template an error came up."""

from __future__ import annotations

from airflow_sqlmodels.errors import Location, SqlModelsError, line_location


def placed(error: SqlModelsError, at: Location, behind: str = "") -> SqlModelsError:
    """The same error with its place, and with what is told behind its message."""
    what, _, *rest = error.args
    return type(error)(what + behind, at, *rest)


def place_of_error(error: BaseException, template: str, at: Location, line: int = 0) -> Location:
    """Where in the template an error came up: Jinja puts its lines into the traceback. `line`, if it tells none."""
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == at.path:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line_location(template, line, at.path) if line else Location(at.path)
