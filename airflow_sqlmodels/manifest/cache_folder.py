"""The folder for what is kept from process to process."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

FOLDER_VARIABLE = "SQLMODELS_CACHE_DIR"
"""Names the folder; "" turns saving off."""


def cache_folder() -> Path | None:
    """SQLMODELS_CACHE_DIR, else the user's cache, else a private folder for temporary files.

    None if saving is turned off, or no folder is writable and ours alone.
    """
    said = os.environ.get(FOLDER_VARIABLE)
    if said is not None:
        return Path(said) if said else None
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    places = (Path(home) / "airflow_sqlmodels", Path(tempfile.gettempdir()) / f"airflow_sqlmodels-{_user()}")
    return next((place for place in places if is_ours(place)), None)


def is_ours(folder: Path) -> bool:
    """Whether the folder is there, or can be made, and can be written, by nobody else: what lies there becomes SQL."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except OSError:
        return False
    return status.st_uid == _user() and not status.st_mode & 0o022 and os.access(folder, os.W_OK)


def _user() -> int:
    return os.getuid()
