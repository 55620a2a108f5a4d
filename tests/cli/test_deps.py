"""`sqlmodels deps`: from packages.yml to folders, with a hub and git repositories on this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from airflow_sqlmodels.cli.main import exit_code
from airflow_sqlmodels.project.packages import git as git_packages
from airflow_sqlmodels.project.packages import web
from tests.project.packages.fake_hub import FakeHub, archive, serving

PACKAGES = {
    "labs/utils": {version: {"files": {"macros/m.sql": version}} for version in ("1.0.0", "1.1.0", "1.2.0")},
    "cal/dates": {"0.1.0": {"packages": [{"package": "labs/utils", "version": [">=1.0.0", "<1.2.0"]}]}},
}
WANTED = 'packages:\n  - package: cal/dates\n    version: 0.1.0\n  - package: labs/utils\n    version: ">=1.0.0"\n'


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    monkeypatch.setattr(web, "PAUSES", (0.0, 0.0))
    with serving(PACKAGES) as running:
        monkeypatch.setenv("DBT_PACKAGE_HUB_URL", running.url)
        yield running


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    return folder


def deps(project: Path, *args: str) -> int:
    return exit_code(["deps", "--project-dir", str(project), *args])


def installed(project: Path) -> dict[str, str]:
    """What lies in dbt_packages: by package, the text of its macro."""
    macros = sorted((project / "dbt_packages").glob("*/macros/m.sql"))
    return {path.parent.parent.name: path.read_text() for path in macros}


def git(folder: Path, *args: str) -> str:
    said = ("-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *said, *args], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def repository(folder: Path) -> Path:
    """A repository with a package at its root and one below; tag v1, and one commit more."""
    for name, text in (("tools", "."), ("inside", "inside")):
        (folder / text / "macros").mkdir(parents=True, exist_ok=True)
        (folder / text / "dbt_project.yml").write_text(f"name: {name}\n")
        (folder / text / "macros/m.sql").write_text("first")
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "first")
    git(folder, "tag", "-a", "v1", "-m", "v1")
    (folder / "macros/m.sql").write_text("second")
    git(folder, "commit", "--quiet", "-a", "-m", "second")
    return folder


@pytest.mark.usefixtures("hub")
def test_packages_are_chosen_locked_and_installed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "packages.yml").write_text(WANTED)

    assert deps(project) == 0

    assert capsys.readouterr().out == (
        "Updated package-lock.yml: 2 packages\n"
        "Installing cal/dates\n  Installed from version 0.1.0\n"
        "Installing labs/utils\n  Installed from version 1.1.0\n"
        "\n"
        "Updates available: labs/utils 1.2.0\n"
        "Allow them in packages.yml, then run: sqlmodels deps\n"
    )
    assert installed(project) == {"utils": "1.1.0"}
    # the file that dbt 1.12 writes, byte by byte
    assert (project / "package-lock.yml").read_text() == (
        "packages:\n"
        "  - name: dates\n    package: cal/dates\n    version: 0.1.0\n"
        "  - name: utils\n    package: labs/utils\n    version: 1.1.0\n"
        "sha1_hash: 23fe6e7e38f361ee6cbdfb0e573b786453bca8e2\n"
    )


@pytest.mark.usefixtures("hub")
def test_the_lock_decides_until_the_wishes_change_or_an_upgrade_is_asked_for(project: Path) -> None:
    (project / "packages.yml").write_text('packages:\n  - package: labs/utils\n    version: ">=1.0.0"\n')
    assert deps(project) == 0
    lock = project / "package-lock.yml"
    lock.write_text(lock.read_text().replace("1.2.0", "1.0.0"))

    assert deps(project) == 0
    assert installed(project) == {"utils": "1.0.0"}

    assert deps(project, "--upgrade") == 0
    assert installed(project) == {"utils": "1.2.0"}

    (project / "packages.yml").write_text("packages:\n  - package: labs/utils\n    version: 1.1.0\n")
    assert deps(project, "--lock") == 0
    assert (installed(project), "version: 1.1.0" in lock.read_text()) == ({"utils": "1.2.0"}, True)


def test_git_packages_are_pinned_to_a_commit(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    origin = repository(tmp_path / "origin")
    (project / "packages.yml").write_text(
        f"packages:\n  - git: {origin}\n    revision: v1\n  - git: {origin}\n    subdirectory: inside\n"
    )

    assert deps(project) == 0

    said = capsys.readouterr()
    first, second = git(origin, "rev-parse", "v1^{commit}"), git(origin, "rev-parse", "HEAD")
    assert f"Installing {origin}\n  Installed from revision {first}\n" in said.out
    assert f"Installed from revision {second}, subdirectory inside\n" in said.out
    assert "is not pinned" in said.out
    assert installed(project) == {"tools": "first", "inside": "first"}
    assert f"revision: {second}\n    subdirectory: inside\n" in (project / "package-lock.yml").read_text()
    assert not list((project / "dbt_packages").rglob(".git"))


def test_git_is_tried_again_when_the_network_failed_it(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    origin, tries = repository(tmp_path / "origin"), tmp_path / "tries"
    fake = tmp_path / "bin/git"
    fake.parent.mkdir()
    fake.write_text(
        f"#!/bin/sh\nif [ $1 = fetch ] && [ ! -e {tries} ]; then\n"
        f"  touch {tries}; echo 'fatal: Could not resolve host: h' >&2; exit 128\nfi\n"
        f'exec {shutil.which("git")} "$@"\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{fake.parent}:{os.environ['PATH']}")
    monkeypatch.setattr(git_packages, "PAUSES", (0.0,))
    (project / "packages.yml").write_text(f"packages:\n  - git: {origin}\n    revision: v1\n")

    assert deps(project) == 0
    assert tries.exists()


@pytest.mark.parametrize("length", [40, 10])
def test_a_commit_is_found_by_its_name(length: int, project: Path, tmp_path: Path) -> None:
    origin = repository(tmp_path / "origin")
    commit = git(origin, "rev-parse", "v1^{commit}")
    (project / "packages.yml").write_text(f"packages:\n  - git: {origin}\n    revision: '{commit[:length]}'\n")

    assert deps(project) == 0
    assert f"revision: {commit}" in (project / "package-lock.yml").read_text().replace("'", "")


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("git: {origin}\n    revision: v2", "git gives no v2 of {origin}: couldn't find remote ref v2"),
        ("git: {origin}\n    revision: --upload-pack=x", "would be an option of git"),
        ("git: {origin}\n    subdirectory: ../x", "lies outside the repository"),
        ("git: {origin}\n    subdirectory: macros", "no dbt_project.yml in {origin}/macros"),
        ("git: {origin}x", "packages.yml:2:5: git gives no the default branch of {origin}x"),
        ("local: ../nowhere", "there is no folder"),
    ],
)
def test_what_cannot_be_fetched_is_told_with_its_place(
    entry: str, message: str, project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    origin = repository(tmp_path / "origin")
    (project / "packages.yml").write_text(f"packages:\n  - {entry.format(origin=origin)}\n")

    assert deps(project) == 2
    assert message.format(origin=origin) in "".join(capsys.readouterr())


def test_a_token_in_a_url_is_never_shown(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DBT_ENV_SECRET_PLACE", str(repository(tmp_path / "hushhush")))
    (project / "packages.yml").write_text(
        "packages:\n  - git: \"file://{{ env_var('DBT_ENV_SECRET_PLACE') }}\"\n    revision: main\n"
    )

    assert deps(project) == 0
    (project / "packages.yml").write_text(
        "packages:\n  - git: \"file://{{ env_var('DBT_ENV_SECRET_PLACE') }}/not\"\n    revision: main\n"
    )
    assert deps(project) == 2

    said = capsys.readouterr()
    assert "hushhush" not in said.out + said.err + (project / "package-lock.yml").read_text()
    assert "Installing file://*****" in said.out


@pytest.mark.parametrize(
    "entry",
    [
        "git: \"https://ann:{{ env_var('DBT_ENV_SECRET_KEY') | replace('h', 'H') }}@127.0.0.1:1/a.git\"",
        "git: \"https://ann:{{ env_var('DBT_ENV_SECRET_KEY') | join(' ') }}@127.0.0.1:1/a.git\"",
        "git: \"https://{{ env_var('DBT_ENV_SECRET_KEY') | upper }}:x/y@z@127.0.0.1:1/a.git\"",
        "git: \"https://127.0.0.1:1/{{ env_var('DBT_ENV_SECRET_KEY') | upper }}/a.git\"",
        "git: \"file:///nope/{{ env_var('DBT_ENV_SECRET_KEY') | upper }}/a.git\"",
        'git: "-https://ann:Hus/h@Hush@127.0.0.1:1/a.git"',
        'git: "https://ann:Hus/h@Hush@127.0.0.1:1/a.git"',
        'git: "https://ann:Hush@127.0.0.1:1/a.git"',
        'tarball: "http://ann:Hus/h@Hush@127.0.0.1:1/a.tar.gz"\n    name: a',
        "tarball: \"http://{{ env_var('DBT_ENV_SECRET_KEY') | upper }}@127.0.0.1:1/a.tar.gz\"\n    name: a",
        'private: "https://ann:Hush@127.0.0.1:1/a.git"',
        "https://ann:Hush@127.0.0.1:1/a.git",
    ],
)
def test_what_stands_before_the_host_of_a_url_is_never_shown(
    entry: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(web, "PAUSES", ())
    monkeypatch.setattr(git_packages, "PAUSES", ())
    monkeypatch.setenv("DBT_ENV_SECRET_KEY", "hush")
    (project / "packages.yml").write_text(f"packages:\n  - {entry}\n")

    assert deps(project) == 2

    said = "".join(capsys.readouterr()) + (project / "logs" / "dbt.log").read_text()
    assert "packages.yml:2:5" in said
    for secret in ("hush", "h u s h", "hus", "x/y"):
        assert secret not in said.lower()


@pytest.mark.parametrize("what", ["commit", "missing", "-option"])
def test_a_revision_that_a_filter_made_of_a_secret_is_never_shown(
    what: str, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    origin = repository(tmp_path / "tools")
    revision = git(origin, "rev-parse", "HEAD") if what == "commit" else f"{what}hush"
    monkeypatch.setenv("DBT_ENV_SECRET_REVISION", revision.upper())
    (project / "packages.yml").write_text(
        f"packages:\n  - git: file://{origin}\n    revision: \"{{{{ env_var('DBT_ENV_SECRET_REVISION') | lower }}}}\"\n"
    )

    code = deps(project)

    lock = project / "package-lock.yml"
    said = "".join(capsys.readouterr()) + (project / "logs/dbt.log").read_text()
    assert code == (0 if what == "commit" else 2), said
    assert revision not in said + (lock.read_text() if code == 0 else "")
    assert "{{ env_var('DBT_ENV_SECRET_REVISION') | lower }}" in said
    if code == 0:
        shutil.rmtree(project / "dbt_packages")
        assert deps(project) == 0, "the template in the lock is rendered again"
        assert "tools" in installed(project)


def test_a_secret_that_was_written_out_is_left_out_of_the_lock_with_a_warning(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    origin = repository(tmp_path / "hushhush")
    monkeypatch.setenv("DBT_ENV_SECRET_PLACE", "hushhush")
    (project / "packages.yml").write_text(f"packages:\n  - git: file://{origin}\n    revision: v1\n")

    assert deps(project) == 0
    assert "packages.yml:2:5: a secret stands in this URL" in "".join(capsys.readouterr())
    assert "hushhush" not in (project / "package-lock.yml").read_text()


@pytest.fixture
def shared(project: Path) -> Path:
    """A package in a folder beside the project."""
    package = project.parent / "shared"
    (package / "macros").mkdir(parents=True)
    (package / "dbt_project.yml").write_text("name: shared\n")
    return package


def test_a_local_package_is_linked(project: Path, shared: Path) -> None:
    (project / "packages.yml").write_text("packages:\n  - local: ../shared\n")

    assert deps(project) == 0
    (shared / "macros/m.sql").write_text("edited")

    assert installed(project) == {"shared": "edited"}


@pytest.mark.usefixtures("shared")
def test_an_empty_lock_file_counts_as_none(project: Path) -> None:
    (project / "packages.yml").write_text("packages:\n  - local: ../shared\n")
    (project / "package-lock.yml").write_text("")

    assert deps(project) == 0
    assert "name: shared" in (project / "package-lock.yml").read_text()


@pytest.mark.usefixtures("shared")
def test_templates_know_the_variables_of_vars_yml(project: Path) -> None:
    (project / "packages.yml").write_text("packages:\n  - local: \"../{{ var('folder') }}\"\n")
    (project / "vars.yml").write_text("vars: {folder: shared}\n")

    assert deps(project) == 0
    assert (project / "dbt_packages/shared").exists()


def test_a_tarball_takes_the_name_that_it_is_given(hub: FakeHub, project: Path) -> None:
    hub.trouble = [archive({"x-main/dbt_project.yml": "name: whatever\n", "x-main/macros/m.sql": "from a tarball"})]
    (project / "packages.yml").write_text(f"packages:\n  - tarball: {hub.url}x.tar.gz\n    name: given\n")

    assert deps(project) == 0
    assert installed(project) == {"given": "from a tarball"}


def test_a_failed_download_leaves_what_was_there(
    hub: FakeHub, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "packages.yml").write_text("packages:\n  - package: labs/utils\n    version: 1.0.0\n")
    assert deps(project) == 0
    before = (project / "package-lock.yml").read_text()
    hub.trouble = [503, 503, 503]

    assert deps(project, "--upgrade") == 2

    assert (installed(project), (project / "package-lock.yml").read_text()) == ({"utils": "1.0.0"}, before)
    assert "answered 503" in "".join(capsys.readouterr())
    assert [path.name for path in (project / "dbt_packages").iterdir() if path.is_dir()] == ["utils"]


def test_what_was_cut_off_is_fetched_again(hub: FakeHub, project: Path) -> None:
    (project / "packages.yml").write_text("packages:\n  - package: labs/utils\n    version: 1.0.0\n")
    assert deps(project, "--lock") == 0
    hub.trouble = [b'{"versions": {"1.0', 502]

    assert deps(project) == 0
    assert installed(project) == {"utils": "1.0.0"}


def test_no_network_is_told_with_what_to_do(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(web, "PAUSES", ())
    monkeypatch.setenv("DBT_PACKAGE_HUB_URL", "http://127.0.0.1:9/")
    (project / "packages.yml").write_text(WANTED)

    assert deps(project) == 2

    said = "".join(capsys.readouterr())
    assert "packages.yml:2:5: 127.0.0.1 cannot be reached" in said
    assert "DBT_PACKAGE_HUB_URL names another hub" in said


@pytest.mark.usefixtures("hub")
def test_packages_that_are_no_longer_asked_for_go(project: Path) -> None:
    (project / "packages.yml").write_text(WANTED)
    assert deps(project) == 0

    (project / "packages.yml").write_text("packages:\n  - package: labs/utils\n    version: 1.0.0\n")
    assert deps(project) == 0
    assert installed(project) == {"utils": "1.0.0"}

    (project / "packages.yml").unlink()
    assert deps(project) == 0
    assert installed(project) == {}


@pytest.mark.usefixtures("hub")
def test_a_package_is_added(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert deps(project, "--add-package", "labs/utils@1.0.0") == 0

    assert capsys.readouterr().out.startswith("Added labs/utils 1.0.0 to packages.yml\n")
    assert installed(project) == {"utils": "1.0.0"}


@pytest.mark.usefixtures("hub")
def test_packages_go_where_the_project_says(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACKAGES_PLACE", "elsewhere/packages")
    (project / "dbt_project.yml").write_text(
        "name: shop\npackages-install-path: \"{{ env_var('PACKAGES_PLACE') }}\"\nclean-targets: [target, elsewhere]\n"
    )
    (project / "packages.yml").write_text("packages:\n  - package: labs/utils\n    version: 1.0.0\n")

    assert deps(project) == 0
    assert (project / "elsewhere/packages/utils/macros/m.sql").read_text() == "1.0.0"

    assert exit_code(["clean", "--project-dir", str(project)]) == 0
    assert not (project / "elsewhere").exists()


def test_an_install_path_that_holds_the_project_is_refused(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "dbt_project.yml").write_text("name: shop\npackages-install-path: ..\n")

    assert deps(project) == 2
    assert "which holds the project itself" in "".join(capsys.readouterr())


def test_warnings_can_be_errors(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "packages.yml").write_text(f"packages:\n  - git: {repository(tmp_path / 'origin')}\n")

    assert deps(project, "--warn-error") == 2
    assert "a warning, and --warn-error is set" in "".join(capsys.readouterr())
    assert not (project / "package-lock.yml").exists()


@pytest.mark.parametrize(
    ("packages", "kind"),
    [
        ("packages: [{local: nowhere}]\n", "Runtime Error"),
        ("packages: [{nonsense: 1}]\n", "Runtime Error"),
        ("packages: [\n", "Runtime Error"),
        ("packages: [{git: a, revision: x}, {git: a, revision: y}]\n", "Runtime Error"),
        ("packages: [{local: \"{{ env_var('NOT_SET_ANYWHERE') }}\"}]\n", "Parsing Error"),
    ],
)
def test_what_is_wrong_with_packages_is_of_dbts_kind(
    packages: str, kind: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "packages.yml").write_text(packages)
    assert deps(project) == 2
    assert f"Encountered an error:\n{kind}\n" in click.unstyle("".join(capsys.readouterr()))
