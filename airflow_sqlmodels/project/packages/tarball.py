"""Archives: unpacked without leaving their folder."""

from __future__ import annotations

import os
import posixpath
import tarfile
import zlib
from pathlib import Path, PurePosixPath

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.project.packages.web import GarbledError

_BROKEN = (tarfile.ReadError, EOFError, zlib.error, OSError)


def check_archive(path: Path) -> None:
    """Read all of it. Raises GarbledError if it is not a whole archive: downloads are cut off at times."""
    try:
        with tarfile.open(path, "r:*") as archive:
            for _member in archive:
                pass
    except _BROKEN as error:
        raise GarbledError(f"this is not a compressed archive: {error}") from error


def unpacked(path: Path, folder: Path) -> Path:
    """The one folder in the archive, unpacked below `folder`.

    Raises SqlModelsError, and writes nothing, if anything in it would lie or lead outside that folder.
    """
    with tarfile.open(path, "r:*") as archive:
        members = archive.getmembers()
        for member in members:
            _refuse_what_leads_out(member)
        tops = {PurePosixPath(member.name).parts[0] for member in members if PurePosixPath(member.name).parts}
        if len(tops) != 1:
            raise SqlModelsError(
                f"the archive holds {len(tops)} files and folders",
                None,
                "it must hold one folder, and in it the package",
            )
        if hasattr(tarfile, "data_filter"):
            archive.extractall(folder, members, filter="data")
        else:  # Python 3.11.0 to 3.11.3 has no filters: all that leads out was refused above
            archive.extractall(folder, [_as_file_of_ours(member) for member in members])
    return folder / tops.pop()


def _as_file_of_ours(member: tarfile.TarInfo) -> tarfile.TarInfo:
    """A member with the owner and the modes that files have which this user writes."""
    member.uid, member.gid, member.uname, member.gname = os.getuid(), os.getgid(), "", ""
    member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    return member


def _refuse_what_leads_out(member: tarfile.TarInfo) -> None:
    if _is_outside(member.name):
        raise SqlModelsError(f"the archive holds {member.name!r}, which lies outside its folder")
    if member.issym() and _is_outside(posixpath.join(posixpath.dirname(member.name), member.linkname)):
        raise SqlModelsError(f"the archive holds a link out of its folder: {member.name!r} to {member.linkname!r}")
    if member.islnk() and _is_outside(member.linkname):
        raise SqlModelsError(f"the archive holds a link out of its folder: {member.name!r} to {member.linkname!r}")
    if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
        raise SqlModelsError(f"the archive holds {member.name!r}, which is neither file nor folder")


def _is_outside(path: str) -> bool:
    normal = posixpath.normpath(path)
    return posixpath.isabs(path) or normal == ".." or normal.startswith("../")
