"""Seeds, sources, generic tests and exposures: nodes whose definition is not a template of their own."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from airflow_sqlmodels.errors import CompilationError, Location, ProjectError, SqlModelsError, closest
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.nodes import (
    DataTest,
    Macro,
    NodeId,
    Problem,
    Ref,
    Seed,
    Source,
    SourceRef,
)
from airflow_sqlmodels.manifest.relation import Quoting, Relation
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.configs import merge, merge_all
from airflow_sqlmodels.project.files import SourceFile
from airflow_sqlmodels.project.freshness_rules import freshness_of
from airflow_sqlmodels.project.generic_tests import Definition, Tested, nests_arguments, old_forms, take_apart
from airflow_sqlmodels.project.loaded_at import FIELD, QUERY, loaded_at
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry, TestEntry, data_tests_of
from airflow_sqlmodels.project.references import ref_of
from airflow_sqlmodels.project.template_nodes import asked_by_hooks, holder_of, seen
from airflow_sqlmodels.project.unrendered import Inline
from airflow_sqlmodels.project.yaml_text import YamlMap, plain
from airflow_sqlmodels.templating.arguments import rendered_argument
from airflow_sqlmodels.templating.call_graph import CallGraph
from airflow_sqlmodels.templating.macro_table import BUILT_IN, BUILT_IN_NAMES
from airflow_sqlmodels.templating.reading import Asked, Holder, read_template


def seed(parts: Parts, file: SourceFile) -> Seed:
    """The table that a CSV file becomes."""
    name = file.stem
    entry = parts.entries.get(("seed", file.package, name))
    fqn = (file.package, *file.folders, name)
    own = parts.own_config("seed", file.package, fqn, entry)
    at = Location(file.shown, 1)
    config = parts.config("seed", own, at, entry)
    content = {} if entry is None else entry.content
    hooks = asked_by_hooks(parts, config, holder_of(parts, file, name, "seed"))
    if hooks.refs or hooks.sources:
        what = f"Seeds cannot depend on other nodes: a hook of {name!r} calls ref or source"
        raise ProjectError(what, at if entry is None else entry.at, "name the table itself, or use an on-run-end hook")
    return Seed(
        id=NodeId(f"seed.{file.package}.{name}"),
        name=name,
        package=file.package,
        path=file.path,
        fqn=fqn,
        at=at,
        description=parts.description(content.get("description"), file.package, at),
        doc_blocks=parts.doc_blocks(content.get("description"), file.package),
        tags=tuple(config["tags"]),
        meta=plain(config.get("meta") or {}),
        config=config,
        own_config=own,
        written=parts.written_config("seed", file.package, fqn, entry, own),
        patch_path=None if entry is None else entry.file.shown,
        files=tuple(dict.fromkeys((file.shown, *(() if entry is None else (entry.file.shown,)), PROJECT_FILE))),
        checksum=_file_checksum(file.full),
        relation=parts.rules.relation(seen(name, "seed", file, fqn, config), file.package),
        columns=parts.columns(entry, file.package),
        root=str(parts.projects[file.package].root),
        macros=hooks.macros,
        called=hooks.macros if hooks.called is None else hooks.called,
    )


def sources(parts: Parts, entry: Entry) -> Iterator[Source]:
    """The tables of a source."""
    tables = entry.content.get("tables") or []
    for index, table in enumerate(tables):
        at = entry.place(tables, index)
        if not isinstance(table, YamlMap) or not table.get("name"):
            raise ProjectError(f"a table of the source {entry.name!r} has no name", at, "begin it with '- name:'")
        yield _source(parts, entry, table, at)


def _source(parts: Parts, entry: Entry, table: YamlMap, at: Location) -> Source:
    name, package = str(table["name"]), entry.file.package
    fqn = (package, *entry.file.folders, entry.name, name)
    beside = _config_of(table)
    own = merge(parts.own_config("source", package, fqn, entry), parts.rendered(beside, package, at))
    age = parts.rendered(loaded_at(entry, table), package, at, known=True)
    config = {**parts.config("source", own, at, entry)}
    config |= {key: value for key, value in age.items() if key in config}
    database = {"database": table.get("database", entry.content.get("database"))}
    said = parts.rendered(database, package, at, known=True)
    freshness = freshness_of(entry, table, at)
    is_off = freshness is None and ("freshness" in beside or "freshness" in table)
    source = Source(
        id=NodeId(f"source.{package}.{entry.name}.{name}"),
        name=name,
        source_name=entry.name,
        package=package,
        path=entry.file.path,
        fqn=fqn,
        at=at,
        description=parts.description(table.get("description"), package, at),
        doc_blocks=parts.doc_blocks(table.get("description"), package),
        source_description=parts.description(entry.content.get("description"), package, at),
        tags=tuple(config["tags"]),
        meta=plain(config.get("meta") or {}),
        source_meta=parts.rendered(entry.content.get("meta") or {}, package, at),
        config=config,
        own_config=own,
        written=_source_written(parts, entry, table) | ({"freshness": None} if is_off else {}),
        files=(entry.file.shown, PROJECT_FILE),
        loader=str(table.get("loader", entry.content.get("loader")) or ""),
        relation=_source_relation(parts, entry, table, said),
        columns=parts.columns(entry, package, table),
        loaded_at_field=_text_of(age.get(FIELD, config.get(FIELD))),
        loaded_at_query=_text_of(age.get(QUERY, config.get(QUERY))),
        freshness=freshness,
        external=_external(parts, entry, table, at),
    )
    if freshness is not None and not (source.loaded_at_field or source.loaded_at_query):
        what = f"nothing says when {entry.name}.{name} was loaded, so that its freshness cannot be told"
        text = str(SqlModelsError(what, at, "add loaded_at_field or loaded_at_query: Postgres itself does not know"))
        parts.noted.append(Warned(text, "FreshnessConfigProblem", {"msg": what}, once=True))
    return source


def _external(parts: Parts, entry: Entry, table: YamlMap, at: Location) -> dict[str, Any] | None:
    """What the table says under `external`, with all that readers of `graph.sources` look for."""
    said = parts.rendered({"external": table.get("external")}, entry.file.package, at)["external"]
    if not isinstance(said, Mapping):
        return None
    partitions = [_partition(each, at) for each in said.get("partitions") or ()]
    return {**dict.fromkeys(_OF_EXTERNAL), **plain(said), "partitions": partitions or None}


_OF_EXTERNAL = ("location", "file_format", "row_format", "tbl_properties", "partitions")


def _partition(said: Any, at: Location) -> Any:
    if not isinstance(said, Mapping):
        return said
    if not said.get("name") or not said.get("data_type"):
        raise CompilationError("External partition columns must have names and data types", at)
    return {"description": "", "meta": {}, **plain(said)}


def _source_relation(parts: Parts, entry: Entry, table: YamlMap, said: Mapping[str, Any]) -> Relation:
    """Where a source lies. The project's quoting does not hold for sources; their own does."""
    content = _source_quoting(parts, entry, table)
    quoting = Quoting(*(content.get(part) is not False for part in ("database", "schema", "identifier")))
    package = entry.file.package
    names = {"schema": entry.content.get("schema"), "identifier": table.get("identifier")}
    names = parts.rendered(names, package, entry.at, known=True)
    database = said["database"] or parts.settings.target.database
    schema, identifier = names["schema"] or entry.name, names["identifier"] or table["name"]
    return Relation(str(database or ""), str(schema), str(identifier), quoting)


def _source_quoting(parts: Parts, entry: Entry, table: YamlMap) -> dict[str, Any]:
    """What is said of quoting, the table's word last."""
    said = {**(entry.content.get("quoting") or {}), **(table.get("quoting") or {})}
    return {key: _as_bool(value) for key, value in parts.rendered(said, entry.file.package, entry.at).items()}


def _as_bool(value: Any) -> Any:
    return value.strip().lower() == "true" if isinstance(value, str) else value


def _source_written(parts: Parts, entry: Entry, table: YamlMap) -> dict[str, Any]:
    """Schema, database and quoting as they are written; what is not said is not there.

    Of a source that is overridden, schema and database are as its own package wrote them: so has dbt.
    """
    itself = entry.content if entry.overridden is None else entry.overridden
    said = {
        "schema": itself.get("schema"),
        "database": table.get("database", itself.get("database")),
        "quoting": _source_quoting(parts, entry, table) or None,
    }
    return {key: value for key, value in said.items() if value is not None}


def _config_of(table: YamlMap) -> dict[str, Any]:
    beside = {key: table[key] for key in ("tags", "meta", "enabled") if table.get(key) is not None}
    return merge_all((beside, table.get("config") or {}))


def _text_of(value: Any) -> str | None:
    return str(value) if value else None


def generic_tests(parts: Parts, entry: Entry) -> Iterator[DataTest]:
    """The data tests under an entry; for a source, those under its tables."""
    if entry.kind != "source":
        tested, attached = _tested(entry)
        for each in data_tests_of(entry):
            yield _generic_test(parts, entry, each, tested, attached)
        return
    for table in entry.content.get("tables") or []:
        name = str(table["name"])
        tags = (*_as_list(entry.content.get("tags")), *_as_list(table.get("tags")))
        quoted = _source_quoting(parts, entry, table).get("column") is True
        tested = Tested("source", f"{entry.name}_{name}", f"source('{entry.name}', '{name}')", quoted)
        attached = NodeId(f"source.{entry.file.package}.{entry.name}.{name}")
        for each in data_tests_of(entry, table):
            yield _generic_test(parts, entry, each, tested, attached, tags)


def _tested(entry: Entry) -> tuple[Tested, NodeId]:
    """What the tests under an entry stand under, and its node."""
    package, version, quoted = entry.file.package, entry.version, entry.content.get("quote_columns") is True
    if version is None:
        tested = Tested(entry.kind, entry.name, f"ref('{entry.name}')", quoted)
        return tested, NodeId(f"{entry.kind}.{package}.{entry.name}")
    name, reference = f"{version.model}_v{version.number}", f"ref('{version.model}', version='{version.number}')"
    return Tested(entry.kind, name, reference, quoted), NodeId(
        f"{entry.kind}.{package}.{version.model}.v{version.number}"
    )


def _generic_test(  # one argument per thing that is known of a test
    parts: Parts, entry: Entry, written: TestEntry, tested: Tested, attached: NodeId, tags: Sequence[str] = ()
) -> DataTest:
    package, flags = entry.file.package, parts.settings.flags
    definition = take_apart(written, tested, nested=nests_arguments(flags))
    parts.noted.extend(old_forms(written, tested, package, flags))
    asked = _asked(parts, definition, entry, written.at)
    # as in dbt below the first folder, whichever folder is the resource folder
    fqn = (package, *entry.file.path.split("/")[1:-1], definition.name)
    said = _rendered_config(parts, definition, package, written.at)
    own = parts.own_config("test", package, fqn, None, *asked.configs, said)
    config = parts.config("test", own, written.at)
    config["tags"] = sorted(config["tags"])
    named = {"name": definition.short_name, "resource_type": "test", "package_name": package, "fqn": list(fqn),
             "path": f"{definition.short_name}.sql", "original_file_path": entry.file.path, "config": config,
             "tags": config["tags"], "version": None}  # fmt: skip
    raw_code = definition.raw_code(said)
    # of its own two fastest tests dbt keeps the values
    text = "" if _READ_AT_ONCE & set(asked.macros) else raw_code
    as_said = parts.written_config("test", package, fqn, None, own, Inline((said, *asked.configs), text))
    return DataTest(
        id=NodeId(definition.unique_id(package)),
        name=definition.name,
        package=package,
        path=entry.file.path,
        fqn=fqn,
        at=written.at,
        description=parts.description(definition.description, package, written.at),
        doc_blocks=parts.doc_blocks(definition.description, package),
        tags=tuple(sorted({*config["tags"], *tags, *_column_tags(written)})),
        meta=plain(config.get("meta") or {}),
        config=config,
        own_config=own,
        written=as_said,
        files=(entry.file.shown, PROJECT_FILE),
        checksum=hashlib.sha256((raw_code + repr(definition.kwargs)).encode()).hexdigest(),
        raw_code=raw_code,
        refs=asked.refs,
        source_refs=asked.sources,
        function_refs=asked.functions,
        metric_refs=asked.metrics,
        macros=asked.macros,
        problems=tuple(Problem(each.what, written.at, each.hint) for each in asked.problems),
        generic=definition.macro_name.replace("test_", "", 1),
        kwargs=definition.kwargs,
        column_name=definition.column_name,
        attached_node=attached,
        relation=parts.rules.relation(named, package),
    )


def _rendered_config(parts: Parts, definition: Definition, package: str, at: Location) -> dict[str, Any]:
    """The config of a test without templates; as in dbt, what stands in lists and mappings stays as it is written.

    Raises CompilationError: macros and nodes are not known there.
    """
    texts = {key: value for key, value in definition.config.items() if isinstance(value, str)}
    try:
        said = {**definition.config, **parts.rendered(texts, package, at)}
    except CompilationError as error:
        what = f"Invalid generic test configuration of {definition.test!r}: {error.what}"
        raise CompilationError(what, error.at, error.hint) from error
    return {key: value for key, value in said.items() if value is not None}  # what a template leaves open is not said


_READ_AT_ONCE = {"macro.dbt.test_unique", "macro.dbt.test_not_null"}


def _column_tags(written: TestEntry) -> list[str]:
    if written.column is None:
        return []
    config = written.column.get("config") or {}
    return [*_as_list(written.column.get("tags")), *_as_list(config.get("tags"))]


def _asked(parts: Parts, definition: Definition, entry: Entry, at: Location) -> Asked:
    """What a generic test reads. Most say it in their arguments; a test macro that may say more is rendered."""
    graph, package = parts.readers.graph, entry.file.package
    macro = graph.macro_of(definition.macro_name, package)
    if macro is None:
        what = f"no data test {definition.macro_name.replace('test_', '', 1)!r}"
        error = ProjectError(what, at, _test_hint(parts, definition, package))
        if not _is_of_absent_package(parts, definition):
            raise error
        # as in dbt, only this test fails, when it runs
        return replace(_from_arguments(parts, definition, package, (), at), problems=(error,))
    mistaken = _is_mistaken(graph, macro, package)
    if not mistaken:
        _refuse_unknown_arguments(parts, definition, macro, at)
    if not graph.is_noisy(definition.macro_name, package) or mistaken:
        return _from_arguments(parts, definition, package, (macro.id,), at)
    placeholder = Relation(parts.settings.target.database, parts.settings.target.schema, definition.short_name)
    arguments = {key: rendered_argument(value) for key, value in definition.kwargs.items()}
    text = "{{ " + definition.macro_name + "(" + _call_arguments(arguments) + ") }}"
    facts = {"name": definition.name, "resource_type": "test", "package_name": package}
    asked = read_template(text, Holder(entry.file.shown, package, placeholder, lambda: facts), parts.readers)
    plain_refs = _from_arguments(parts, definition, package, (macro.id,), at)
    refs = tuple(dict.fromkeys((*plain_refs.refs, *asked.refs)))
    found = tuple(dict.fromkeys((*plain_refs.sources, *asked.sources)))
    return Asked(refs, found, asked.configs, plain_refs.macros, asked.functions, asked.metrics)


def _refuse_unknown_arguments(parts: Parts, definition: Definition, macro: Macro, at: Location) -> None:
    """Raises CompilationError for an argument that the test's macro does not take.

    Of its own two fastest tests dbt finds it when they run.
    """
    doubts = parts.readers.doubts
    if macro.id in _READ_AT_ONCE or doubts.takes(macro, (0, tuple(definition.kwargs))):
        return
    takes = doubts.arguments(macro)
    unknown = next(each for each in definition.kwargs if each not in takes)
    what = f"macro {macro.name!r} takes no keyword argument {unknown!r}"
    free = [each for each in takes if each not in definition.kwargs]
    raise CompilationError(what, at, closest(unknown, free) or f"it takes {', '.join(takes) or 'none'}")


def _is_mistaken(graph: CallGraph, macro: Macro, package: str) -> bool:
    """Whether the project has a test of the same bare name as a package's: dbt then looks into the wrong one of them.

    It does not find there what the right one says by `config()`, as dbt_utils.equality does; the defaults hold.
    """
    same = graph.table.visible(macro.name, package)
    return (
        same is not None and same.package not in (macro.package, BUILT_IN) and macro.id not in graph.reached([same.id])
    )


def _call_arguments(arguments: Mapping[str, Any]) -> str:
    """The arguments of a call; templates among them stand as expressions."""
    return ", ".join(f"{key}={_expression(value)}" for key, value in arguments.items())


def _expression(value: Any) -> str:
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("{{") and text.endswith("}}") and "{{" not in text[2:]:
            return text[2:-2]
        return repr(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key!r}: {_expression(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_expression, value)) + "]"
    return repr(value)


def _from_arguments(parts: Parts, definition: Definition, package: str, macros: Any, at: Location) -> Asked:
    refs: dict[Ref, None] = {}
    found: dict[SourceRef, None] = {}
    for value in _texts(list(definition.kwargs.values())):
        template = rendered_argument(value)
        calls = parts.readers.graph.reader.calls(template) or []
        if calls and all(call.name == "env_var" for call in calls):
            parts.renderer(package).value(template, at)  # an error if the variable is not there, as in dbt
        for call in calls:
            if call.name == "ref" and call.literal and call.args:
                refs[ref_of(call)] = None
            elif call.name == "source" and call.literal and len(call.args) == 2:
                found[SourceRef(*call.args)] = None
    where = parts.readers.graph.direct(("get_where_subquery",), package)
    return Asked(tuple(refs), tuple(found), (), (*macros, *where))


def _texts(values: list[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, str):
            if "(" in value:
                yield value
        elif isinstance(value, dict):
            yield from _texts(list(value.values()))
        elif isinstance(value, list):
            yield from _texts(value)


def _is_of_absent_package(parts: Parts, definition: Definition) -> bool:
    return definition.namespace not in (None, *parts.projects, *BUILT_IN_NAMES)


def _test_hint(parts: Parts, definition: Definition, package: str) -> str:
    if _is_of_absent_package(parts, definition):
        return f"the package {definition.namespace!r} is not installed: sqlmodels deps"
    macros = parts.readers.library.table.macros.values()
    packages = (definition.namespace,) if definition.namespace else (package, parts.settings.name, "dbt")
    known = [m.name.removeprefix("test_") for m in macros if m.name.startswith("test_") and m.package in packages]
    return closest(definition.test, known) or f"known here: {', '.join(sorted(known)[:12])}"


def _as_list(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _file_checksum(path: str) -> str:
    """The hash that dbt, too, would have: of the text without the white space around it."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read().replace(b"\r\n", b"\n").strip()).hexdigest()
