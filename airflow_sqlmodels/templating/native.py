"""Templates that stand for one value, with a fixed set of names and no macros."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import jinja2
from jinja2.runtime import missing  # type: ignore[attr-defined]  # not listed in __all__

from airflow_sqlmodels.errors import CompilationError, Location, ProjectError, SqlModelsError
from airflow_sqlmodels.templating.environment import SCOPE, NativeEnvironment
from airflow_sqlmodels.templating.macros import OUTSIDE, Return


class Names:
    """A scope without macros: just these names."""

    __slots__ = ("_names",)

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names

    def find(self, name: str) -> Any:
        """The value of `name`, or Jinja's `missing`."""
        return self._names.get(name, missing)


class Render(Protocol):
    """Renders a template to a value. Raises ProjectError or CompilationError with the place it is given."""

    def __call__(self, text: str, at: Location, *, known: bool = False) -> Any:
        """The value; of a name that is not there "", as in dbt. `known`: that is an error."""


def native_renderer(names: Mapping[str, Any]) -> Render:
    """What renders templates with these names."""
    environment, scope = NativeEnvironment(), Names(names)

    def render(text: str, at: Location, *, known: bool = False) -> Any:
        try:
            value: Any = environment.from_string(text).render({SCOPE: scope})  # of whatever type a template gives
        except SqlModelsError as error:
            raise type(error)(error.what, error.at or at, error.hint) from error
        except (jinja2.TemplateError, TypeError, ValueError) as error:
            kind = CompilationError if isinstance(error, jinja2.UndefinedError) else ProjectError
            raise kind(f"{error} in {text!r}", at) from error
        except Return as error:
            raise CompilationError(f"{OUTSIDE}: {text!r}", at) from error
        except Exception as error:  # whatever what a template calls may raise: {{ 1 / 0 }}
            raise CompilationError(f"{error} in {text!r}", at) from error
        if not isinstance(value, jinja2.Undefined):
            return value
        if known:
            raise ProjectError(f"{text!r} gives no value: nothing of that name is known there", at)
        return ""

    return render
