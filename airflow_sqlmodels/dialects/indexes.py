"""An index as the config asks for it, with a name that is the same in every run."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import closest
from airflow_sqlmodels.manifest.relation import Relation

DEFAULT_METHOD = "btree"
_KEYS = ("columns", "unique", "type")
"""What an entry of the config may say."""
_BARE = re.compile(r"[^\W\d][\w$]*")
_QUOTED = re.compile(r'"((?:[^"]|"")+)"')


class IndexSpec(Struct, frozen=True):
    """One entry of the config `indexes`. Two with the same fields are the same index."""

    columns: tuple[str, ...]
    """Names, and what stands in their place."""
    unique: bool = False
    method: str = DEFAULT_METHOD
    """`btree`, `hash`, `gin`, `gist`, `brin`…"""
    expressions: frozenset[str] = frozenset()
    """Those of `columns` that are no names, but SQL: `lower(name)`, `id desc`."""

    def name(self, on: Relation, dialect: Dialect) -> str:
        """From the relation and the definition only, so a name tells whether an index came from a config."""
        definition = "\x1f".join((on.identifier, self.method, str(self.unique), *self.columns))
        mark = hashlib.blake2b(definition.encode(), digest_size=4).hexdigest()
        return dialect.fit(f"{on.identifier}_{'_'.join(self.columns)}", f"_{mark}")

    def statement(self, on: Relation, dialect: Dialect, name: str) -> str:
        """SQL that makes it under that name."""
        listed = ", ".join(each if each in self.expressions else dialect.quote(each) for each in self.columns)
        unique = "unique " if self.unique else ""
        return f"create {unique}index {dialect.quote(name)} on {dialect.render(on)} using {self.method} ({listed})"


def spec_of(said: Mapping[str, Any]) -> IndexSpec:
    """What an entry of the config asks for. As in dbt its columns are SQL: `ID` is the column id, `"ID"` is ID."""
    columns, expressions = [], set()
    for text in (str(each).strip() for each in said["columns"]):
        quoted = _QUOTED.fullmatch(text)
        if quoted:
            columns.append(quoted[1].replace('""', '"'))
        elif _BARE.fullmatch(text):
            columns.append(text.lower())
        else:
            columns.append(text)
            expressions.add(text)
    method = str(said.get("type") or DEFAULT_METHOD).lower()
    return IndexSpec(tuple(columns), bool(said.get("unique")), method, frozenset(expressions))


def wrong_with(index: object) -> str:
    """What is wrong with an entry of the config `indexes`; "" if nothing is."""
    if not isinstance(index, Mapping):
        return f"{index!r} is not of type 'object'"
    for key in index:
        if key not in _KEYS:
            return f"an index has no {key!r}, {closest(str(key), _KEYS)}"
    if "columns" not in index:
        return "'columns' is a required property"
    if not isinstance(index["columns"], (list, tuple)) or not index["columns"]:
        return f"columns: {index['columns']!r} is not of type 'array'"
    unique = index.get("unique")
    return "" if unique is None or isinstance(unique, bool) else f"unique: {unique!r} is not of type 'boolean'"
