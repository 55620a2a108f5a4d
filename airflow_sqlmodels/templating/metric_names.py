"""`metric(...)` in templates while they are read: which metric is meant."""

from __future__ import annotations

from typing import Any

from jinja2.runtime import missing  # type: ignore[attr-defined]  # not listed in __all__

from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.nodes import Ref
from airflow_sqlmodels.templating.environment import Offering

_MOST = 2


def metric_asked(*args: Any) -> Ref:
    """The metric that a call names. Raises CompilationError for arguments that name none."""
    hint = "metric() takes a metric's name, or a package and a metric's name"
    if not 1 <= len(args) <= _MOST:
        raise CompilationError(f"metric() takes at most two arguments ({len(args)} given)", None, hint)
    package, name = (None, args[0]) if len(args) == 1 else args
    if not isinstance(name, str):
        raise CompilationError(f"the name given to metric() must be a string, it is {_kind(name)}", None, hint)
    if package is not None and not isinstance(package, str):
        raise CompilationError(f"the package given to metric() must be a string, it is {_kind(package)}", None, hint)
    return Ref(name, package)


def _kind(value: Any) -> str:
    return type(value).__name__


class NamedMetric(Offering):
    """A metric of which nothing is known but its name."""

    __slots__ = ("asked",)

    def __init__(self, asked: Ref) -> None:
        self.asked = asked

    def offered(self, name: str) -> Any:
        """Its name and package: the rest is known when the project is."""
        known = {"metric_name": self.asked.name, "package_name": self.asked.package}
        return known.get(name, missing)

    def __str__(self) -> str:
        return self.asked.name
