"""The names every template may use, whatever the phase. What differs by phase is in reading.py and answering.py."""

from __future__ import annotations

import datetime
import functools
import hashlib
import importlib
import itertools
import json
from collections.abc import Callable, Iterable, Mapping
from types import SimpleNamespace
from typing import Any, NoReturn

import yaml

from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.manifest import Settings
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.templating.column import TemplateColumn
from airflow_sqlmodels.templating.environment import Callee
from airflow_sqlmodels.templating.invocation import LANGUAGE_VERSION, Flags, Invocation
from airflow_sqlmodels.templating.macros import Return
from airflow_sqlmodels.templating.options import all_options
from airflow_sqlmodels.templating.refusals import Refusals
from airflow_sqlmodels.templating.validation import any_of
from airflow_sqlmodels.templating.variables import EnvVar, metadata_envs, target_names
from airflow_sqlmodels.warehouse import turns


def shared_names(settings: Settings, invocation: Invocation) -> dict[str, Any]:
    """All names whose meaning is the same in every phase and for every node."""
    target = target_names(settings.target)
    target["threads"] = invocation.args.get("threads") or target["threads"]
    return {
        **plain_names(invocation.started_at),
        "project_name": settings.name,
        "target": target,
        "env": dict(target),
        "env_var": EnvVar(settings.env),
        "flags": Flags(invocation, settings.flags),
        "invocation_id": invocation.id,
        "invocation_args_dict": _options(invocation, settings),
        "selected_resources": list(invocation.selected),
        "exceptions": Refusals(invocation.warn),
        "log": _Log(invocation),
        "print": _Print(invocation),
        "debug": _nothing,
        "adapter_macro": _adapter_macro,
        "modules": Modules(invocation.warn),
        "try_or_compiler_error": _try,
        "column": TemplateColumn,
        "sql_now": "now()",
        "validation": {"any": any_of},
        "dbt_metadata_envs": metadata_envs(settings.env),
    }


_OF_SQL = frozenset(
    (
        *("exceptions", "selected_resources", "invocation_args_dict", "dbt_metadata_envs"),
        *("column", "sql_now", "try_or_compiler_error", "env", "debug", "adapter_macro", "validation"),
    )
)
"""The shared names that templates in property files do not have."""


def property_names(shared: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the shared names that property files have, too."""
    return {name: value for name, value in shared.items() if name not in _OF_SQL}


def plain_names(started_at: datetime.datetime) -> dict[str, Any]:
    """The names that need no project: dbt_project.yml, packages.yml and profiles.yml have them too.

    What these log or print is told nowhere, as a command may read them more than once.
    """
    return {
        "dbt_version": LANGUAGE_VERSION,
        "run_started_at": started_at,
        "thread_id": turns.name(),
        "return": _RETURN,
        "log": _nothing,
        "print": _nothing,
        "modules": Modules(),
        "fromjson": _from_json,
        "tojson": _to_json,
        "fromyaml": _from_yaml,
        "toyaml": _to_yaml,
        "set": _set,
        "set_strict": set,
        "zip": _zip,
        "zip_strict": zip,
        "local_md5": _md5,
        "diff_of_two_dicts": _difference,
    }


def yaml_names(own: Mapping[str, Any]) -> dict[str, Any]:
    """The names of a YAML file that has these `own` ones. Other flags are those of a run in which none is said."""
    invocation = Invocation(command="parse")
    names = {
        **plain_names(invocation.started_at),
        "flags": Flags(invocation, {}),
        "invocation_id": invocation.id,
        **own,
    }
    seen = {**names, "builtins": dict(names)}
    return {**seen, "context": seen}


def _said(args: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: args[name]} if args.get(name) else {}


class Modules:
    """`modules.datetime`, `.re`, `.itertools`, `.pytz`: imported when asked for."""

    _NAMES = ("datetime", "re", "pytz")

    def __init__(self, warn: Callable[[Warned], None] | None = None) -> None:
        self._warn = warn

    def __getattr__(self, name: str) -> Any:
        if name == "itertools":
            return _Itertools(self._warn)
        if name not in self._NAMES:
            raise AttributeError(name)
        return _public(name)


@functools.cache  # macros ask for `modules.re` in loops
def _public(name: str) -> SimpleNamespace:
    """What dbt gives of a module: what that lists as public, not what it imports itself."""
    module = importlib.import_module(name)
    names = _DATETIME if name == "datetime" else module.__all__
    return SimpleNamespace(**{each: getattr(module, each) for each in names})


_DATETIME = ("date", "datetime", "time", "timedelta", "tzinfo")
"""Fewer than the module lists: a project that asks for more does not run with dbt."""
_ITERTOOLS = frozenset(("accumulate", "chain", "combinations", "combinations_with_replacement", "compress", "count",
                        "cycle", "islice", "permutations", "product", "repeat", "starmap", "tee",
                        "zip_longest"))  # fmt: skip
"""What dbt gives of that module."""


class _Itertools:
    """The module, whose use is told: dbt is to lose it."""

    def __init__(self, warn: Callable[[Warned], None] | None) -> None:
        self._warn = warn

    def __getattr__(self, name: str) -> Any:
        if name not in _ITERTOOLS:
            raise AttributeError(name)
        found = getattr(itertools, name)
        if self._warn is not None:
            text = f"Usage of itertools modules is deprecated: modules.itertools.{name}, write it as a macro"
            self._warn(Warned(text, "ModulesItertoolsUsageDeprecation", once=True))
        return found


def _options(invocation: Invocation, settings: Settings) -> dict[str, Any]:
    """All options of the run; the sample as dbt has it, with `start` and `end`."""
    options = all_options(invocation.args, settings.flags)
    return options if invocation.sample is None else {**options, "sample": invocation.sample}


class _Returning(Callee):
    """`return`: what macros say most."""

    __slots__ = ()

    def __call__(self, value: Any = None) -> NoReturn:
        raise Return(value)


_RETURN = _Returning()


class _Log:
    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation

    def __call__(self, message: Any, info: bool = False) -> str:
        (self._invocation.say if info else self._invocation.note)(str(message))
        return ""


class _Print:
    def __init__(self, invocation: Invocation) -> None:
        self._invocation = invocation

    def __call__(self, message: Any) -> str:
        self._invocation.show(str(message))
        return ""


def _adapter_macro(name: str, *_args: Any, **_kwargs: Any) -> str:
    what = 'The "adapter_macro" macro has been deprecated, and is no more'
    raise CompilationError(what, None, f"write adapter.dispatch({name.rpartition('.')[2]!r})(…) instead")


def _nothing(*_args: Any, **_kwargs: Any) -> str:
    return ""


def _from_json(text: str, default: Any = None) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return default


def _to_json(value: Any, default: Any = None, sort_keys: bool = False) -> Any:
    try:
        return json.dumps(value, sort_keys=sort_keys)
    except ValueError:  # a date, or a number of agate's, which are no JSON, are an error, as in dbt
        return default


def _from_yaml(text: str, default: Any = None) -> Any:
    try:
        return yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (AttributeError, ValueError, yaml.YAMLError):
        return default


def _to_yaml(value: Any, default: Any = None, sort_keys: bool = False) -> Any:
    try:
        return yaml.safe_dump(value, sort_keys=sort_keys)
    except (ValueError, yaml.YAMLError):
        return default


def _set(value: Iterable[Any], default: Any = None) -> Any:
    try:
        return set(value)
    except TypeError:
        return default


def _zip(*values: Iterable[Any], default: Any = None) -> Any:
    try:
        return list(zip(*values, strict=False))
    except TypeError:
        return default


def _md5(value: str) -> str:
    return hashlib.md5(value.encode(), usedforsecurity=False).hexdigest()


def _difference(a: dict[str, list[str]], b: dict[str, list[str]]) -> dict[str, list[str]]:
    lowered = {key.lower(): [each.lower() for each in values] for key, values in b.items()}
    result: dict[str, list[str]] = {}
    for key, values in a.items():
        left = [each for each in values if each.lower() not in lowered.get(key.lower(), [])]
        if left:
            result[key] = left
    return result


def _try(message_if_exception: str, function: Any, *args: Any, **kwargs: Any) -> Any:
    try:
        return function(*args, **kwargs)
    except Exception as error:
        raise CompilationError(f"{message_if_exception}: {error}") from error
