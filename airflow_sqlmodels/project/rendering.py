"""Jinja inside YAML: values of dbt_project.yml, profiles.yml and properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.errors import Location


def is_template(text: str) -> bool:
    """Whether rendering it may give something else than the text."""
    return "{{" in text or "{%" in text or "{#" in text


class YamlRenderer:
    """Renders values with a fixed set of names."""

    __slots__ = ("_names", "_render")

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names
        self._render: Any = None

    def value(self, value: Any, at: Location) -> Any:
        """The value with all strings in it rendered; types as the templates give them."""
        if value.__class__ is str:
            return self.text(value, at) if is_template(value) else value.removesuffix("\n")  # as Jinja does
        if isinstance(value, dict):
            return {key: self.value(each, at) for key, each in value.items()}
        if isinstance(value, list):
            return [self.value(each, at) for each in value]
        return value

    def text(self, text: str, at: Location) -> Any:
        """One template, rendered. Raises ProjectError with the place if that fails."""
        if self._render is None:
            # many a profile and project file holds no template, and Jinja takes longer to import than they to read
            from airflow_sqlmodels.templating.names import Modules  # noqa: PLC0415
            from airflow_sqlmodels.templating.native import native_renderer  # noqa: PLC0415

            self._render = native_renderer({"modules": Modules(), **self._names})
        return self._render(text, at)
