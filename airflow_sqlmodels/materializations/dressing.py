"""What the config puts on a relation besides its rows: indexes, comments, grants."""

from __future__ import annotations

import re
from collections.abc import Iterator

from airflow_sqlmodels.dialects import ddl
from airflow_sqlmodels.dialects.dialect import Dialect
from airflow_sqlmodels.dialects.indexes import IndexSpec, spec_of, wrong_with
from airflow_sqlmodels.errors import CompilationError
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.materializations.build import Build
from airflow_sqlmodels.materializations.contract import final_names, is_enforced, unenforced
from airflow_sqlmodels.materializations.own_dressing import has_own
from airflow_sqlmodels.publish.wanted import Wanted
from airflow_sqlmodels.warehouse import catalog

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*")
_ROLE_WORDS = ("public", "current_user", "current_role", "session_user")


def wanted_of(build: Build, on: Relation, kind: str) -> Wanted:
    """All of it, for a relation of that kind. Raises ProjectError if the config makes no sense."""
    indexes = () if kind == "view" or has_own(build, "create_indexes") else indexes_of(build)
    statements = (*comment_statements(build, on, kind), *grant_statements(build, on))
    # views of either kind have no constraints, whatever their contract lists
    renames = () if kind in ("view", "materialized_view") else final_names(build)
    names, columns = unenforced(build)
    return Wanted(
        indexes,
        statements,
        grants=bool(grants_of(build)),
        contract=is_enforced(build),
        unenforced=names,
        nullable=columns,
        renames=renames,
    )


def indexes_of(build: Build) -> tuple[IndexSpec, ...]:
    """The config `indexes`, each once. Raises CompilationError for an entry that is none."""
    found = []
    for index in build.config.get("indexes") or ():
        wrong = wrong_with(index)
        if wrong:
            hint = "indexes: [{columns: [id], unique: true}]"
            raise CompilationError(f"Could not parse index config: {wrong}", build.node.at, hint)
        found.append(spec_of(index))
    return tuple(dict.fromkeys(found))


def comment_statements(build: Build, on: Relation, kind: str) -> Iterator[str]:
    """SQL for the config `persist_docs`, for a relation that is there."""
    said = {} if has_own(build, "persist_docs") else build.config.get("persist_docs") or {}
    name = build.dialect.render(on)
    if said.get("relation") and build.node.description:
        yield ddl.comment(build.dialect, f"{ddl.word(kind)} {name}", build.node.description)
    described = [column for column in build.node.columns.values() if column.description]
    if said.get("columns") and described:
        there = _names_of_columns(build, on)  # packages describe columns that a project's own data does not have
        for column in described:
            if column.name in there:
                quoted = build.dialect.quote(column.name)
                yield ddl.comment(build.dialect, f"column {name}.{quoted}", column.description)
        missing = [column.name for column in described if column.name not in there]
        if missing:
            what = "The following columns are specified in the schema but are not present in the database"
            build.warn(f"{build.node.relation}: {what}: {', '.join(missing)}")


def _names_of_columns(build: Build, on: Relation) -> set[str]:
    found = catalog.columns(build.session, build.dialect, [on])
    return {column.name for listed in found.values() for column in listed}


def grants_of(build: Build) -> dict[str, list[str]]:
    """The config `grants`: privilege -> roles as they stand in SQL."""
    found: dict[str, list[str]] = {}
    if has_own(build, "apply_grants"):
        return found
    for privilege, grantees in (build.config.get("grants") or {}).items():
        names = [grantees] if isinstance(grantees, str) else list(grantees or ())
        found[str(privilege).lower()] = [_role(str(name), build.dialect) for name in names]
    return found


def grant_statements(build: Build, on: Relation) -> Iterator[str]:
    """SQL for the config `grants`."""
    for privilege, grantees in grants_of(build).items():
        if grantees:
            yield f"grant {privilege} on {build.dialect.render(on)} to {', '.join(grantees)}"


def regrant_statements(build: Build) -> Iterator[str]:
    """SQL that makes the grants of a relation that stays what the config says; none if it says nothing."""
    grants = grants_of(build)
    if not grants:
        return
    name, rows = build.dialect.render(build.relation), build.session.query(_granted(build)).rows
    there = {
        (privilege.lower(), build.dialect.quote(role) if role != "PUBLIC" else "public") for role, privilege in rows
    }
    asked = {(privilege, role) for privilege, roles in grants.items() for role in roles}
    yield from (f"revoke {privilege} on {name} from {role}" for privilege, role in sorted(there - asked))
    yield from (f"grant {privilege} on {name} to {role}" for privilege, role in sorted(asked - there))


def _granted(build: Build) -> str:
    literal = build.dialect.literal
    return (
        "select grantee, privilege_type from information_schema.role_table_grants\n"
        "where grantor = current_role and grantee <> current_role\n"
        f"    and table_schema = {literal(build.relation.schema)} and table_name = {literal(build.relation.identifier)}"
    )


def _role(name: str, dialect: Dialect) -> str:
    """A role as SQL takes it. dbt writes it without quotes, so that a plain name is folded to lower case."""
    if name.startswith('"') or name.lower() in _ROLE_WORDS:
        return name
    return dialect.quote(name.lower() if _PLAIN.fullmatch(name) else name)
