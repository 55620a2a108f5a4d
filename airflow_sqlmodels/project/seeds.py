"""Seeds: the tables that CSV files become."""

from __future__ import annotations

import hashlib

from airflow_sqlmodels.errors import Location, ProjectError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.nodes import (
    NodeId,
    Seed,
)
from airflow_sqlmodels.project.configs import once
from airflow_sqlmodels.project.files import SourceFile
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.template_nodes import asked_by_hooks, holder_of, seen
from airflow_sqlmodels.project.text_files import decoded
from airflow_sqlmodels.project.yaml_text import plain


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
        tags=once(config["tags"]),
        meta=plain(config.get("meta") or {}),
        config=config,
        own_config=own,
        written=parts.written_config("seed", file.package, fqn, entry, own),
        patch_path=None if entry is None else entry.file.shown,
        files=tuple(dict.fromkeys((file.shown, *(() if entry is None else (entry.file.shown,)), PROJECT_FILE))),
        checksum=_file_checksum(file),
        relation=parts.rules.relation(seen(name, "seed", file, fqn, config), file.package),
        columns=parts.columns(entry, file.package),
        root=str(parts.projects[file.package].root),
        macros=hooks.macros,
        called=hooks.macros if hooks.called is None else hooks.called,
    )


def _file_checksum(file: SourceFile) -> str:
    """The hash that dbt, too, would have: of the text without the white space around it.

    Raises ProjectError if it is not UTF-8: its rows could not be loaded.
    """
    with open(file.full, "rb") as opened:
        content = opened.read()
    decoded(content, file.shown)
    return hashlib.sha256(content.replace(b"\r\n", b"\n").strip()).hexdigest()
