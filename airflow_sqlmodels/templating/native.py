"""Templates that stand for one value, with a fixed set of names and no macros."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jinja2
from jinja2.runtime import missing  # type: ignore[attr-defined]  # not listed in __all__

from airflow_sqlmodels.errors import CompilationError, Location, ProjectError, SqlModelsError
from airflow_sqlmodels.templating.environment import SCOPE, NativeEnvironment


class Names:
    """A scope without macros: just these names."""

    __slots__ = ("_names",)

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def find(self, name: str) -> Any:
        """The value of `name`, or Jinja's `missing`."""
        return self._names.get(name, missing)


def native_renderer(names: Mapping[str, Any]) -> Callable[[str, Location], Any]:
    """What renders a template to a value. It raises ProjectError or CompilationError with the place it is given."""
    environment, scope = NativeEnvironment(), Names(names)

    def render(text: str, at: Location) -> Any:
        try:
            return environment.from_string(text).render({SCOPE: scope})
        except SqlModelsError as error:
            raise type(error)(error.what, error.at or at, error.hint) from error
        except (jinja2.TemplateError, TypeError, ValueError) as error:
            kind = CompilationError if isinstance(error, jinja2.UndefinedError) else ProjectError
            raise kind(f"{error} in {text!r}", at) from error

    return render
