"""`deps --add-package`: packages.yml keeps its comments and order."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.project.packages.adding import add_package

BEFORE = """\
# what we use
packages:
  - package: dbt-labs/codegen  # for scaffolding
    version: 0.12.1
  # pinned, see the wiki
  - git: https://example.com/dbt-labs/dbt-utils.git
    revision: 1.0.0

# the end
"""


@pytest.mark.parametrize(
    ("before", "said", "source", "after"),
    [
        (None, "a/b@1.0.0", "hub", "packages:\n  - package: a/b\n    version: 1.0.0\n"),
        ("packages: []\n", "a/b@1.0.0", "hub", "packages:\n- package: a/b\n  version: 1.0.0\n"),
        ("packages:\n", "../c", "local", "packages:\n  - local: ../c\n"),
        ("packages:\n- local: d", "../c", "local", "packages:\n- local: d\n- local: ../c\n"),
        (
            "packages:\n  - {local: d}\n",
            "a/b@>=1.0.0,<2.0.0",
            "hub",
            'packages:\n  - {local: d}\n  - package: a/b\n    version: [">=1.0.0", "<2.0.0"]\n',
        ),
        (
            None,
            "git@example.com:a/b.git@v1",
            "git",
            "packages:\n  - git: git@example.com:a/b.git\n    revision: v1\n",
        ),
        (None, "git@example.com:a/b.git", "git", "packages:\n  - git: git@example.com:a/b.git\n"),
        (
            BEFORE,
            "dbt-labs/dbt_utils@1.3.0",
            "hub",
            BEFORE.replace(
                "  - git: https://example.com/dbt-labs/dbt-utils.git\n    revision: 1.0.0\n",
                "  - package: dbt-labs/dbt_utils\n    version: 1.3.0\n",
            ),
        ),
        (
            BEFORE,
            "dbt-labs/codegen@0.13.0",
            "hub",
            BEFORE.replace("  - package: dbt-labs/codegen  # for scaffolding\n    version: 0.12.1\n", "").replace(
                "1.0.0\n", "1.0.0\n  - package: dbt-labs/codegen\n    version: 0.13.0\n"
            ),
        ),
    ],
)
def test_the_entry_is_added(before: str | None, said: str, source: str, after: str, tmp_path: Path) -> None:
    path = tmp_path / "packages.yml"
    if before is not None:
        path.write_text(before)

    add_package(tmp_path, said, source)

    assert path.read_text() == after


def test_packages_of_dependencies_yml_stay_there(tmp_path: Path) -> None:
    (tmp_path / "dependencies.yml").write_text("projects:\n  - name: other\npackages:\n  - local: d\n")

    said = add_package(tmp_path, "../c", "local")

    assert said == "Added ../c to dependencies.yml"
    assert (tmp_path / "dependencies.yml").read_text().endswith("packages:\n  - local: d\n  - local: ../c\n")


def test_a_hub_package_needs_a_version(tmp_path: Path) -> None:
    with pytest.raises(ProjectError, match=r"write it as a/b@1\.0\.0"):
        add_package(tmp_path, "a/b", "hub")
