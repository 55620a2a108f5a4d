"""Checksums of manifest.json by which dbt finds out what changed, computed as dbt computes them.

dbt hashes the Python texts of its own objects: these texts are written here. They are needed when the file is written,
by nothing that runs.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from airflow_sqlmodels.manifest.nodes import Model, Seed, UnitTest

_ENFORCING = ("table", "incremental")
"""The materializations with which constraints of the whole table count."""

_LARGEST_SEED = 1 << 20
"""Of a larger file dbt takes the path for its content."""

_FORMATS = {"dict": "Dict", "csv": "CSV", "sql": "SQL"}


def text_checksum(text: str) -> dict[str, str]:
    """Of a template: white space of any kind and length counts as one space."""
    return {"name": "sha256", "checksum": _sha256(" ".join(text.split()))}


def seed_checksum(seed: Seed, most: object = None) -> dict[str, str]:
    """Of a seed's file; of one that is larger than `most` mebibytes, its path. 0 is no limit, None dbt's own."""
    limit = _LARGEST_SEED if most is None else int(str(most)) * 1024 * 1024
    try:
        is_large = (Path(seed.root) / seed.path).stat().st_size > limit > 0
    except OSError:
        is_large = False
    return {"name": "path", "checksum": seed.path} if is_large else {"name": "sha256", "checksum": seed.checksum}


def contract_checksum(model: Model, view: Mapping[str, Any]) -> str:
    """Of the columns that a model promises. `view` is its entry in manifest.json."""
    parts = []
    for name in sorted(view["columns"]):
        column = view["columns"][name]
        parts += [f"|{name}", str(column["data_type"]), _constraints("ColumnLevelConstraint", column["constraints"])]
    if model.materialized in _ENFORCING:
        parts += [model.materialized, _constraints("ModelLevelConstraint", view["constraints"])]
    return _sha256("".join(parts))


def unit_test_checksum(test: UnitTest, view: Mapping[str, Any]) -> str:
    """Of all that a unit test says but its description."""
    given = ", ".join(f"UnitTestInputFixture(input={each['input']!r}, {_fixture(each)})" for each in view["given"])
    overrides, versions = view["overrides"], view["versions"]
    said = (
        test.model_name,
        versions and f"UnitTestNodeVersions({_fields(versions, ('include', 'exclude'))})",
        f"[{given}]",
        f"UnitTestOutputFixture({_fixture(view['expect'] or {})})",
        overrides and f"UnitTestOverrides({_fields(overrides, ('macros', 'vars', 'env_vars'))})",
    )
    files = (f"-{each['rows']}" for each in view["given"] if each["fixture"])
    return _sha256("-".join(map(str, said)) + "".join(files))


def _fixture(said: Mapping[str, Any]) -> str:
    kind = said.get("format") or "dict"
    return (
        f"rows={said.get('rows')!r}, format=<UnitTestFormat.{_FORMATS.get(kind, kind)}: {kind!r}>, "
        f"fixture={said.get('fixture')!r}"
    )


def _constraints(kind: str, said: Iterable[Mapping[str, Any]]) -> str:
    shared = ("name", "expression", "warn_unenforced", "warn_unsupported", "to", "to_columns")
    keys = (*shared, "columns") if kind == "ModelLevelConstraint" else shared
    written = (
        f"{kind}(type=<ConstraintType.{each['type']}: {each['type']!r}>, {_fields(each, keys)})" for each in said
    )
    return f"[{', '.join(written)}]"


def _fields(said: Mapping[str, Any], keys: Iterable[str]) -> str:
    return ", ".join(f"{key}={said.get(key)!r}" for key in keys)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
