"""Jinja inside YAML: values of dbt_project.yml, profiles.yml and properties."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_sqlmodels.errors import Location, SqlModelsError

if TYPE_CHECKING:
    from airflow_sqlmodels.templating.plain import PlainCall

_ASKED = ("env_var", "var", "doc")
"""Functions with texts for arguments, which most templates in YAML call and nothing else."""

_LATER = frozenset(("description", "tests", "data_tests"))


def is_template(text: str) -> bool:
    """Whether rendering it may give something else than the text."""
    return "{{" in text or "{%" in text or "{#" in text


class YamlRenderer:
    """Renders values with a fixed set of names."""

    __slots__ = ("_names", "_render")

    def __init__(self, names: Mapping[str, Any]) -> None:
        self._names = names
        self._render: Any = None

    def value(self, value: Any, at: Location, *, known: bool = False) -> Any:
        """The value with all strings in it rendered; types as the templates give them. `known`: see `text`."""
        if value.__class__ is str:
            return (
                self.text(value, at, known=known) if is_template(value) else value.removesuffix("\n")
            )  # as Jinja does
        if isinstance(value, dict):
            return {key: self.value(each, at, known=known) for key, each in value.items()}
        if isinstance(value, list):
            return [self.value(each, at, known=known) for each in value]
        return value

    def inside(self, value: Any, depth: int, at: Location, *, known: bool = False) -> Any:
        """The same for what stands that many keys deep in an entry of a property file.

        As in dbt, what is a description or a test going by the place alone is left as it is written: whoever reads
        these renders them. So is what `meta` has in such a place, which nobody renders then.
        """
        if isinstance(value, dict):
            return {
                key: each
                if each.__class__ is str and _is_for_later(key, depth + 1)
                else self.inside(each, depth + 1, at, known=known)
                for key, each in value.items()
            }
        if isinstance(value, list):
            return [self.inside(each, depth + 1, at, known=known) for each in value]
        return self.value(value, at, known=known)

    def text(self, text: str, at: Location, *, known: bool = False) -> Any:
        """One template, rendered. Raises ProjectError with the place if that fails.

        A name that is not known gives "", as in dbt. `known`: it is an error.
        """
        values = self._answers(text, at) if "var" in text or "doc" in text else None
        if values is not None:
            return values[0] if len(values) == 1 else "".join(map(str, values))
        if self._render is None:
            # many a profile and project file holds no template, and Jinja takes longer to import than they to read
            from airflow_sqlmodels.templating.names import yaml_names  # noqa: PLC0415
            from airflow_sqlmodels.templating.native import native_renderer  # noqa: PLC0415

            self._render = native_renderer(yaml_names(self._names))
        return self._render(text, at, known=known)

    def _answers(self, text: str, at: Location) -> list[Any] | None:
        """The parts of a text that asks for variables or docs blocks and nothing else; None if only Jinja can tell.

        Variables of the environment stand in most profiles, which every command reads, others in the sources of
        packages; and a project that has docs blocks has them in thousands of descriptions.
        """
        from airflow_sqlmodels.templating.plain import PlainCall, plain_parts  # noqa: PLC0415  # few files have any

        parts, names = plain_parts(text), self._names
        calls = [each for each in parts or () if isinstance(each, PlainCall)]
        if parts is None or not all(_asks(call) and call.name in names for call in calls):
            return None
        try:
            values = [
                names[each.name](*each.args) if isinstance(each, PlainCall) else each for each in parts if each != ""
            ]
        except SqlModelsError as error:
            raise type(error)(error.what, error.at or at, error.hint) from error
        return values or None


def _is_for_later(key: Any, depth: int) -> bool:
    """Whether a description or a test stands at such a place: that of a column, or that of a version's column."""
    return (depth == 2 and key in _LATER) or (depth == 5 and key == "description")


def _asks(call: PlainCall) -> bool:
    """Whether it is a call of `env_var`, `var` or `doc` as it should be."""
    is_one = call.name in _ASKED and not (call.package or call.kwargs or call.more_kwargs)
    texts = call.args if call.name == "doc" else call.args[:1]  # a default may be anything
    return is_one and 1 <= len(call.args) <= 2 and all(isinstance(each, str) for each in texts)
