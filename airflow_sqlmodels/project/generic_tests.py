"""Data tests as they stand in properties -> what they are called, what they call, which config they carry.

Names and ids are dbt's to the last character: dashboards, `--state` and history hang on them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import NamingError, ProjectError, SqlModelsError
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.properties import TestEntry
from airflow_sqlmodels.project.yaml_text import NAMED, YamlMap, with_numbers
from airflow_sqlmodels.templating.arguments import generic_test_call

CONFIG_KEYS = (
    "severity",
    "tags",
    "enabled",
    "where",
    "limit",
    "warn_if",
    "error_if",
    "fail_calc",
    "store_failures",
    "store_failures_as",
    "sql_header",
    "meta",
    "database",
    "schema",
    "alias",
    "group",
    "airflow",
)
"""What may stand beside a test's arguments, for config."""

_LONGEST = 64
_KEPT = 30


class Tested(Struct, frozen=True):
    """What a test stands under."""

    kind: str
    """model, seed, snapshot or source."""
    name: str
    """The model's name; for a source, its name and the table's, joined by an underscore."""
    reference: str
    """How the test's template names it: `ref('orders')`, `source('raw', 'orders')`."""
    quote_columns: bool = False
    """Whether names of columns are quoted that say nothing of it themselves."""


class Definition(Struct, frozen=True):
    """One data test, taken apart."""

    test: str
    """The name of the test, without its package."""
    namespace: str | None
    name: str
    """The whole name: what ids are made of."""
    short_name: str
    """The name if it fits an identifier, else a stable short form."""
    kwargs: dict[str, Any]
    """The arguments of the test macro in their order, `model` last."""
    config: dict[str, Any]
    description: str
    column_name: str | None

    @property
    def macro_name(self) -> str:
        """How its macro is called in a template."""
        return f"{self.namespace}.test_{self.test}" if self.namespace else f"test_{self.test}"

    def unique_id(self, package: str) -> str:
        """dbt's id: the name and ten digits of a hash over all arguments."""
        metadata = {"namespace": self.namespace, "name": self.test, "kwargs": self.kwargs}
        digest = _md5(self.name + repr(_as_text(metadata)))
        return f"test.{package}.{self.name}.{digest[-10:]}"

    def raw_code(self, config: Mapping[str, Any]) -> str:
        """The template of the test: the call of its macro, then its config, which is rendered already."""
        call = generic_test_call(self.macro_name)
        if not config:
            return call
        said = ",".join(f"{key}={_literal(value)}" for key, value in config.items())
        return f"{call}{{{{ config({said}) }}}}"


_WORD = "[a-zA-Z_][0-9a-zA-Z_]*"
_NAME = re.compile(rf"(?:(?P<package>{_WORD})\.)?(?P<test>{_WORD})")
"""A test and its package. As in dbt what stands behind them counts for nothing: the second colon of `not_null::`."""


def nests_arguments(flags: Mapping[str, Any]) -> bool:
    """Whether `arguments` of a test holds its arguments; in projects that say no, it is one of them."""
    return bool(flags.get("require_generic_test_arguments_property", True))


def take_apart(entry: TestEntry, tested: Tested, *, nested: bool = True) -> Definition:
    """The test that `entry` defines for `tested`; `nested`: see `nests_arguments`.

    Raises ProjectError with the place if it is malformed.
    """
    written, arguments = _name_and_arguments(entry)
    column = None if entry.column is None else _column_name(entry.column, tested)
    kwargs = _in_one(written, arguments, column, entry) if nested else _as_said(arguments, column)
    _refuse_model(written, kwargs, entry)
    said = _config(written, kwargs, entry)
    config = {key: said[key] for key in (*(key for key in CONFIG_KEYS if key in said), *said)}
    custom, description = kwargs.pop("name", None), kwargs.pop("description", "") or ""
    kwargs.pop("doc_blocks", None)
    kwargs["model"] = "{{ get_where_subquery(" + tested.reference + ") }}"
    meant = _NAME.match(written)
    namespace, test = (meant["package"], meant["test"]) if meant else (None, written)
    full, short = _names(test, namespace or "", tested, kwargs, custom)
    if short != full and not config.get("alias"):
        config["alias"] = short
    return Definition(test, namespace, full, short, kwargs, config, str(description), column)


def old_forms(entry: TestEntry, tested: Tested, package: str, flags: Mapping[str, Any]) -> Iterator[Warned]:
    """A warning for each way of writing a test that dbt has deprecated. `flags` are the project's."""
    name, said = _name_and_arguments(entry)
    shown = f"`{name}` defined on '{tested.name}' in package '{package}'"
    if not nests_arguments(flags):
        if "arguments" in said:
            yield _old(entry, "ArgumentsPropertyInGenericTestDeprecation",
                       f"the test {shown} has an argument `arguments`: rename it, it is to hold all arguments",
                       {"test_name": name})  # fmt: skip
    else:
        for key in (each for each in said if each in _DBT_CONFIG_KEYS):
            yield _old(entry, "PropertyMovedToConfigDeprecation",
                       f"`{key}` of the test {shown} belongs below `config`",
                       {"key": key, "file": entry.at.path, "key_path": f"data_tests.{name}.{key}"})  # fmt: skip
        beside = (key for key in said if key not in (*_BESIDE_ARGUMENTS, *_DBT_CONFIG_KEYS))
        if not said.get("arguments") and next(beside, None) is not None:
            yield _old(entry, "MissingArgumentsPropertyInGenericTestDeprecation",
                       f"the arguments of the test {shown} belong below `arguments`", {"test_name": name})  # fmt: skip
    header = said.get("sql_header", (said.get("config") or {}).get("sql_header"))
    if header is not None and not flags.get("require_sql_header_in_test_configs"):
        text = f"Custom key `sql_header` found in `config` of the test {shown}"
        data = {"key": "sql_header", "file": entry.at.path, "key_path": "models.config"}
        yield _old(entry, "CustomKeyInConfigDeprecation", text, data)


_BESIDE_ARGUMENTS = ("config", "column_name", "description", "name", "arguments")
_DBT_CONFIG_KEYS = tuple(key for key in CONFIG_KEYS if key not in ("group", "airflow"))


def _old(entry: TestEntry, name: str, what: str, data: dict[str, Any]) -> Warned:
    return Warned(str(SqlModelsError(what, entry.at)), name, data, once=True)


def _as_said(said: Mapping[str, Any], column: str | None) -> dict[str, Any]:
    """All that is said of a test, in dbt's order."""
    return {**said, **({} if column is None else {"column_name": column})}


def _in_one(written: str, said: Mapping[str, Any], column: str | None, entry: TestEntry) -> dict[str, Any]:
    """All that is said of a test, in dbt's order: what stands below `arguments` may be a name or config as well."""
    beside = {key: value for key, value in said.items() if key != "arguments"}
    inner = said.get("arguments") or {}
    if not isinstance(inner, dict):
        raise ProjectError(f"arguments of the data test {written!r} must be a mapping", entry.at)
    return {**_as_said(beside, column), **{str(key): value for key, value in inner.items()}}


def _config(written: str, arguments: dict[str, Any], entry: TestEntry) -> dict[str, Any]:
    """The config of a test, taken out of its arguments: what stands in `config`, and what stands beside them."""
    beside = {key: arguments.pop(key) for key in CONFIG_KEYS if key in arguments}
    nested = arguments.pop("config", None) or {}
    if not isinstance(nested, dict):
        raise ProjectError(f"config of the data test {written!r} must be a mapping (a dict)", entry.at)
    twice = next((key for key, value in beside.items() if value and key in nested), None)
    if twice is not None:
        what = f"Test cannot have the same key at the top-level and in config: {twice!r} of {written!r}"
        raise NamingError(what, entry.at, "keep the one below 'config:'")
    return {**beside, **nested}


def _refuse_model(written: str, arguments: Mapping[str, Any], entry: TestEntry) -> None:
    if "model" in arguments:
        what = f"the data test {written!r} cannot have an argument 'model'"
        raise NamingError(what, entry.at, "the model is the one that it stands under; give yours another name")


def _name_and_arguments(entry: TestEntry) -> tuple[str, dict[str, Any]]:
    definition = with_numbers(entry.definition, NAMED)
    if isinstance(definition, str):
        return definition, {}
    if not isinstance(definition, dict) or not definition:
        raise ProjectError("a data test must be a name, or a name with arguments", entry.at)
    if "test_name" in definition:
        return str(definition.pop("test_name")), definition
    name, arguments = next(iter(definition.items()))
    hint = "indent the arguments below the test's name"
    if len(definition) > 1:
        more = ", ".join(repr(key) for key in definition if key != name)
        raise ProjectError(f"beside the data test {name!r} stands {more}", entry.at, hint)
    if not isinstance(arguments, dict):
        what = f"the arguments of the data test {name!r} must be a mapping"
        raise ProjectError(what, entry.at, hint if arguments is not None else f"without arguments write '- {name}'")
    return str(name), {str(key): value for key, value in arguments.items()}


def _column_name(column: YamlMap, tested: Tested) -> str:
    name, quote = str(column["name"]), column.get("quote")
    return '"' + name + '"' if quote is True or (quote is None and tested.quote_columns) else name


def _names(test: str, namespace: str, tested: Tested, kwargs: dict[str, Any], custom: Any) -> tuple[str, str]:
    if custom:
        return str(custom), str(custom)
    kind = f"source_{test}" if tested.kind == "source" else test
    kind = f"{namespace}_{kind}" if namespace else kind
    parts = [part for key in sorted(kwargs) if key != "model" for part in _flat(kwargs[key])]
    identifier = f"{kind}_{tested.name}"
    full = f"{identifier}_{'__'.join(re.sub('[^0-9a-zA-Z_]+', '_', part) for part in parts)}"
    short = full if len(full) < _LONGEST else f"{identifier[:_KEPT]}_{_md5(full)}"
    return full, short


def _flat(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [str(each) for each in value.values()]
    if isinstance(value, (list, tuple)):
        return [str(each) for each in value]
    return [str(value)]


def _as_text(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _as_text(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [_as_text(each) for each in value]
    return str(value)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _literal(value: Any) -> str:
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return repr(value)
