"""Columns as templates know them: dbt's `Column`, over what the catalog tells."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from msgspec import Struct

from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.templating.environment import Offering

_STRINGS = ("text", "character varying", "varchar", "character", "char", "bpchar")
_INTEGERS = ("smallint", "integer", "bigint", "smallserial", "serial", "bigserial", "int2", "int4", "int8", "int")
_FLOATS = ("real", "float4", "float", "double precision", "float8")
_NUMERICS = ("numeric", "decimal")
_LABELS = {"STRING": "TEXT"}


class TemplateColumn(Offering, Struct, frozen=True):
    """What `adapter.get_columns_in_relation` gives for each column."""

    TYPE_LABELS: ClassVar[dict[str, str]] = _LABELS

    column: str
    dtype: str
    char_size: int | None = None
    numeric_precision: int | None = None
    numeric_scale: int | None = None

    def __repr__(self) -> str:
        said = ", ".join(f"{each}={getattr(self, each)!r}" for each in self.__struct_fields__)
        return f"PostgresColumn({said})"  # as dbt's: people log them

    @property
    def name(self) -> str:
        """The plain name."""
        return self.column

    @property
    def quoted(self) -> str:
        """The name as it stands in SQL."""
        return '"' + self.column.replace('"', '""') + '"'

    @property
    def data_type(self) -> str:
        """The type as it stands in DDL, with size or precision."""
        kind = self.dtype.lower()
        if kind == "text" or (kind == "character varying" and self.char_size is None):
            return self.dtype
        if self.is_string():
            return self.string_type(self.string_size())
        if self.is_numeric():
            return self.numeric_type(self.dtype, self.numeric_precision, self.numeric_scale)
        return self.dtype

    expanded_data_type = data_type

    def is_string(self) -> bool:
        """Whether it holds text."""
        return self.dtype.lower() in _STRINGS

    def is_integer(self) -> bool:
        """Whether it holds whole numbers."""
        return self.dtype.lower() in _INTEGERS

    def is_float(self) -> bool:
        """Whether it holds binary floating point numbers."""
        return self.dtype.lower() in _FLOATS

    def is_numeric(self) -> bool:
        """Whether it holds exact decimal numbers."""
        return self.dtype.lower() in _NUMERICS

    def is_number(self) -> bool:
        """Whether it holds any kind of number."""
        return self.is_integer() or self.is_float() or self.is_numeric()

    def string_size(self) -> int:
        """How many characters it holds; 256 where the type does not say, as in dbt. For texts only."""
        if not self.is_string():
            raise CompilationError(f"string_size() of the column {self.column!r}, which is of the type {self.dtype}",
                                   None, "ask is_string() first")  # fmt: skip
        return 256 if self.dtype.lower() == "text" or self.char_size is None else int(self.char_size)

    def can_expand_to(self, other_column: TemplateColumn) -> bool:
        """Whether the other is a wider text column. Macros name the argument."""
        if not (self.is_string() and other_column.is_string()):
            return False
        return other_column.string_size() > self.string_size()

    def literal(self, value: Any) -> str:
        """The value as SQL of this column's type."""
        return f"{value}::{self.data_type}"

    @staticmethod
    def string_type(size: int) -> str:
        """The type for text of a size."""
        return f"character varying({size})"

    @staticmethod
    def numeric_type(dtype: str, precision: Any, scale: Any) -> str:
        """The type for decimal numbers of a precision and a scale; without both, as it is."""
        return dtype if precision is None or scale is None else f"{dtype}({precision},{scale})"

    @classmethod
    def translate_type(cls, dtype: str) -> str:
        """The type that Postgres has for one of the general labels; anything else as it is."""
        return _LABELS.get(dtype.upper(), dtype)

    @classmethod
    def create(cls, name: str, label_or_dtype: str) -> TemplateColumn:
        """A column of a name and a type, or a general label for one."""
        return cls(name, cls.translate_type(label_or_dtype))

    @classmethod
    def from_description(cls, name: str, raw_data_type: str) -> TemplateColumn:
        """A column of a name and a type with its size, as `numeric(10,2)`."""
        found = re.match(r"([^(]+)(?:\((\d+)(?:,\s*(\d+))?\))?", raw_data_type)
        if not found:
            return cls(name, raw_data_type)
        kind, first, second = found[1].strip(), found[2], found[3]
        if second is not None or kind in _NUMERICS:
            return cls(name, kind, None, int(first) if first else None, int(second) if second else None)
        return cls(name, kind, int(first) if first else None)
