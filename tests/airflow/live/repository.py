"""A git repository on disk, as a git bundle fetches it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.airflow.live.files import write_files

_AUTHOR = ("-c", "user.name=Ann", "-c", "user.email=ann@shop.test", "-c", "commit.gpgsign=false")


@dataclass(frozen=True, slots=True)
class Repository:
    """A bare repository with one branch, `main`, and a clone to commit from."""

    bare: Path
    clone: Path

    def commit(self, files: Mapping[str, str], message: str) -> str:
        """Commit files and push them; the commit's hash."""
        if not self.bare.exists():
            _git(self.bare.parent, "init", "--quiet", "--bare", "--initial-branch=main", str(self.bare))
            _git(self.bare.parent, "init", "--quiet", "--initial-branch=main", str(self.clone))
            _git(self.clone, "remote", "add", "origin", str(self.bare))
        write_files(self.clone, files)
        _git(self.clone, "add", ".")
        _git(self.clone, *_AUTHOR, "commit", "--quiet", "-m", message)
        _git(self.clone, "push", "--quiet", "origin", "main")
        return _git(self.clone, "rev-parse", "HEAD")


def _git(folder: Path, *arguments: str) -> str:
    env = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(["git", *arguments], cwd=folder, env=env, check=True, capture_output=True, text=True)
    return done.stdout.strip()
