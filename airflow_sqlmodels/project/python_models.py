"""A model that is written in Python: what it asks for stands in its syntax tree. Nothing of it is run or rendered.

Postgres cannot run one. It is read all the same, as in dbt: other nodes may name it, and whoever does not build it
should not be stopped by it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from airflow_sqlmodels.errors import Location, ProjectError, line_location
from airflow_sqlmodels.templating.recorder import Asked, Recorder

_CALLS = ("dbt.ref", "dbt.source", "dbt.config")
_READERS = {"dbt.config.get": "config_keys", "dbt.config.meta_get": "meta_keys"}
"""What asks for a config when the model runs, and under which name dbt notes that."""
_TEMPLATE = re.compile(r"\{[{%#]")
_ARGUMENTS = ("dbt", "a session")


def ask_python(text: str, path: str) -> Asked:
    """What a model in Python asks for. Raises ProjectError if it is none, or does not say it in plain values."""
    template = _TEMPLATE.search(text)
    if template is not None:
        line = text.count("\n", 0, template.start()) + 1
        raise ProjectError("No jinja in python model code is allowed", line_location(text, line, path),
                           "say it in Python: dbt.ref('…'), dbt.source('…', '…'), dbt.config.get('…')")  # fmt: skip
    try:
        tree = ast.parse(text)
    except SyntaxError as error:
        raise ProjectError(f"this is not Python: {error.msg}", line_location(text, error.lineno or 1, path)) from error
    if not tree.body:
        return Asked(called=())
    _check_function(tree, text, path)
    return _asked(tree, text, path)


def _check_function(tree: ast.Module, text: str, path: str) -> None:
    models = [each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef) and each.name == "model"]
    if len(models) != 1:
        what = f"dbt allows exactly one model defined per python file, found {len(models)}"
        raise ProjectError(what, Location(path, 1), "def model(dbt, session): … return a_data_frame")
    (model,) = models
    at = line_location(text, model.lineno, path)
    names = [each.arg for each in model.args.args]
    if len(names) != len(_ARGUMENTS) or names[0] != "dbt":
        raise ProjectError("model function should have two args, `dbt` and a session to current warehouse", at)
    last = model.body[-1]
    if not isinstance(last, ast.Return) or isinstance(last.value, ast.Tuple):
        raise ProjectError("In current version, model function should return only one dataframe object", at)


def _asked(tree: ast.Module, text: str, path: str) -> Asked:
    recorder = Recorder()
    read: dict[str, list[tuple[Any, Any]]] = {name: [] for name in _READERS.values()}
    for name, call in _calls_of_dbt(tree):
        at = line_location(text, call.lineno, path)
        args, kwargs = _literals(call, at)
        if name in _READERS:
            read[_READERS[name]].append(_key_and_default(name, args, at))
        elif name == "dbt.ref":
            recorder.ref(*args, **kwargs)
        elif name == "dbt.source":
            recorder.source(*args, **kwargs)
        else:
            recorder.config(*args, **kwargs)
    asked = recorder.asked((), called=())
    noted = {f"{name}_{what}": [pair[at] for pair in pairs]
             for name, pairs in read.items() for at, what in enumerate(("used", "defaults"))}  # fmt: skip
    return replace(asked, configs=(*asked.configs, noted)) if any(read.values()) else asked


def _calls_of_dbt(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """The calls by their names, in the order of their lines."""
    calls = [each for each in ast.walk(tree) if isinstance(each, ast.Call)]
    for call in sorted(calls, key=lambda each: (each.lineno, each.col_offset)):
        name = _dotted(call.func)
        if name in _CALLS or name in _READERS:
            yield name, call


def _dotted(called: ast.expr) -> str:
    if isinstance(called, ast.Attribute):
        return f"{_dotted(called.value)}.{called.attr}"
    return called.id if isinstance(called, ast.Name) else ""


def _literals(call: ast.Call, at: Location) -> tuple[list[Any], dict[str, Any]]:
    try:
        return [ast.literal_eval(each) for each in call.args], {
            str(each.arg): ast.literal_eval(each.value) for each in call.keywords
        }
    except (ValueError, TypeError) as error:
        raise ProjectError("what dbt.ref, dbt.source and dbt.config are given must be plain values", at,
                           "it is read without being run: write the value itself") from error  # fmt: skip


def _key_and_default(name: str, args: list[Any], at: Location) -> tuple[Any, Any]:
    match args:
        case [key]:
            return key, None
        case [key, default]:
            return key, default
        case []:
            raise ProjectError(f"{name}() requires at least one argument", at)
        case _:
            raise ProjectError(f"{name}() takes at most 2 arguments ({len(args)} given)", at)
