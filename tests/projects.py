"""Small projects on disk, written from texts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent
from typing import Any

from airflow_sqlmodels.manifest.manifest import Manifest, Target
from airflow_sqlmodels.project.load import load_project

TARGET = Target(name="dev", schema="shop", database="")

PROJECT = """\
name: shop
config-version: 2
profile: shop
"""


def write_project(root: Path, files: Mapping[str, str]) -> Path:
    """A project of these files; dbt_project.yml is added if it is not among them."""
    for path, text in {"dbt_project.yml": PROJECT, **files}.items():
        place = root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(dedent(text), encoding="utf-8")
    return root


def load(root: Path, files: Mapping[str, str], **options: Any) -> Manifest:
    """The manifest of a project of these files, loaded anew."""
    return load_project(write_project(root, files), target=options.pop("target", TARGET), cache=False, **options)
