"""Calls of `ref` in YAML, which are read without being rendered."""

from __future__ import annotations

from airflow_sqlmodels.manifest.nodes import Ref
from airflow_sqlmodels.templating.static import Call


def ref_of(call: Call) -> Ref:
    """What a call of `ref` with literal arguments names."""
    package, name = (None, call.args[0]) if len(call.args) == 1 else call.args
    given = dict(call.kwargs)
    version = given.get("version", given.get("v"))
    return Ref(name, package, version if version is None or isinstance(version, (int, float)) else str(version))
