"""`python ask_dbt.py ANSWER ARGUMENTS…`: what `dbt ls` lists for each of the arguments, asked of one process.

Run by the Python that dbt is installed in; nothing of this package is there.
"""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path


def main(answer: str, *asked: str) -> None:
    """Read the project once, then list; None for what dbt refuses."""
    from dbt.cli.main import dbtRunner  # noqa: PLC0415  # pytest looks at this module too, where there is no dbt

    read = dbtRunner().invoke(["--quiet", "parse"])
    found: dict[str, list[str] | None] = {}
    for arguments in asked if read.success else ():
        command = ["--quiet", "ls", "--output", "json", "--output-keys", "unique_id", *shlex.split(arguments)]
        listed = dbtRunner(manifest=read.result).invoke(command)
        found[arguments] = list(listed.result or ()) if listed.success else None
    Path(answer).write_text(json.dumps(found), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
