"""`sqlmodels init`: a new project, and the profile of one that is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from airflow_sqlmodels.cli.main import exit_code

Call = Callable[..., tuple[int, str]]
OWN = "theirs:\n  target: dev\n  outputs: {dev: {type: postgres}}\n"


@pytest.fixture
def call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs `init` in a folder with a folder of profiles beside it: the exit code, and all it said."""
    (tmp_path / "profiles").mkdir()
    (tmp_path / "work").mkdir()

    def run(*args: str) -> tuple[int, str]:
        places = ("--project-dir", str(tmp_path / "work"), "--profiles-dir", str(tmp_path / "profiles"))
        code = exit_code(["init", *args, *places])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_a_new_project_has_a_profile_of_its_name(call: Call, tmp_path: Path) -> None:
    assert call("Shop_2")[0] == 0

    made = tmp_path / "work/Shop_2"
    assert "profile: Shop_2\n" in (made / "dbt_project.yml").read_text()
    assert (made / "profiles.yml").read_text().startswith("Shop_2:\n")


def test_the_profile_may_be_left_to_others(call: Call, tmp_path: Path) -> None:
    assert call("shop", "--skip-profile-setup", "--skip-debug")[0] == 0

    assert (tmp_path / "work/shop/dbt_project.yml").is_file()
    assert not (tmp_path / "work/shop/profiles.yml").exists()


def test_a_project_may_use_a_profile_that_is_there(call: Call, tmp_path: Path) -> None:
    code, said = call("shop", "--profile", "theirs")
    assert (code, "Could not find profile named 'theirs'" in said) == (2, True)
    assert not (tmp_path / "work/shop").exists()

    (tmp_path / "profiles/profiles.yml").write_text(OWN)
    assert call("shop", "--profile", "theirs")[0] == 0

    assert "profile: theirs\n" in (tmp_path / "work/shop/dbt_project.yml").read_text()
    assert not (tmp_path / "work/shop/profiles.yml").exists()
    assert (tmp_path / "profiles/profiles.yml").read_text() == OWN


@pytest.mark.parametrize("name", ["with-hyphen", "2shop", "dbt", None])
def test_what_cannot_be_a_name_is_refused(name: str | None, call: Call, tmp_path: Path) -> None:
    code, said = call(*([name] if name else []))

    assert code == 2
    assert "use letters, digits and underscores" in said
    assert not list((tmp_path / "work").iterdir())


def test_in_a_project_its_profile_is_written(call: Call, tmp_path: Path) -> None:
    (tmp_path / "work/dbt_project.yml").write_text("name: shop\nprofile: warehouse\n")
    place = tmp_path / "profiles/profiles.yml"
    place.write_text(OWN)

    assert call("--skip-profile-setup") == (0, "")
    assert place.read_text() == OWN
    assert call()[0] == 0
    assert place.read_text().startswith(OWN + "\nwarehouse:\n")
    assert "is in" in call()[1]
    assert place.read_text().count("warehouse:") == 1
    code, said = call("--profile", "theirs")
    assert (code, "Can not init existing project with specified profile" in said) == (2, True)
    assert [each.name for each in (tmp_path / "work").iterdir()] == ["dbt_project.yml"]


def test_a_folder_that_is_there_stays_as_it_is(call: Call, tmp_path: Path) -> None:
    (tmp_path / "work/shop").mkdir()
    code, said = call("shop")
    assert (code, "already exists here" in said) == (0, True)
    assert not list((tmp_path / "work/shop").iterdir())
