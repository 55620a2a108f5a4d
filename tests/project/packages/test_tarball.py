"""Archives that would write or lead outside their folder."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.project.packages.tarball import check_archive, unpacked
from airflow_sqlmodels.project.packages.web import GarbledError
from tests.project.packages.fake_hub import archive


def with_member(path: Path, member: tarfile.TarInfo) -> Path:
    """An archive with a package and one more member."""
    with tarfile.open(path, "w:gz") as tar:
        good = tarfile.TarInfo("p/dbt_project.yml")
        good.size = 8
        tar.addfile(good, io.BytesIO(b"name: p\n"))
        tar.addfile(member, io.BytesIO(b"x" * member.size))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, to: str = "") -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, to, 1 if kind == tarfile.REGTYPE else 0
    return info


def test_the_one_folder_is_unpacked(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(archive({"p-1.0/dbt_project.yml": "name: p\n", "p-1.0/macros/a.sql": "x"}))

    folder = unpacked(tmp_path / "a", tmp_path / "to")

    assert (folder / "macros/a.sql").read_text() == "x"


def test_a_link_within_the_package_is_kept(tmp_path: Path) -> None:
    path = with_member(tmp_path / "a", member("p/docs/link.yml", tarfile.SYMTYPE, "../dbt_project.yml"))

    folder = unpacked(path, tmp_path / "to")

    assert (folder / "docs/link.yml").read_text() == "name: p\n"


@pytest.mark.parametrize(
    "bad",
    [
        member("../evil"),
        member("p/../../evil"),
        member("/tmp/evil"),
        member("p/link", tarfile.SYMTYPE, "/etc/passwd"),
        member("p/link", tarfile.SYMTYPE, "../../evil"),
        member("p/link", tarfile.LNKTYPE, "../evil"),
        member("p/pipe", tarfile.FIFOTYPE),
        member("p/device", tarfile.CHRTYPE),
    ],
)
def test_what_leads_out_is_refused_and_nothing_written(bad: tarfile.TarInfo, tmp_path: Path) -> None:
    path = with_member(tmp_path / "a", bad)

    with pytest.raises(SqlModelsError, match=r"outside|out of its folder|neither file nor folder"):
        unpacked(path, tmp_path / "to")

    assert not (tmp_path / "to").exists()


def test_files_beside_the_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SqlModelsError, match="holds 2 files and folders"):
        unpacked(with_member(tmp_path / "a", member("beside")), tmp_path / "to")


@pytest.mark.parametrize("cut", [0, 20, 60])
def test_a_cut_off_archive_is_noticed(cut: int, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(archive({"p/dbt_project.yml": "name: p\n" * 50})[:cut])

    with pytest.raises(GarbledError):
        check_archive(tmp_path / "a")
