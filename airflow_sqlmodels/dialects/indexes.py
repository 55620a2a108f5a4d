"""An index as the config asks for it, with a name that is the same in every run."""

from __future__ import annotations

import hashlib

from msgspec import Struct

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.manifest.relation import Relation

DEFAULT_METHOD = "btree"


class IndexSpec(Struct, frozen=True):
    """One entry of the config `indexes`. Two with the same fields are the same index."""

    columns: tuple[str, ...]
    unique: bool = False
    method: str = DEFAULT_METHOD
    """`btree`, `hash`, `gin`, `gist`, `brin`…"""

    def name(self, on: Relation, dialect: Dialect) -> str:
        """From the relation and the definition only, so a name tells whether an index came from a config."""
        definition = "\x1f".join((on.identifier, self.method, str(self.unique), *self.columns))
        mark = hashlib.blake2b(definition.encode(), digest_size=4).hexdigest()
        return dialect.fit(f"{on.identifier}_{'_'.join(self.columns)}", f"_{mark}")

    def statement(self, on: Relation, dialect: Dialect, name: str) -> str:
        """SQL that makes it under that name."""
        listed = ", ".join(map(dialect.quote, self.columns))
        unique = "unique " if self.unique else ""
        return f"create {unique}index {dialect.quote(name)} on {dialect.render(on)} using {self.method} ({listed})"
