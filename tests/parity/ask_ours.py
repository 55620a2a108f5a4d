"""`python ask_ours.py ANSWER ARGUMENTS…`: what our `ls` lists for each of the arguments, asked of one process."""

from __future__ import annotations

import contextlib
import io
import json
import shlex
import sys
from pathlib import Path

from airflow_sqlmodels.cli.main import exit_code


def main(answer: str, *asked: str) -> None:
    """List; None for what is refused."""
    found = {arguments: _listed(arguments) for arguments in asked}
    Path(answer).write_text(json.dumps(found), encoding="utf-8")


def _listed(arguments: str) -> list[str] | None:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = exit_code(["ls", "--quiet", "--output", "json", "--output-keys", "unique_id", *shlex.split(arguments)])
    return None if code else said.getvalue().splitlines()


if __name__ == "__main__":
    main(*sys.argv[1:])
