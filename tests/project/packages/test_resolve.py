"""Which versions are chosen, and what is said when none suits everyone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.project.packages.fetch import Fetcher, Found
from airflow_sqlmodels.project.packages.hub import Hub
from airflow_sqlmodels.project.packages.reading import packages_in, renderer
from airflow_sqlmodels.project.packages.resolve import Rules, resolve
from airflow_sqlmodels.project.packages.web import Web
from airflow_sqlmodels.project.yaml_text import parse_yaml
from tests.project.packages.fake_hub import FakeHub, serving

UTILS = ("0.8.6", "0.9.0", "1.0.0", "1.3.0", "1.4.0-rc1")


def on_utils(*versions: str) -> dict[str, object]:
    return {"packages": [{"package": "labs/utils", "version": list(versions)}]}


PACKAGES = {
    "labs/utils": {**{version: {} for version in UTILS}, "2.0.0": {"require_dbt_version": [">=3.0.0"]}},
    "cal/dates": {"0.5.0": on_utils(">=0.8.0", "<0.9.0"), "0.10.0": on_utils(">=0.9.0", "<2.0.0")},
    "cal/expectations": {"0.10.0": {"packages": [{"package": "cal/dates", "version": ">=0.5.0"}]}},
    "cal/old_dates": {"1.0.0": {"packages": [{"package": "cal/dates", "version": "0.5.0"}]}},
    "ring/a": {"1.0.0": {"packages": [{"package": "ring/b", "version": "1.0.0"}]}},
    "ring/b": {"1.0.0": {"packages": [{"package": "ring/a", "version": "1.0.0"}]}},
    "other/tools": {"1.0.0": {"name": "utils"}},
    "other/mine": {"1.0.0": {"name": "shop"}},
    "other/bad": {"1.0.0": {"name": "../../etc"}},
    "extra/a": {"1.0.0": {}, "2.0.0": {"packages": [{"package": "extra/b", "version": "1.0.0"}]}},
    "extra/b": {"1.0.0": {}},
    "extra/c": {"1.0.0": {"packages": [{"package": "extra/a", "version": "<2.0.0"}]}},
}


@pytest.fixture(scope="module")
def hub() -> Iterator[FakeHub]:
    with serving(PACKAGES) as running:
        yield running


def chosen(hub: FakeHub, folder: Path, text: str, dbt_version: str | None = "1.12.0") -> list[Found]:
    web, render = Web(sleep=lambda _seconds: None), renderer({})
    asked = packages_in(parse_yaml(text, "packages.yml"), "packages.yml", text, render)
    fetcher = Fetcher(folder, folder, render, web, Hub(web, hub.url))
    return resolve(asked.packages, fetcher, Rules(dbt_version, lambda _message: None), "shop")


def wanted(*entries: tuple[str, str]) -> str:
    return "packages:\n" + "".join(f'  - package: {name}\n    version: "{version}"\n' for name, version in entries)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (wanted(("labs/utils", ">=0.8.0")), {"labs/utils": "1.3.0"}),
        (wanted(("labs/utils", ">=1.4.0-rc1")), {"labs/utils": "1.4.0-rc1"}),
        (wanted(("labs/utils", "<2.0.0")) + "    install_prerelease: true\n", {"labs/utils": "1.4.0-rc1"}),
        (
            wanted(("cal/expectations", "0.10.0"), ("labs/utils", "<1.2.0")),
            {"cal/expectations": "0.10.0", "labs/utils": "1.0.0", "cal/dates": "0.10.0"},
        ),
        (wanted(("ring/a", "1.0.0")), {"ring/a": "1.0.0", "ring/b": "1.0.0"}),
    ],
)
def test_the_newest_version_that_suits_everyone_is_chosen(
    text: str, expected: dict[str, str], hub: FakeHub, tmp_path: Path
) -> None:
    """Checked against dbt 1.12 with the same hub, but for the ring, which it does not come out of."""
    found = chosen(hub, tmp_path, text)

    assert {each.package.key: each.package.wanted for each in found} == expected


def test_without_the_version_check_releases_for_another_dbt_are_taken(hub: FakeHub, tmp_path: Path) -> None:
    (found,) = chosen(hub, tmp_path, wanted(("labs/utils", ">=0.8.0")), dbt_version=None)

    assert found.package.wanted == "2.0.0"


def test_what_only_a_version_asked_for_that_was_given_up_is_left_out(hub: FakeHub, tmp_path: Path) -> None:
    found = chosen(hub, tmp_path, wanted(("extra/a", ">=1.0.0"), ("extra/c", "1.0.0")))

    assert [each.name for each in found] == ["a", "c"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            wanted(("cal/expectations", "0.10.0"), ("labs/utils", "0.8.6")),
            "packages.yml:2:5: labs/utils has no version that suits everyone\n"
            "  0.8.6: packages.yml:4:5\n"
            "  >=0.9.0,<2.0.0: cal/dates 0.10.0, asked for by cal/expectations 0.10.0, asked for by packages.yml:2:5\n"
            "    - package: cal/expectations\n"
            "      ^\n"
            "hint: without 0.8.6 of packages.yml:4:5, 1.3.0 would do",
        ),
        (
            wanted(("labs/utils", "2.0.0")),
            "packages.yml:2:5: labs/utils has no version 2.0.0\n"
            "    - package: labs/utils\n"
            "      ^\n"
            "hint: 2.0.0 asks for dbt >=3.0.0, and this is 1.12.0; --no-version-check takes it all the same",
        ),
        (wanted(("labs/utils", ">1.3.0")), "hint: 2.0.0 asks for dbt"),
        (wanted(("labs/utils", ">2.0.0")), "hint: the newest is 1.3.0"),
        (wanted(("labs/utils", "1.0")), "'1.0' is no version of labs/utils"),
        (wanted(("labs/utlis", "1.0.0")), "hint: did you mean 'labs/utils'?"),
        (wanted(("other/tools", "1.0.0"), ("labs/utils", "1.0.0")), "both bring a project named 'utils'"),
        (wanted(("other/mine", "1.0.0")), "other/mine has the name of this project: 'shop'"),
        (wanted(("other/bad", "1.0.0")), "that cannot be the name of a folder"),
    ],
)
def test_what_cannot_be_chosen_is_told(text: str, message: str, hub: FakeHub, tmp_path: Path) -> None:
    with pytest.raises(ProjectError) as error:
        chosen(hub, tmp_path, text)

    assert message in str(error.value)
