"""`doc('name')` in descriptions: which block it means, and which blocks a description is made of."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import CompilationError, NamingError, closest
from airflow_sqlmodels.manifest.macro import Doc

_CALL = re.compile(r"\{\{-?\s*doc\(\s*(?P<arguments>[^(){}]*?)\s*,?\s*\)\s*-?\}\}")
_NAME = re.compile(r"'([^']*)'|\"([^\"]*)\"")


class DocLookup(Struct, frozen=True):
    """`doc('name')` and `doc('package', 'name')` in descriptions of one package."""

    docs: Mapping[str, Doc]
    package: str
    root: str

    def __call__(self, *said: Any) -> str:
        names = [str(each) for each in said]
        if not 1 <= len(names) <= 2:
            what = f"doc() takes the name of a block, or a package and a name, and not {len(names)} arguments"
            raise CompilationError(what, None, "write doc('name')")
        found = self.find(*names)
        if found is None:
            known = [doc.name for doc in self.docs.values()]
            raise NamingError(f"no docs block {names[-1]!r}", None, closest(names[-1], known))
        return found.text

    def find(self, *names: str) -> Doc | None:
        """The block of that name: as in dbt the project's own go before those of the package."""
        for package in names[:-1] or (self.root, self.package):
            found = self.docs.get(f"doc.{package}.{names[-1]}")
            if found:
                return found
        return None

    def blocks(self, description: str) -> tuple[str, ...]:
        """The ids of the blocks that a description, as written, takes in."""
        calls = (
            [one or other for one, other in _NAME.findall(call["arguments"])] for call in _CALL.finditer(description)
        )
        found = (self.find(*names) for names in calls if 1 <= len(names) <= 2)
        return tuple(doc.id for doc in found if doc is not None)
