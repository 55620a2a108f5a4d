"""Data tests under an entry of a properties file, as nodes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from airflow_sqlmodels.errors import CompilationError, Location, NamingError, closest
from airflow_sqlmodels.manifest.file_paths import plain_path
from airflow_sqlmodels.manifest.macro import Macro
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.nodes import DataTest, NodeId, Problem, Ref, SourceRef
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.project.configs import once
from airflow_sqlmodels.project.generic_tests import Definition, Tested, nests_arguments, old_forms, take_apart
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry, TestEntry, data_tests_of
from airflow_sqlmodels.project.references import ref_of
from airflow_sqlmodels.project.sources import quoting_of
from airflow_sqlmodels.project.unrendered import Inline
from airflow_sqlmodels.project.yaml_text import plain
from airflow_sqlmodels.templating.arguments import rendered_argument
from airflow_sqlmodels.templating.call_graph import CallGraph
from airflow_sqlmodels.templating.macro_table import BUILT_IN, BUILT_IN_NAMES
from airflow_sqlmodels.templating.reading import Holder, read_test
from airflow_sqlmodels.templating.recorder import Asked


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
        quoted = quoting_of(parts, entry, table).get("column") is True
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
    said = _rendered_config(parts, definition, package, written.at)
    raw_code = definition.raw_code(said)
    asked = _asked(parts, definition, entry, written.at, raw_code)
    # as in dbt below the first folder, whichever folder is the resource folder
    fqn = (package, *plain_path(entry.file.path).split("/")[1:-1], definition.name)
    own = parts.own_config("test", package, fqn, None, *asked.configs, said, *_said_again(asked, said))
    config = parts.config("test", own, written.at)
    named = {"name": definition.short_name, "resource_type": "test", "package_name": package, "fqn": list(fqn),
             "path": f"{definition.short_name}.sql", "original_file_path": entry.file.path, "config": config,
             "tags": sorted(set(config["tags"])), "version": None}  # fmt: skip
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
        tags=once((*sorted({*_as_list(said.get("tags")), *tags, *_column_tags(written)}), *config["tags"])),
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
        short_name=definition.short_name,
        kwargs=definition.kwargs,
        column_name=definition.column_name,
        attached_node=attached,
        relation=parts.rules.relation(named, package),
    )


def _said_again(asked: Asked, said: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Tags of a test that dbt renders: there its properties say them once, and its `config(...)` once more."""
    return [] if _READ_AT_ONCE & set(asked.macros) or not said.get("tags") else [{"tags": said["tags"]}]


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


def _asked(parts: Parts, definition: Definition, entry: Entry, at: Location, raw_code: str) -> Asked:
    """What a generic test reads. Most say it in their arguments; a test macro that may say more is rendered."""
    graph, package = parts.readers.graph, entry.file.package
    macro = graph.macro_of(definition.macro_name, package)
    if macro is None:
        what = f"no data test {definition.macro_name.replace('test_', '', 1)!r}"
        error = NamingError(what, at, _test_hint(parts, definition, package))
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
    facts = {"name": definition.name, "resource_type": "test", "package_name": package}
    holder = Holder(entry.file.shown, package, placeholder, lambda: facts, of_generic_test=True)
    asked = read_test(definition.macro_name, definition.kwargs, holder, parts.readers, raw_code=raw_code)
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


def _from_arguments(parts: Parts, definition: Definition, package: str, macros: Any, at: Location) -> Asked:
    refs: list[Ref] = []
    found: list[SourceRef] = []
    for value in _texts(list(definition.kwargs.values())):
        template = rendered_argument(value)
        calls = parts.readers.graph.reader.calls(template) or []
        if calls and all(call.name == "env_var" for call in calls):
            parts.renderer(package).value(template, at)  # an error if the variable is not there, as in dbt
        for call in calls:
            if call.name == "ref" and call.literal and call.args:
                refs.append(ref_of(call))
            elif call.name == "source" and call.literal and len(call.args) == 2:
                found.append(SourceRef(*call.args))
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
