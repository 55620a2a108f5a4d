"""package-lock.yml: which package was chosen for each that is asked for. dbt reads and writes the same file."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml
from msgspec import Struct

from airflow_sqlmodels.errors import Location, ProjectError
from airflow_sqlmodels.project.installed import LOCK_FILE
from airflow_sqlmodels.project.packages.asked import GitPackage, HubPackage, Package, TarballPackage
from airflow_sqlmodels.project.packages.reading import packages_in
from airflow_sqlmodels.project.packages.secrets import without_secret_values
from airflow_sqlmodels.project.rendering import YamlRenderer
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.yaml_text import parse_yaml

HASH_KEY = "sha1_hash"


class Lock(Struct, frozen=True):
    """A lock file."""

    packages: tuple[Package, ...]
    digest: str
    """Of what was asked for when it was written."""


def read_lock(root: Path, render: YamlRenderer) -> Lock | None:
    """The lock file of a project; None if there is none, or nothing in it."""
    try:
        text = text_of(root / LOCK_FILE, LOCK_FILE)
    except FileNotFoundError:
        return None
    content = parse_yaml(text, LOCK_FILE)
    if content is None:
        return None
    if not isinstance(content, dict):
        raise ProjectError("this is not a lock file", Location(LOCK_FILE), "make it anew: sqlmodels deps --upgrade")
    return Lock(packages_in(content, LOCK_FILE, text, render).packages, str(content.get(HASH_KEY) or ""))


def digest_of(canonical: Iterable[Mapping[str, Any]]) -> str:
    """The hash over all entries that dbt writes, whatever their order."""
    texts = sorted(json.dumps(entry, sort_keys=True) for entry in canonical)
    return hashlib.sha1("\n".join(texts).encode(), usedforsecurity=False).hexdigest()


def lock_text(chosen: Iterable[tuple[Package, str]], digest: str) -> str:
    """The text of a lock file. `chosen` are packages with their project's name."""
    entries = [_entry(package, name) for package, name in chosen]
    return yaml.dump({"packages": entries, HASH_KEY: digest}, Dumper=_Dumper)


def locked_url(package: GitPackage | TarballPackage) -> str:
    """The URL as it stands in the lock file: a template, without the values of secrets."""
    return without_secret_values(package.template)


def _entry(package: Package, name: str) -> dict[str, str]:
    if isinstance(package, HubPackage):
        return {"name": name, "package": package.name, "version": package.versions[0]}
    if isinstance(package, GitPackage):
        entry = {"git": locked_url(package), "name": name, "revision": package.hide(str(package.revision))}
        return {**entry, "subdirectory": package.hide(package.subdirectory)} if package.subdirectory else entry
    if isinstance(package, TarballPackage):
        return {"name": name, "tarball": locked_url(package)}
    return {"local": package.path, "name": name}


class _Dumper(yaml.SafeDumper):
    """Indents lists below their key, as dbt does."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002  # yaml's signature
        super().increase_indent(flow, indentless=False)
