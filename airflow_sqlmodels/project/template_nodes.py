"""SQL files -> models, snapshots, analyses, singular tests; project hooks -> operations. Nothing is resolved yet."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from msgspec.structs import replace

from airflow_sqlmodels.errors import CompilationError, Location, ProjectError, closest
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.nodes import (
    Analysis,
    DataTest,
    Model,
    NodeId,
    Operation,
    Problem,
    Snapshot,
)
from airflow_sqlmodels.manifest.relation import Relation
from airflow_sqlmodels.project.configs import once
from airflow_sqlmodels.project.contracts import (
    check_contract,
    constraint_reads,
    contract_problems,
    refuse_schema_changes,
)
from airflow_sqlmodels.project.files import SourceFile
from airflow_sqlmodels.project.model_facts import deprecation_date, time_spine
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.settings import ProjectFile
from airflow_sqlmodels.project.snapshot_config import check_snapshot
from airflow_sqlmodels.project.text_files import with_plain_ends
from airflow_sqlmodels.project.unrendered import Inline
from airflow_sqlmodels.project.yaml_text import plain
from airflow_sqlmodels.templating.blocks import find_blocks
from airflow_sqlmodels.templating.call_names import OVERRIDDEN
from airflow_sqlmodels.templating.reading import Holder, read_template
from airflow_sqlmodels.templating.recorder import Asked


def model(parts: Parts, file: SourceFile) -> Model:
    """The model in a file of a model folder."""
    written = file.written()
    text = with_plain_ends(written)
    entry = parts.entries.get(("model", file.package, file.stem))
    version = None if entry is None else entry.version
    name, number = (file.stem, None) if version is None else (version.model, version.number)
    suffix = () if number is None else (f"v{number}",)
    fqn = (file.package, *file.folders, name, *suffix)
    in_python, holder = file.path.endswith(".py"), holder_of(parts, file, file.stem, "model")
    asked = _ask_python(text, file, entry) if in_python else ask(parts, text, holder)
    own = parts.own_config("model", file.package, fqn, entry, *asked.configs)
    config = parts.config("model", own, Location(file.shown, 1), entry)
    at = Location(file.shown, 1) if entry is None else entry.at
    _refuse_on_error(config, at)
    refuse_schema_changes(config, at)
    columns = parts.columns(entry, file.package)
    read = _with_hooks(parts, config, asked, holder, constraint_reads(entry, columns))
    inline = Inline(asked.configs, "" if in_python else text, rendered=parts.overrides(OVERRIDDEN, file.package))
    fields = shared(parts, file, name, fqn, entry, config, own, inline)
    template = template_fields(written, read)
    template["problems"] += tuple(contract_problems(entry, config, columns))
    parts.noted.extend(check_contract(entry, name, config, columns, in_python=in_python))
    return Model(
        id=NodeId(".".join(("model", file.package, name, *suffix))),
        relation=parts.rules.relation(
            {**seen(name, "model", file, fqn, config), "version": version and version.said}, file.package
        ),
        version=number,
        latest_version=None if version is None else version.latest,
        said_version=None if version is None else version.said,
        said_latest_version=None if version is None else version.said_latest,
        materialized=str(config["materialized"]),
        columns=columns,
        constraints=() if entry is None else tuple(plain(entry.content.get("constraints") or [])),
        access="protected" if config.get("access") is None else str(config["access"]),
        group=config.get("group"),
        time_spine=time_spine(entry),
        deprecation_date=deprecation_date(entry),
        **fields,
        **template,
    )


def _ask_python(text: str, file: SourceFile, entry: Entry | None) -> Asked:
    """What a model in Python asks for: to be a table, whatever folders say, if nothing nearer says something else."""
    from airflow_sqlmodels.project.python_models import ask_python  # noqa: PLC0415  # few projects have one

    asked = ask_python(text, file.shown)
    if entry is not None and "materialized" in entry.config:
        return asked
    return replace(asked, configs=({"materialized": "table"}, *asked.configs))


def _refuse_on_error(config: Mapping[str, Any], at: Location) -> None:
    said = config.get("on_error")
    if said not in (None, *_ON_ERROR):
        hint = closest(str(said), _ON_ERROR) or f"there are {' and '.join(_ON_ERROR)}"
        raise ProjectError(f"a model cannot have on_error {said!r}", at, hint)


_ON_ERROR = ("skip_children", "continue")
"""What becomes of those that read a model which could not be built."""


def snapshots(parts: Parts, file: SourceFile) -> Iterator[Snapshot]:
    """The snapshot blocks of a file."""
    text = file.written()
    for block in find_blocks(text, file.shown):
        if block.kind == "snapshot":
            line = text.count("\n", 0, block.body_start) + 1
            yield _snapshot(parts, file, block.name, block.body, line)


def yaml_snapshot(parts: Parts, entry: Entry) -> Snapshot | None:
    """The snapshot that properties define by themselves with `relation:`; None if they only describe one.

    Raises ProjectError for a relation that is neither of the project nor a source.
    """
    relation = entry.content.get("relation")
    if relation is None:
        return None
    query = "select * from {{ " + str(relation) + " }}"
    calls = parts.readers.graph.reader.calls(query) or ()
    if not any(each.name in ("ref", "source") for each in calls):
        at = entry.place(entry.content, "relation")
        raise ProjectError(f"Invalid jinja expression: {relation}", at, "write ref('model') or source('name', 'table')")
    return _snapshot(parts, entry.file, entry.name, query, entry.at.line)


def analysis(parts: Parts, file: SourceFile) -> Analysis:
    """The query in a file of an analysis folder."""
    written, name = file.written(), file.stem
    text = with_plain_ends(written)
    entry = parts.entries.get(("analysis", file.package, name))
    corrected = parts.settings.flag(_CORRECTED)
    fqn = (file.package, *(() if corrected else ("analysis",)), *file.folders, name)
    holder = holder_of(parts, file, name, "analysis", fqn)
    asked = ask(parts, text, holder)
    own = parts.own_config("analysis" if corrected else "model", file.package, fqn, entry, *asked.configs)
    config = parts.config("analysis", own, Location(file.shown, 1), entry)
    return Analysis(
        id=NodeId(f"analysis.{file.package}.{name}"),
        schema=parts.rules.relation(seen(name, "analysis", file, fqn, config), file.package).schema,
        columns=parts.columns(entry, file.package),
        **shared(parts, file, name, fqn, entry, config, own, Inline(asked.configs, text)),
        **template_fields(written, _with_hooks(parts, config, asked, holder)),
    )


def singular_test(parts: Parts, file: SourceFile) -> DataTest:
    """The query in a file of a test folder: its rows are at fault."""
    written, name = file.written(), file.stem
    text = with_plain_ends(written)
    entry = parts.entries.get(("singular_test", file.package, name))
    fqn = (file.package, *file.folders, name)
    asked = ask(parts, text, holder_of(parts, file, name, "test"))
    own = parts.own_config("test", file.package, fqn, entry, *asked.configs)
    config = parts.config("test", own, Location(file.shown, 1), entry)
    return DataTest(
        id=NodeId(f"test.{file.package}.{name}"),
        relation=parts.rules.relation(seen(name, "test", file, fqn, config), file.package),
        **shared(parts, file, name, fqn, entry, config, own, Inline(asked.configs, text)),
        **template_fields(written, asked),
    )


def operations(parts: Parts, project: ProjectFile) -> Iterator[Operation]:
    """The on-run-start and on-run-end hooks of a project or package."""
    for when in ("on-run-start", "on-run-end"):
        for index, sql in enumerate(project.hooks(when)):
            name = f"{project.name}-{when}-{index}"
            shown = f"{project.shown}{PROJECT_FILE}"
            fqn = (project.name, "hooks", name)
            own = parts.own_config("model", project.name, fqn, None)
            config = parts.config("operation", own, Location(shown))
            facts = partial(_seen_hook, name, project.name, fqn, config)
            holder = Holder(shown, project.name, _usual_relation(parts, name), facts)
            asked = ask(parts, sql, holder)
            yield Operation(
                id=NodeId(f"operation.{project.name}.{name}"),
                name=name,
                package=project.name,
                path=PROJECT_FILE,
                fqn=fqn,
                at=Location(shown),
                config=config,
                own_config=own,
                written=parts.written_config("model", project.name, fqn, None, own),
                schema=parts.rules.relation(_seen_hook(name, project.name, fqn, config), project.name).schema,
                when=when,
                index=index,
                tags=tuple(dict.fromkeys((when, *(config.get("tags") or ())))),
                meta=plain(config.get("meta") or {}),
                files=(shown,),
                **{
                    **template_fields(sql, _with_hooks(parts, config, asked, holder)),
                    "raw_code": sql,  # as YAML has it: nothing is cut off, as in dbt
                    "body_line": 1,
                },
            )


def _seen_hook(name: str, package: str, fqn: tuple[str, ...], config: Mapping[str, Any]) -> dict[str, Any]:
    seen = {"name": name, "resource_type": "operation", "package_name": package, "original_file_path": PROJECT_FILE}
    return {**seen, "path": f"hooks/{name}", "fqn": list(fqn), "config": config, "tags": [], "version": None}


def _snapshot(parts: Parts, file: SourceFile, name: str, body: str, line: int) -> Snapshot:
    entry = parts.entries.get(("snapshot", file.package, name))
    own_file = () if file.kind == "properties" else (file.stem,)
    fqn = (file.package, *file.folders, *own_file, name)
    plain_body = with_plain_ends(body)
    holder = holder_of(parts, file, name, "snapshot", fqn)
    asked = ask(parts, plain_body, holder, line)
    own = parts.own_config("snapshot", file.package, fqn, entry, *asked.configs)
    at = Location(file.shown, line)
    config = parts.config("snapshot", own, at, entry)
    if config.get("enabled", True):
        parts.noted.extend(check_snapshot(name, config, at))
    read = _with_hooks(parts, config, asked, holder)
    return Snapshot(
        id=NodeId(f"snapshot.{file.package}.{name}"),
        relation=parts.rules.relation(seen(name, "snapshot", file, fqn, config), file.package),
        columns=parts.columns(entry, file.package),
        **{**shared(parts, file, name, fqn, entry, config, own, Inline(asked.configs, plain_body)), "at": at},
        **template_fields(body, read, line),
    )


def holder_of(parts: Parts, file: SourceFile, name: str, kind: str, fqn: tuple[str, ...] | None = None) -> Holder:
    """The node of a file as a template sees it that is read: with the config of dbt_project.yml alone, as in dbt."""

    def facts() -> dict[str, Any]:
        names = fqn or (file.package, *file.folders, name)
        key = _configured_as(parts, kind)
        config = parts.config(kind, parts.own_config(key, file.package, names, None), Location(file.shown, 1))
        place = {"alias": name, "schema": relation.schema, "database": relation.database}
        known = {**unknown_yet(kind), **seen(name, kind, file, names, config), **place, "tags": []}
        del known["version"]
        return known

    relation = _usual_relation(parts, name)
    return Holder(file.shown, file.package, relation, facts)


def unknown_yet(kind: str) -> dict[str, Any]:
    """What a template that is read sees of its own node that it says itself, or that stands in properties."""
    found: dict[str, Any] = {
        "language": "sql",
        "description": "",
        "columns": {},
        "meta": {},
        "depends_on": {"macros": [], "nodes": []},
        **{key: [] for key in ("refs", "sources", "functions", "metrics", "doc_blocks")},
        "docs": {"show": True},
        "unrendered_config": {},
        "created_at": time.time(),
    }
    if kind == "model":
        found |= {"access": "protected", "constraints": [], "primary_key": []}
        found["contract"] = {"enforced": False, "alias_types": True, "checksum": None}
    return found


def _usual_relation(parts: Parts, name: str) -> Relation:
    return Relation(parts.settings.target.database, parts.settings.target.schema, name)


def ask(parts: Parts, text: str, holder: Holder, line: int = 1) -> Asked:
    """What a template that begins in that line asks for."""
    above = "\n" * (line - 1)
    asked = read_template(above + text, holder, parts.readers)
    for config in asked.configs:
        for key in ("pre_hook", "post_hook"):
            if key in config and key.replace("_", "-") in config:
                what = f"config(...) has both {key!r} and {key.replace('_', '-')!r}, which are the same"
                raise CompilationError(what, Location(holder.path, line), "keep one of the two")
    return asked


def _with_hooks(
    parts: Parts, config: Mapping[str, Any], asked: Asked, holder: Holder, others: Iterable[str] = ()
) -> Asked:
    """What a node asks for, with what its hooks read: as in dbt, a ref in a hook counts."""
    hooks = [each["sql"] for key in ("pre_hook", "post_hook") for each in config[key] if "{" in each["sql"]]
    every = [asked, *(ask(parts, text, holder) for text in (*hooks, *others))]
    return with_reads_of(asked, every)


def asked_by_hooks(parts: Parts, config: Mapping[str, Any], holder: Holder) -> Asked:
    """What the hooks of a node ask for that has no template."""
    return _with_hooks(parts, config, Asked(), holder)


def with_reads_of(asked: Asked, every: Iterable[Asked]) -> Asked:
    """What a node asks for; it reads and calls what any of these do."""
    listed = list(every)
    called = asked.called
    if len(listed) > 1:
        each_called = (macro for each in listed for macro in (each.macros if each.called is None else each.called))
        called = tuple(dict.fromkeys(each_called))
    return replace(
        asked,
        macros=tuple(dict.fromkeys(macro for each in listed for macro in each.macros)),
        called=called,
        refs=tuple(ref for each in listed for ref in each.refs),
        sources=tuple(source for each in listed for source in each.sources),
        functions=tuple(function for each in listed for function in each.functions),
        metrics=tuple(metric for each in listed for metric in each.metrics),
    )


def seen(name: str, kind: str, file: SourceFile, fqn: tuple[str, ...], config: Mapping[str, Any]) -> dict[str, Any]:
    """What naming macros see of a node."""
    return {
        "name": name,
        "resource_type": kind,
        "package_name": file.package,
        "path": file.path[len(file.base) + 1 :],
        "original_file_path": file.path,
        "fqn": list(fqn),
        "config": config,
        "tags": list(once(config["tags"])),
        "version": None,
        "unique_id": f"{kind}.{file.package}.{name}",
    }


_CORRECTED = "require_corrected_analysis_fqns"
"""The flag of dbt with which analyses are configured under `analyses:`, and are called without a folder more."""


def _configured_as(parts: Parts, kind: str) -> str:
    """Under whose key of dbt_project.yml nodes are configured that have none of their own: as in dbt."""
    if kind == "analysis":
        return kind if parts.settings.flag(_CORRECTED) else "model"
    return "snapshot" if kind == "properties" else kind


def shared(  # noqa: PLR0913  # one argument per thing that is known of a node
    parts: Parts,
    file: SourceFile,
    name: str,
    fqn: tuple[str, ...],
    entry: Entry | None,
    config: Mapping[str, Any],
    own: Mapping[str, Any],
    inline: Inline,
) -> dict[str, Any]:
    """The fields that every kind of node has."""
    content = {} if entry is None else entry.content
    files = (file.shown,) if entry is None else (file.shown, entry.file.shown)
    at = Location(file.shown, 1)
    kind = _configured_as(parts, file.kind)
    describe = parts.untouched_description if file.kind == "function" else parts.description
    return {
        "name": name,
        "package": file.package,
        "path": file.path,
        "fqn": fqn,
        "at": at,
        "description": describe(content.get("description"), file.package, at if entry is None else entry.at),
        "doc_blocks": parts.doc_blocks(content.get("description"), file.package),
        "tags": once(config["tags"]),
        "meta": plain(config.get("meta") or {}),
        "config": config,
        "own_config": own,
        "written": parts.written_config(kind, file.package, fqn, entry, own, inline),
        "patch_path": None if entry is None else entry.file.shown,
        "files": tuple(dict.fromkeys((*files, PROJECT_FILE))),
    }


def template_fields(text: str, asked: Asked, line: int = 1) -> dict[str, Any]:
    """What the fields of a templated node say of its template, which begins in that line of its file."""
    stripped = text.lstrip()
    return {
        "raw_code": stripped.rstrip(),
        "body_line": line + text.count("\n", 0, len(text) - len(stripped)),
        "problems": tuple(Problem(each.what, each.at, each.hint) for each in asked.problems if each.at),
        "refs": asked.refs,
        "source_refs": asked.sources,
        "function_refs": asked.functions,
        "metric_refs": asked.metrics,
        "macros": asked.macros,
        "called": asked.called,
        "checksum": hashlib.sha256(with_plain_ends(stripped.rstrip()).encode()).hexdigest(),
    }
