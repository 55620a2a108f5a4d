"""Runs one project three times - twice with dbt, once with us - each time into a database that was empty."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql

from tests.parity.database import relations_of
from tests.parity.outcome import Outcome
from tests.parity.packages import LEFT_OUT, install
from tests.parity.projects import Listing, Project
from tests.parity.questions import selectors_for
from tests.parity.tools import Tool, environment


@dataclass(frozen=True, slots=True)
class Place:
    """Where projects are run."""

    server: str
    """A libpq connection string of somebody who may create databases."""
    work: Path
    threads: int = 4


def prepare(project: Project, listing: Listing, clones: Path, place: Place) -> Path:
    """A copy of its repository with packages installed and the files that it lacks. Raises MissingPackageError."""
    copy = place.work / project.name / "prepared"
    shutil.rmtree(copy.parent, ignore_errors=True)
    left_out = shutil.ignore_patterns(*LEFT_OUT)
    shutil.copytree(project.root, copy, symlinks=True, ignore=left_out)
    if project.overlay:
        shutil.copytree(project.overlay, copy, dirs_exist_ok=True)
    at = copy / project.folder
    for name, text in project.files.items():
        (at / name).parent.mkdir(parents=True, exist_ok=True)
        (at / name).write_text(text, encoding="utf-8")
    if project.flags:
        with (at / "dbt_project.yml").open("a", encoding="utf-8") as settings:
            settings.write(f"\n{yaml.safe_dump({'flags': dict(project.flags)})}")
    install(at, clones, {**listing.packages, **project.packages})
    (copy.parent / "profiles.yml").write_text(_profiles(at, project, place), encoding="utf-8")
    return copy


def run(project: Project, tool: Tool, prepared: Path, place: Place, asked: Sequence[str] | None = None) -> Outcome:
    """What a tool makes of a project.

    `asked` are the arguments of `ls`; None: they are made up from its manifest; none at all: only the commands are run.
    """
    copy = prepared.parent / "run"  # one path for all runs, as paths get into rows too
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(prepared, copy, symlinks=True)
    at, means = copy / project.folder, {**environment(prepared.parent), **project.environment}
    with _empty_database(place.server, project) as connection:
        commands = tuple(tool.run(at, text, means, place.threads) for text in project.commands)
        manifest = tool.manifest(at, means) if asked is None or asked else {}
        asked = [*project.selectors, *selectors_for(manifest)] if asked is None and manifest else asked or []
        selections = tool.selections(at, asked, means) if asked and manifest else {}
        relations = relations_of(connection)
    shutil.rmtree(prepared.parent / tool.name, ignore_errors=True)
    copy.rename(prepared.parent / tool.name)
    return Outcome(commands, relations, manifest, selections)


@contextlib.contextmanager
def _empty_database(server: str, project: Project) -> Any:
    name = sql.Identifier(project.database)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute("select pg_advisory_lock(hashtext('tests.parity'))")  # one at a time, on a server that is shared
        admin.execute(sql.SQL("drop database if exists {} with (force)").format(name))
        admin.execute(sql.SQL("create database {}").format(name))
        with psycopg.connect(server, dbname=project.database, autocommit=True) as connection:
            if project.setup:
                connection.execute(project.setup.encode())
            yield connection


def _profiles(at: Path, project: Project, place: Place) -> str:
    """A profiles.yml whose one output is the server."""
    settings = yaml.safe_load((at / "dbt_project.yml").read_text(encoding="utf-8"))
    output = {"type": "postgres", "schema": project.schema, "dbname": project.database, "threads": place.threads,
              **_login(place.server)}  # fmt: skip
    outputs = {"target": project.target, "outputs": {project.target: output}}
    return yaml.safe_dump({settings.get("profile") or "default": outputs})


def _login(server: str) -> Mapping[str, object]:
    fields = psycopg.conninfo.conninfo_to_dict(server)
    return {
        "host": fields.get("host", "localhost"),
        "port": int(fields.get("port") or 5432),
        "user": fields.get("user", "postgres"),
        "password": fields.get("password") or "none",
    }
