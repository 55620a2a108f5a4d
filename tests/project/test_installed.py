"""Packages that should be there and are not, or are another version: said while loading."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.project.load import load_project
from tests.cli.projects import write_project

LOCK = "packages:\n  - name: utils\n    package: labs/utils\n    version: {}\nsha1_hash: x\n"
UTILS = {"dbt_packages/utils/dbt_project.yml": "name: utils\n"}


def load(folder: Path, **files: str | None) -> Manifest:
    return load_project(write_project(folder, **files), profiles_dir=folder)


def test_a_locked_package_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as error:
        load(tmp_path, **{"package-lock.yml": LOCK.format("1.0.0")})

    assert str(error.value) == (
        "package-lock.yml:2:5: the package 'utils' is not installed in dbt_packages\n"
        "    - name: utils\n"
        "      ^\n"
        "hint: run: sqlmodels deps"
    )


def test_a_package_may_lie_under_another_name_than_its_project_has(tmp_path: Path) -> None:
    lock = "packages:\n  - {name: given, tarball: http://localhost/x.tar.gz}\nsha1_hash: x\n"
    load(tmp_path, **{"package-lock.yml": lock, "dbt_packages/given/dbt_project.yml": "name: utils\n"})


@pytest.mark.parametrize("name", ["packages.yml", "dependencies.yml"])
def test_without_a_lock_file_packages_are_counted(name: str, tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=f"{name}: packages asked for here: 1, installed in dbt_packages: 0"):
        load(tmp_path, **{name: "packages:\n  - {package: labs/utils, version: 1.0.0}\n"})


@pytest.mark.parametrize("cached", [False, True])
def test_another_version_than_the_locked_one_is_a_warning(cached: bool, tmp_path: Path) -> None:
    if cached:
        load(tmp_path, **UTILS)

    manifest = load(
        tmp_path,
        **UTILS,
        **{"package-lock.yml": LOCK.format("1.1.0"), "dbt_packages/.package-lock.yml": LOCK.format("1.0.0")},
    )

    (warning,) = manifest.warnings
    assert warning.text == (
        "package-lock.yml names 1.1.0 of the package 'utils', and 1.0.0 is installed in dbt_packages; "
        "run: sqlmodels deps"
    )


@pytest.mark.parametrize("record", [None, LOCK.format("1.0.0")])
def test_what_is_as_it_should_be_is_not_mentioned(record: str | None, tmp_path: Path) -> None:
    files = {"package-lock.yml": LOCK.format("1.0.0"), "dbt_packages/.package-lock.yml": record}

    assert load(tmp_path, **UTILS, **files).warnings == ()
