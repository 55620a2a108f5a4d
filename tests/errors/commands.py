"""Runs the command on a small project over a live Postgres, and makes what it says the same every time."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import Any

import psycopg
import pytest

from airflow_sqlmodels.cli.main import exit_code

PASSWORD = "hush-hush-9"  # must never be shown

_MASKS = (
    (r"\x1b\[[0-9;]*m", ""),
    (r"(?m)^\d\d:\d\d:\d\d  (?=\[WARNING)", ""),
    (r"(?m)^\d\d:\d\d:\d\d  .*\n", ""),  # what is said before anything runs, and while it does
    (r": \[Errno.*", ""),
    (r"\d+\.\d+ seconds \(\d+\.\d+s\)", "0.00 seconds (0.00s)"),
    (r"port \d+|(?<=localhost:)\d+", lambda found: re.sub(r"\d+", "5432", found[0])),
)


class Shop:
    """A project named shop in a folder, whose profile leads to a live server."""

    def __init__(self, folder: Path, dsn: str) -> None:
        self.folder = folder
        self.fields: dict[str, Any] = {"type": "postgres", "password": PASSWORD, "schema": "shop", "threads": 1}
        self.fields |= psycopg.conninfo.conninfo_to_dict(dsn)
        self._hidden = {str(folder): "<project>", self.fields["dbname"]: "warehouse", self.fields["host"]: "<server>"}
        port = self.fields.setdefault("port", "5432")
        self._hidden[f":{port}"] = ":5432"

    def write(self, files: dict[str, str]) -> None:
        """The files, beside a dbt_project.yml and a profiles.yml unless they are among them."""
        fields = "".join(f"      {key}: '{value}'\n" for key, value in self.fields.items() if value)
        usual = {
            "dbt_project.yml": "name: shop\nprofile: shop\n",
            "profiles.yml": f"shop:\n  target: dev\n  outputs:\n    dev:\n{fields}",
        }
        for path, text in {**usual, **files}.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(dedent(text), encoding="utf-8")

    def run(self, capsys: pytest.CaptureFixture[str], *words: str) -> str:
        """What the command prints, and its exit code; without what differs from run to run."""
        capsys.readouterr()
        places = ("--project-dir", str(self.folder), "--profiles-dir", str(self.folder))
        code = exit_code([*places, *words])  # a folder that is said behind the command goes before
        out, err = capsys.readouterr()
        text = f"{err}{out}".strip() + f"\n\nexit code {code}"
        written = [path for path in self.folder.rglob("*") if path.is_file() and path.name != "profiles.yml"]
        assert PASSWORD not in text
        assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]
        return self.masked(text)

    def masked(self, text: str) -> str:
        """The text without folders, servers, databases and times."""
        for found, shown in self._hidden.items():
            text = text.replace(found, shown)
        for pattern, shown in _MASKS:
            text = re.sub(pattern, shown, text)  # type: ignore[arg-type]
        return text
