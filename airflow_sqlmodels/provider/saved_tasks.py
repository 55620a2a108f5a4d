"""Which task is what, saved when a DAG is built, so that a worker finds one task without the others."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from airflow_sqlmodels.manifest.cache_folder import cache_folder
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.manifest.store import Broken, open_store, write_store
from airflow_sqlmodels.provider.options import Options
from airflow_sqlmodels.provider.specs import TaskSpec
from airflow_sqlmodels.provider.translate import Translator
from airflow_sqlmodels.version import VERSION

_encode = msgspec.msgpack.Encoder().encode


class SavedTasks(Struct, frozen=True):
    """The tasks of one DAG or group with its options; None as path: nothing is saved."""

    path: Path | None
    project: str = ""

    def get(self, task_id: str) -> TaskSpec | None:
        """The spec of a task; None if there is none, or nothing was saved."""
        if self.path is None:
            return None
        try:
            record = open_store(self.path).get(task_id)
        except (OSError, Broken):
            return None
        if record is None:
            return None
        own_id, kind, nodes, group, model, schemas, results, upstream, tolerated = msgspec.msgpack.decode(record)
        found = TaskSpec(own_id, kind, [NodeId(each) for each in nodes], tuple(group), model)
        found.schemas = tuple((database, schema) for database, schema in schemas)
        found.leaves_results, found.graph_from, found.results_of = results
        found.upstream, found.tolerated = set(upstream), set(tolerated)
        return found

    def of_node(self, name: str, kind: str) -> TaskSpec | None:
        """The spec of a node's task of that kind, whatever a translator made of its id."""
        return self.get(_by_name(name, kind)) or self.get(f"{name}.{kind}")

    def manifest_path(self) -> Path | None:
        """The file in which the project is saved that the tasks were made from, if profiles.yml is still the same."""
        if self.path is None:
            return None
        try:
            record = open_store(self.path).get(_MANIFEST)
        except (OSError, Broken):
            return None
        if record is None:
            return None
        path, profiles, digest = msgspec.msgpack.decode(record)
        return Path(path) if path and _digest(profiles) == digest else None

    def save(self, specs: Mapping[str, TaskSpec], manifest: Path | None) -> None:
        """Keep the specs; nothing is written if they are kept already."""
        if self.path is None:
            return
        profiles = os.path.join(self.project, "profiles.yml")
        records = []
        for spec in specs.values():
            waits = (sorted(spec.upstream), sorted(spec.tolerated)) if spec.tolerated else ((), ())
            own = (spec.id, spec.kind, spec.nodes, spec.group, spec.model, spec.schemas)
            record = _encode((*own, (spec.leaves_results, spec.graph_from, spec.results_of), *waits))
            records.append((spec.id, record))
            if spec.model is not None and spec.id != f"{spec.model}.{spec.kind}":
                records.append((_by_name(spec.model, spec.kind), record))
        records.append((_MANIFEST, _encode((str(manifest or ""), profiles, _digest(profiles)))))
        mark = hashlib.blake2b(b"".join(record for _, record in records), digest_size=16).digest()
        with contextlib.suppress(OSError, Broken):
            if open_store(self.path).get("mark") == mark:
                return
        with contextlib.suppress(OSError):
            write_store(self.path, [("mark", mark), *records])


def saved_tasks(options: Options, dag_id: str, prefix: str, translator: type[Translator]) -> SavedTasks:
    """Where the tasks of this DAG or group with these options are saved."""
    folder = cache_folder()
    if folder is None:
        return SavedTasks(None)
    named = (repr(options), dag_id, prefix, _file_of(translator), translator.__qualname__, VERSION, _SPEC)
    key = hashlib.blake2b(repr(named).encode(), digest_size=10).hexdigest()
    return SavedTasks(folder / f"{os.path.basename(options.project)}-{key}.tasks", options.project)


_SPEC = TaskSpec.__struct_fields__
_MANIFEST = "~manifest"


def _file_of(translator: type[Translator]) -> str:
    """Where a translator is written: a DAG file's module has another name in each process that reads it."""
    module = sys.modules.get(translator.__module__)
    return str(getattr(module, "__file__", None) or translator.__module__)


def _by_name(name: str, kind: str) -> str:
    return f"~{kind} {name}"


def _digest(path: str) -> bytes:
    """A hash of the file; no bytes if there is none."""
    try:
        with open(path, "rb") as file:
            return hashlib.blake2b(file.read(), digest_size=16).digest()
    except OSError:
        return b""
