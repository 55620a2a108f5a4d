"""The dbt that is compared with, in a virtual environment of its own: it and Airflow do not install side by side."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

VARIABLE = "SQLMODELS_PARITY_DBT"
"""The folder of a virtual environment that has dbt already."""

PACKAGES = ("dbt-core==1.12.*", "dbt-postgres==1.11.*")
_OVERRIDES = 'dbt-core-experimental-parser ; sys_platform == "never"\n'
"""A dependency that dbt only reads with when asked to, and that has no wheel for every machine."""


class NoDbtError(Exception):
    """There is no dbt, and it cannot be installed."""


def dbt_command(said: str | None, folder: Path) -> Path:
    """The dbt command: of the virtual environment that is given, else of one in `folder`, made if it is not there."""
    given = said or os.environ.get(VARIABLE)
    home = Path(given) if given else folder
    command = home if home.is_file() else home / "bin" / "dbt"
    if not command.is_file():
        if given:
            raise NoDbtError(f"no dbt in {home}")
        _make(home)
    return command.absolute()


def _make(home: Path) -> None:
    if shutil.which("uv") is None:
        raise NoDbtError(
            f"uv, which installs dbt, is not there; or name a virtual environment with --dbt or {VARIABLE}"
        )
    subprocess.run(["uv", "venv", "--quiet", "--clear", "--python", "3.11", home], check=True)
    overrides = home / "overrides.txt"
    overrides.write_text(_OVERRIDES, encoding="utf-8")
    subprocess.run(
        ["uv", "pip", "install", "--quiet", "--python", home / "bin" / "python", "--override", overrides, *PACKAGES],
        check=True,
    )
