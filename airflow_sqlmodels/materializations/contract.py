"""contract: the columns that a model promises, checked before it is built, and the constraints on its table."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.compile.foreign_keys import foreign_key_targets
from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.nodes import Column, Model
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.publish.carry import candidate_name
from airflow_sqlmodels.templating.constraint_text import table_constraint
from airflow_sqlmodels.templating.contract_text import mismatches

TABLE_MACROS = ("get_create_table_as_sql", "create_table_as")
"""dbt's macros for making a table, the outer one first: projects replace either."""
_ALIASES = {"string": "text"}
"""Types that dbt writes in another way on Postgres."""
_IN_COLUMN = ("not_null", "custom")
"""What stands behind a column's type; the others are constraints of the table."""
_BARE_NUMBERS = ("numeric", "decimal", "number")


class Named(Struct, frozen=True):
    """A constraint as SQL, and its name."""

    name: str
    definition: str
    """Behind the name: `check (id > 0)`."""


def is_enforced(build: Build) -> bool:
    """Whether the node promises its columns."""
    return bool((build.config.get("contract") or {}).get("enforced")) and isinstance(build.node, Model)


def check_contract(build: Build) -> None:
    """Raises CompilationError if the query's columns are not those of the contract; their order does not matter."""
    if not is_enforced(build):
        return
    promised = [column for column in build.node.columns.values() if column.data_type]
    if not promised:
        what = "This model has an enforced contract, and its 'columns' specification is missing"
        raise CompilationError(what, build.node.at, "list them in a property file, each with its data_type")
    _warn_of_rounding(build, promised)
    casts = ",\n".join(f"cast(null as {_type(build, column)}) as {_written(build, column)}" for column in promised)
    wanted = dict(build.session.describe(f"select {casts}"))
    given = dict(build.session.describe(build.select))
    meant, found = _families(wanted), _families(given)
    if meant != found:
        unlike = [name for name in {*wanted, *given} if meant.get(name) != found.get(name)]
        raise CompilationError(mismatches(wanted, given, unlike), build.node.at, _HINT)


def _warn_of_rounding(build: Build, promised: Sequence[Column]) -> None:
    bare = [column.name for column in promised if str(column.data_type).strip().lower() in _BARE_NUMBERS]
    if bare:
        what = (
            "Detected columns with numeric type and unspecified precision/scale, this can lead to unintended rounding"
        )
        build.warn(f"{build.node.path}: {what}: {bare}")


def has_own_table(build: Build) -> bool:
    """Whether the project says itself how tables are made; then its constraints are its own, too."""
    return any(build.own(name) is not None for name in TABLE_MACROS)


def table_definition(build: Build, relation: Relation) -> str:
    """SQL for a new table's columns and constraints. Constraints have names that are free while the old table lives."""
    columns = [
        " ".join((_written(build, column), _type(build, column), *_of_column(column)))
        for column in build.node.columns.values()
    ]
    dialect = build.dialect
    table = [
        f"constraint {dialect.quote(candidate_name(dialect, each.name))} {each.definition}"
        for each in constraints(build)
    ]
    listed = ",\n".join(f"    {each}" for each in (*columns, *table))
    return f"{dialect.render(relation)} (\n{listed}\n)"


def column_list(build: Build) -> str:
    """The contract's columns in their order, as SQL."""
    return ", ".join(_written(build, column) for column in build.node.columns.values())


def final_names(build: Build) -> tuple[str, ...]:
    """SQL that gives the constraints of the published table their names."""
    if not is_enforced(build) or has_own_table(build):
        return ()
    dialect = build.dialect
    table = dialect.render(build.relation)
    return tuple(
        f"alter table {table} rename constraint {dialect.quote(candidate_name(dialect, each.name))}"
        f" to {dialect.quote(each.name)}"
        for each in constraints(build)
    )


def constraints(build: Build) -> list[Named]:
    """All but `not null`, which columns have, each with a name of its own."""
    found: list[Named] = []
    targets = {} if build.rendering is None else foreign_key_targets(build.rendering.means, build.node)
    for said, names in _listed(build):
        columns = build.node.columns
        written = [_written(build, columns[each]) if each in columns else each for each in names]
        definition = table_constraint({**said, "to": targets.get(str(said.get("to")))}, ", ".join(written))
        if definition:
            found.append(Named(_name(build, said, names, {each.name for each in found}), definition))
    return list(_without_doubles(found))


def unenforced(build: Build) -> tuple[frozenset[str], frozenset[str]]:
    """Constraints by name, and columns that hold no null, which the properties list although no contract is enforced.

    An earlier contract may have made them: they are the config's, not somebody's.
    """
    if is_enforced(build) or not isinstance(build.node, Model):
        return frozenset(), frozenset()
    taken: set[str] = set()
    columns = build.node.columns.values()
    full = {each.name for each in columns if any(said.get("type") == "not_null" for said in each.constraints)}
    for said, names in _listed(build):
        taken.add(_name(build, said, names, taken))
        if said.get("type") in ("primary_key", "not_null"):
            full.update(names)
    return frozenset(taken), frozenset(full)


def _listed(build: Build) -> Iterator[tuple[Mapping[str, Any], list[str]]]:
    """The constraints of the table, those that stand at a column too, each with its columns."""
    for column in build.node.columns.values():
        for said in column.constraints:
            if said.get("type") not in _IN_COLUMN:
                yield said, [column.name]
    assert isinstance(build.node, Model)
    for said in build.node.constraints:
        yield said, [str(each) for each in said.get("columns") or ()]


def _without_doubles(found: Sequence[Named]) -> Iterator[Named]:
    """Without those that Postgres leaves out: `unique` for what is the primary key, or is unique already."""
    keys = {each.definition.removeprefix("primary key") for each in found if each.definition.startswith("primary key")}
    for each in found:
        what = each.definition.removeprefix("unique")
        if what == each.definition:
            yield each
        elif what not in keys:
            keys.add(what)
            yield each


def _name(build: Build, said: Mapping[str, Any], names: Sequence[str], taken: Collection[str]) -> str:
    kind = str(said.get("type"))
    parts = () if kind == "primary_key" else names
    usual = "_".join((build.relation.identifier, *parts, _SUFFIXES.get(kind, kind)))
    name = str(said.get("name") or build.dialect.fit(usual, ""))
    number = 1
    while name in taken:
        name, number = build.dialect.fit(usual, str(number)), number + 1
    return name


_SUFFIXES = {"check": "check", "unique": "key", "primary_key": "pkey", "foreign_key": "fkey"}
"""As Postgres names them."""


def name_foreign_keys(build: Build) -> None:
    """Let `model` say to which relations its foreign keys point: macros of a project put them into SQL as they are."""
    targets = {} if build.rendering is None else foreign_key_targets(build.rendering.means, build.node)
    if targets:
        view = build.node_view
        for holder in (view, *view["columns"].values()):
            for said in holder.get("constraints") or ():
                if said.get("to"):
                    said["to"] = targets.get(str(said["to"]), said["to"])


def _of_column(column: Column) -> Iterator[str]:
    for said in column.constraints:
        if said.get("type") == "not_null":
            yield "not null"
        elif said.get("type") == "custom":
            yield str(said.get("expression") or "")


def _type(build: Build, column: Column) -> str:
    said = str(column.data_type)
    translated = build.config["contract"].get("alias_types", True)
    return _ALIASES.get(said.lower(), said) if translated else said


def _written(build: Build, column: Column) -> str:
    return build.dialect.quote(column.name) if column.quote else column.name


# what psycopg2 takes for one type, dbt does too: psycopg.org/docs/extensions.html
_FAMILIES = {
    "smallint": "integer",
    "real": "double precision",
    "character varying": "text",
    "character": "text",
    '"char"': "text",
    "name": "text",
    "time with time zone": "time without time zone",
    "jsonb": "json",
}


def _families(columns: Mapping[str, str]) -> dict[str, str]:
    """Types without the differences that a contract does not mind: the table is made of the contract's own."""
    found = {}
    for name, kind in columns.items():
        base = kind.removesuffix("[]")
        found[name] = _FAMILIES.get(base, base) + kind[len(base) :]
    return found


_HINT = "change the query, or columns: in its properties"
