"""The names that `ref`, `source` and `function` are given: as in dbt each has to be a text."""

from __future__ import annotations

from types import NoneType
from typing import Any

import jinja2

from airflow_sqlmodels.errors import CompilationError


def package_and_name(call: str, kind: str, args: tuple[Any, ...]) -> tuple[str | None, str]:
    """The package, if one is said, and the name that `ref` or `function` is given. Raises CompilationError."""
    package, name = (None, *args) if len(args) == 1 else args if len(args) == 2 else (None, None)
    if not isinstance(name, str) or not isinstance(package, (str, NoneType)):
        what = f"{call}() takes a {kind}'s name, or a package and a {kind}'s name"
        raise CompilationError(what, None, _given(args))
    return package, name


def two_names(args: tuple[Any, ...]) -> tuple[str, str]:
    """The two names that `source` is given. Raises CompilationError."""
    if len(args) != 2 or not all(isinstance(each, str) for each in args):
        raise CompilationError("source() takes two names: the source's and the table's", None, _given(args))
    return args


def _given(args: tuple[Any, ...]) -> str:
    """What is no name, in words: often a variable that nobody set."""
    wrong = [each for each in args if not isinstance(each, str)]
    texts = ("an unknown name" if isinstance(each, jinja2.Undefined) else str(each) for each in wrong)
    return f"it is given {', '.join(texts)}" if wrong else ""
