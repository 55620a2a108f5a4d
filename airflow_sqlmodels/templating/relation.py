"""Relations as templates know them: dbt's `Relation`, over our own values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from msgspec import Struct, field, structs

from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.errors import CompilationError, closest
from airflow_sqlmodels.manifest.relation import Quoting, Relation
from airflow_sqlmodels.templating.relation_parts import Path, Policy

CTE_PREFIX = "__dbt__cte__"
"""What dbt puts before the name of an ephemeral model; users see it in compiled SQL."""


class _Kinds:
    """What dbt says of relations as such. Macros write `this.incorporate(type=this.View)`."""

    __slots__ = ()

    Table = property(lambda _self: "table")
    View = property(lambda _self: "view")
    CTE = property(lambda _self: "cte")
    MaterializedView = property(lambda _self: "materialized_view")
    External = property(lambda _self: "external")
    Function = property(lambda _self: "function")
    PointerTable = property(lambda _self: "pointer_table")
    get_relation_type = property(lambda self: self)  # for `api.Relation.get_relation_type.View`
    renameable_relations = replaceable_relations = property(lambda _self: frozenset(("table", "view")))
    catalog = property(lambda _self: None)

    @staticmethod
    def scd_args(primary_key: str | list[str], updated_at: str) -> list[str]:
        """The arguments of a snapshot's hash of a version."""
        return [*([primary_key] if isinstance(primary_key, str) else primary_key), updated_at]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TemplateRelation(_Kinds, Mapping[str, Any]):
    """What `ref()`, `source()` and `this` give. Writing it into SQL gives its quoted name.

    Macros of packages tell it from a text by its being a mapping with `metadata`.
    """

    relation: Relation
    dialect: Dialect
    type: str | None = None
    """table, view, materialized_view, cte or external; None: not known."""
    limited: str | None = None
    """For `--empty`: the condition under which its rows are read."""
    during: str | None = None
    """For `--sample`: the condition on the time of its rows."""
    shown: tuple[bool, bool, bool] = (True, True, True)
    """Which parts are written out: database, schema, identifier."""
    meta: Any = None

    @property
    def database(self) -> str | None:
        """The database's name."""
        return self.relation.database or None

    @property
    def schema(self) -> str | None:
        """The schema's name."""
        return self.relation.schema or None

    @property
    def identifier(self) -> str | None:
        """The name of the table or view."""
        return self.relation.identifier or None

    name = table = identifier

    @property
    def metadata(self) -> dict[str, str]:
        """What kind of object this is: its `type` ends with `Relation`."""
        return {"type": f"{self.dialect.name.title()}Relation"}

    def __str__(self) -> str:
        rendered = self.render_limited()
        if self.during is not None:
            rendered = f"(select * from {rendered} where {self.during}) _dbt_et_filter_subq_{self.relation.identifier}"
        return rendered

    def render_limited(self) -> str:
        """The quoted name; under `--empty` a query without rows."""
        rendered = self.render()
        if self.limited is not None:
            rendered = f"(select * from {rendered} where {self.limited}) _dbt_limit_subq_{self.relation.identifier}"
        return rendered

    def __repr__(self) -> str:
        return f"<{self.metadata['type']} {self}>"

    def __hash__(self) -> int:
        return hash(self.relation)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TemplateRelation) and self._all() == other._all()

    def _all(self) -> tuple[object, ...]:
        return self.relation, self.type, self.shown, self.limited, self.during

    def render(self) -> str:
        """The quoted name."""
        if self.type == "cte":
            return self.relation.identifier
        parts = (self.relation.database, self.relation.schema, self.relation.identifier)
        database, schema, identifier = (part if shown else "" for part, shown in zip(parts, self.shown, strict=True))
        return self.dialect.render(Relation(database, schema, identifier, self.relation.quoting))

    path = property(lambda self: Path(self.database, self.schema, self.identifier))
    quote_policy = property(lambda self: Policy(*structs.astuple(self.relation.quoting)))
    include_policy = property(lambda self: Policy(*self.shown))
    quote_character = property(lambda self: self.dialect.quote("")[0])
    limit = property(lambda self: None if self.limited is None else 0)
    event_time_filter = property(lambda self: self.during)
    dbt_created = property(lambda _self: False)
    require_alias = property(lambda _self: True)
    is_table = property(lambda self: self.type == "table")
    is_view = property(lambda self: self.type == "view")
    is_cte = property(lambda self: self.type == "cte")
    is_function = property(lambda self: self.type == "function")
    is_materialized_view = property(lambda self: self.type == "materialized_view")
    is_pointer = property(lambda self: self.type == "pointer_table")
    is_iceberg_format = property(lambda _self: False)
    can_be_renamed = property(lambda self: self.type in ("table", "view"))
    can_be_replaced = property(lambda self: self.type in ("table", "view"))

    def include(
        self, database: bool | None = None, schema: bool | None = None, identifier: bool | None = None
    ) -> TemplateRelation:
        """The same relation with parts of its name written out or left away."""
        return replace(self, shown=_overlay(self.shown, database, schema, identifier))

    def quote(
        self, database: bool | None = None, schema: bool | None = None, identifier: bool | None = None
    ) -> TemplateRelation:
        """The same relation with parts of its name quoted or not."""
        old = self.relation.quoting
        quoting = Quoting(*_overlay((old.database, old.schema, old.identifier), database, schema, identifier))
        return replace(self, relation=structs.replace(self.relation, quoting=quoting))

    def incorporate(
        self,
        path: dict[str, str] | None = None,
        type: str | None = None,  # noqa: A002  # dbt's name
        **_more: Any,
    ) -> TemplateRelation:
        """The same relation with other names or another type."""
        changed = self.replace_path(**(path or {}))
        return _sound(replace(changed, type=type)) if type else changed

    def replace_path(self, **parts: str | None) -> TemplateRelation:
        """The same relation with other names."""
        old = self.relation
        named = {key: parts.get(key, getattr(old, key)) or "" for key in ("database", "schema", "identifier")}
        return _sound(replace(self, relation=Relation(**named, quoting=old.quoting)))

    def replace(
        self,
        type: str | None = None,  # noqa: A002  # dbt's name
        **_more: Any,
    ) -> TemplateRelation:
        """The same relation of another type."""
        return replace(self, type=type) if type else self

    def without_identifier(self) -> TemplateRelation:
        """Only database and schema."""
        return self.include(identifier=False)

    def without_quote(self) -> TemplateRelation:
        """The same name, unquoted."""
        return self.quote(database=False, schema=False, identifier=False)

    def matches(self, database: str | None = None, schema: str | None = None, identifier: str | None = None) -> bool:
        """Whether the given parts are this relation's. Raises CompilationError if only their case differs."""
        pairs = ((database, self.database), (schema, self.schema), (identifier, self.identifier))
        said = [(asked, own or "") for asked, own in pairs if asked is not None]
        if not said:
            raise CompilationError("matches() of a relation was given no name", None, "give a schema or an identifier")
        if all(asked == own for asked, own in said):
            return True
        if all(asked.lower() == own.lower() for asked, own in said):
            raise nearly(".".join(asked for asked, _ in said), self.render())
        return False

    def information_schema(self, view: str | None = None) -> TemplateRelation:
        """The warehouse's own description of itself, beside this relation."""
        inside = Relation(self.relation.database, "INFORMATION_SCHEMA", view or "", Quoting(True, False, False))
        return TemplateRelation(inside, self.dialect)

    def information_schema_only(self) -> TemplateRelation:
        """The schema of it alone."""
        return self.information_schema()

    def to_dict(self, omit_none: bool = False) -> dict[str, Any]:
        """What it is made of, as a template may print it."""
        found = {
            "path": self.path.to_dict(),
            "type": self.type,
            "quote_character": self.quote_character,
            "include_policy": self.include_policy.to_dict(),
            "quote_policy": self.quote_policy.to_dict(),
            **{each: getattr(self, each) for each in ("dbt_created", "limit", "event_time_filter", "require_alias")},
            "catalog": None,
            "renameable_relations": ["table", "view"],
            "replaceable_relations": ["table", "view"],
        }
        return {key: value for key, value in found.items() if value is not None or not omit_none}

    def quoted(self, identifier: str) -> str:
        """A name as it stands in SQL."""
        return self.dialect.quote(identifier)

    def create(self, **parts: Any) -> TemplateRelation:
        """Another relation, as `api.Relation.create` makes it."""
        return RelationApi(self.dialect).create(**parts)

    def add_ephemeral_prefix(self, name: str) -> str:
        """The name of the CTE that an ephemeral model of that name becomes."""
        return CTE_PREFIX + name

    def get_default_quote_policy(self) -> Policy:
        """Which parts are quoted unless said otherwise."""
        return Policy()

    get_default_include_policy = get_default_quote_policy

    def relation_max_name_length(self) -> int:
        """The longest name the warehouse keeps, in bytes."""
        return self.dialect.identifier_bytes

    def __getitem__(self, key: str) -> Any:
        found = _NONE if key.startswith("_") else getattr(self, key, _NONE)
        if found is _NONE:
            raise KeyError(key)
        return found

    def __bool__(self) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        raise self._no_dictionary()

    def __len__(self) -> int:
        raise self._no_dictionary()

    def _no_dictionary(self) -> CompilationError:
        hint = "ask for what you need by name: .database, .schema, .identifier"
        return CompilationError(f"the relation {self} was used as a dictionary", None, hint)


_NONE = object()
_TYPES = ("table", "view", "cte", "materialized_view", "external", "ephemeral", "function", "pointer_table")


def _sound(relation: TemplateRelation) -> TemplateRelation:
    """The relation. Raises CompilationError if no relation can be of that type, or have a name that long."""
    kind, name, most = relation.type, relation.relation.identifier, relation.dialect.identifier_bytes
    if kind is None:
        return relation
    if isinstance(kind, str) and kind not in _TYPES:
        raise CompilationError(f"a relation has the type {kind!r}, which is none", None, closest(kind, _TYPES))
    if len(name) > most:  # the warehouse would cut it, and find another relation
        raise CompilationError(f"the name {name!r} is longer than {most} characters", None, "choose a shorter one")
    return relation


def nearly(asked: str, found: str) -> CompilationError:
    """That a relation is there, but its name is written otherwise: which one is meant is not to be guessed."""
    return CompilationError(
        f"asked for the relation {asked}, and there is {found}: an approximate match",
        None,
        "write the name as the warehouse has it, or drop or rename what is there",
    )


def _overlay(old: tuple[bool, bool, bool], *new: bool | None) -> tuple[bool, bool, bool]:
    first, second, third = (before if now is None else bool(now) for before, now in zip(old, new, strict=True))
    return first, second, third


class RelationApi(_Kinds, Struct, frozen=True):
    """`api.Relation` and `adapter.Relation`: makes relations from names."""

    dialect: Dialect
    quoting: Mapping[str, bool] = field(default_factory=dict)
    """What the project says of it; it holds here as well, as in dbt."""

    def create(
        self,
        database: str | None = None,
        schema: str | None = None,
        identifier: str | None = None,
        type: str | None = None,  # noqa: A002  # dbt's name
        quote_policy: dict[str, bool] | None = None,
        **_more: Any,
    ) -> TemplateRelation:
        """A relation of these names, whether it exists or not."""
        said = {part: quoted for part, quoted in self.quoting.items() if part in Quoting.__struct_fields__}
        quoting = Quoting(**{**said, **(quote_policy or {})})
        parts = (database, schema, identifier)
        of_database, of_schema, name = ("" if part is None else str(part) for part in parts)  # a query gives numbers
        return _sound(TemplateRelation(Relation(of_database, of_schema, name, quoting), self.dialect, type))

    def add_ephemeral_prefix(self, name: str) -> str:
        """The name of the CTE that an ephemeral model of that name becomes."""
        return CTE_PREFIX + name

    def get_default_quote_policy(self) -> Policy:
        """Which parts are quoted unless said otherwise."""
        return Policy()

    get_default_include_policy = get_default_quote_policy
