"""Jinja inside YAML: values of dbt_project.yml, profiles.yml and properties."""

from __future__ import annotations

from collections.abc import Mapping
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


class YamlRenderer:
    """Renders values with a fixed set of names."""

    __slots__ = ("_environment", "_names")

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._environment = NativeEnvironment()
        self._names = Names(names)

    def value(self, value: Any, at: Location) -> Any:
        """The value with all strings in it rendered; types as the templates give them."""
        if value.__class__ is str:
            return self.text(value, at) if "{{" in value or "{%" in value else value
        if isinstance(value, dict):
            return {key: self.value(each, at) for key, each in value.items()}
        if isinstance(value, list):
            return [self.value(each, at) for each in value]
        return value

    def text(self, text: str, at: Location) -> Any:
        """One template, rendered. Raises ProjectError with the place if that fails."""
        try:
            return self._environment.from_string(text).render({SCOPE: self._names})
        except SqlModelsError as error:
            raise type(error)(error.what, error.at or at, error.hint) from error
        except (jinja2.TemplateError, TypeError, ValueError) as error:
            kind = CompilationError if isinstance(error, jinja2.UndefinedError) else ProjectError
            raise kind(f"{error} in {text!r}", at) from error
