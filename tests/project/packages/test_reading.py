"""packages.yml: what is taken, what is refused and with which words, and the hash that dbt writes."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from airflow_sqlmodels.errors import ProjectError, SqlModelsError
from airflow_sqlmodels.project.packages.asked import GitPackage, HubPackage
from airflow_sqlmodels.project.packages.lock import digest_of
from airflow_sqlmodels.project.packages.reading import Asked, read_asked, renderer


def asked(folder: Path, text: str, name: str = "packages.yml") -> Asked:
    (folder / name).write_text(dedent(text))
    return read_asked(folder, renderer({"release": "v2"}))


def test_every_kind_of_package_is_read_with_its_place(tmp_path: Path) -> None:
    found = asked(
        tmp_path,
        """\
        packages:
          - package: dbt-labs/dbt_utils
            version: [">=1.0.0", "<2.0.0"]
          - git: https://example.com/a.git
            revision: "{{ var('release') }}"
          - tarball: https://example.com/b.tar.gz
            name: b
          - local: ../c
        """,
    )

    assert [(each.key, each.wanted, each.at.line) for each in found.packages] == [
        ("dbt-labs/dbt_utils", ">=1.0.0,<2.0.0", 2),
        ("https://example.com/a", "v2", 4),
        ("b", "https://example.com/b.tar.gz", 6),
        ("../c", "../c", 8),
    ]


def test_no_file_asks_for_nothing(tmp_path: Path) -> None:
    assert read_asked(tmp_path, renderer({})).packages == ()


def test_templates_of_dependencies_yml_are_not_rendered(tmp_path: Path) -> None:
    text = "packages:\n  - git: https://example.com/a.git\n    revision: \"{{ var('release') }}\"\nprojects: []\n"

    (package,) = asked(tmp_path, text, "dependencies.yml").packages

    assert isinstance(package, GitPackage)
    assert package.revision == "{{ var('release') }}"


def test_secrets_are_rendered_and_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBT_ENV_SECRET_TOKEN", "hush")
    text = "packages:\n  - git: \"https://{{ env_var('DBT_ENV_SECRET_TOKEN') }}@example.com/hush/a.git\"\n"

    (package,) = asked(tmp_path, text).packages

    assert isinstance(package, GitPackage)
    assert package.url == "https://hush@example.com/hush/a.git"
    assert package.shown == "https://*****@example.com/*****/a.git"
    assert "env_var" in package.template


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("packags: []", "packages.yml:1:1: packages.yml knows no 'packags'"),
        ("projects: []", "it belongs in dependencies.yml"),
        ("packages: {a: 1}", "'packages' is not a list"),
        ("- a", "this is not a mapping"),
        ("packages:\n  - dbt_utils", "packages.yml:2:5: this is not a package: 'dbt_utils'"),
        ("packages:\n  - pakage: a/b", "did you mean 'package'?"),
        ("packages:\n  - {package: a/b, git: c}", "both 'package' and 'git'"),
        ("packages:\n  - {package: a/b}", "no version is asked of 'a/b'"),
        ("packages:\n  - {package: b, version: 1.0.0}", "'b' has no namespace"),
        (
            "packages:\n  - {package: a/b, version: 1.0.0, install-prerelease: true}",
            "did you mean 'install_prerelease'",
        ),
        ("packages:\n  - {package: a/b, version: 2024-01-01}", "put it in quotes"),
        ("packages:\n  - {git: a, revsion: b}", "did you mean 'revision'?"),
        ("packages:\n  - {git: a, warn-unpinned: 3}", "'warn-unpinned' is true or false, not 3"),
        ("packages:\n  - {git: ''}", "'git' is empty"),
        ("packages:\n  - {tarball: a}", "this tarball has no name"),
        ("packages:\n  - {private: owner/repository}", "name the repository with 'git:'"),
        ("packages:\n  - local: \"{{ var('relese') }}\"", "did you mean 'release'?"),
    ],
)
def test_mistakes_are_told(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SqlModelsError) as error:
        asked(tmp_path, text)

    assert message in str(error.value)


def test_packages_in_both_files_are_refused(tmp_path: Path) -> None:
    (tmp_path / "packages.yml").write_text("packages: []\n")

    with pytest.raises(ProjectError, match=r"dependencies.yml:1:1: packages.yml lists packages too"):
        asked(tmp_path, "packages: []\n", "dependencies.yml")


def test_the_hash_is_the_one_that_dbt_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The expected hash was written by dbt 1.12 for this file."""
    monkeypatch.setenv("SOMEWHERE", "https://example.com/x.git")
    found = asked(
        tmp_path,
        """\
        packages:
          - package: dbt-labs/dbt_utils
            version: [">=1.0.0", "<2.0.0"]
          - package: a/b
            version: 1
            install_prerelease: true
          - package: a/c
            version: [1, 2.5]
            name: c
          - git: "{{ env_var('SOMEWHERE') }}"
            revision: 1.5
            warn-unpinned: false
          - git: https://example.com/ü.git
            subdirectory: inside
          - tarball: https://example.com/b.tar.gz
            name: b
          - local: ../c
        """,
    )

    assert digest_of(found.canonical) == "32dfa3538bc766d359b25d3737bde04dc2d0f563"
    assert isinstance(found.packages[1], HubPackage)
    assert found.packages[1].versions == ("1",)
