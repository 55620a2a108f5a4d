"""An index as macros know it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.dialects.indexes import DEFAULT_METHOD, IndexSpec
from airflow_sqlmodels.templating.relation import TemplateRelation


class TemplateIndex:
    """What `adapter.parse_index` gives."""

    def __init__(self, said: Mapping[str, Any], dialect: Dialect) -> None:
        columns = said.get("columns") or ()
        self.columns = [columns] if isinstance(columns, str) else [str(each) for each in columns]
        self.unique = bool(said.get("unique"))
        self.type = said.get("type")
        self._dialect = dialect

    def render(self, relation: TemplateRelation) -> str:
        """A new name for it: while a macro builds, the old relation still has an index like this."""
        spec = IndexSpec(tuple(self.columns), self.unique, str(self.type or DEFAULT_METHOD).lower())
        return self._dialect.fit(spec.name(relation.relation, self._dialect), f"_{time.time_ns():x}")
