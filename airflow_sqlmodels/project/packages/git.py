"""Packages in git repositories, through the `git` command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

from msgspec.structs import replace

from airflow_sqlmodels.errors import ProjectError, SqlModelsError
from airflow_sqlmodels.project.packages.asked import GitPackage
from airflow_sqlmodels.project.packages.secrets import without_url
from airflow_sqlmodels.project.packages.web import PAUSES

_WHOLE_COMMIT = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
_NETWORK = ("Could not resolve host", "timed out", "early EOF", "RPC failed", "Connection reset", "error: 50")
"""What git says when another try may help."""

_SEARCHED = "+refs/heads/*:refs/remotes/origin/*"


def checked_out(package: GitPackage, folder: Path) -> GitPackage:
    """The package's files in `folder`, and its revision as a commit. Raises ProjectError with the place."""
    _refuse_options(package)
    _git(package, None, "init", "--quiet", str(folder))
    commit = _fetched(package, folder)
    _git(package, folder, "checkout", "--quiet", "--detach", commit)
    shutil.rmtree(folder / ".git")
    return replace(package, revision=commit)


def is_unpinned(package: GitPackage) -> bool:
    """Whether its revision is a branch that goes on moving."""
    return package.warn_unpinned and package.revision in (None, "HEAD", "main", "master")


def _fetched(package: GitPackage, folder: Path) -> str:
    """Fetch the revision alone; where the server gives no single commits, everything. The commit's full name."""
    revision = package.revision or "HEAD"
    quick = _patiently(folder, "fetch", "--quiet", "--depth", "1", "--", package.url, revision)
    if quick.returncode == 0:
        return _commit(package, folder, "FETCH_HEAD")
    if not re.fullmatch("[0-9a-f]{4,64}", revision):
        raise _refused(package, quick.stderr)
    _git(package, folder, "fetch", "--quiet", "--tags", "--", package.url, _SEARCHED)
    return _commit(package, folder, revision)


def _commit(package: GitPackage, folder: Path, name: str) -> str:
    return _git(package, folder, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}").strip()


def _refuse_options(package: GitPackage) -> None:
    for text, shown in ((package.url, package.shown), (package.revision or "", package.wanted)):
        if text.startswith("-"):
            raise ProjectError(f"{shown!r} would be an option of git", package.at)
    parts = Path(package.subdirectory or "").parts
    if ".." in parts or Path(package.subdirectory or "").is_absolute():
        raise ProjectError(
            f"the subdirectory {package.hide(package.subdirectory or '')!r} lies outside the repository", package.at
        )


def _git(package: GitPackage, folder: Path | None, *args: str) -> str:
    done = _run(folder, *args)
    if done.returncode:
        raise _refused(package, done.stderr)
    return done.stdout


def _patiently(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """Run git; again if the network failed it."""
    for pause in PAUSES:
        done = _run(folder, *args)
        if done.returncode == 0 or not any(sign in done.stderr for sign in _NETWORK):
            return done
        time.sleep(pause)
    return _run(folder, *args)


def _run(folder: Path | None, *args: str) -> subprocess.CompletedProcess[str]:
    env = {"GIT_TERMINAL_PROMPT": "0", **os.environ, "LC_ALL": "C"}
    try:
        return subprocess.run(  # nothing of it goes through a shell
            ["git", *args], cwd=folder, env=env, capture_output=True, text=True, errors="replace", check=False
        )
    except FileNotFoundError:
        raise SqlModelsError("there is no 'git' command", None, "install git: packages.yml asks for it") from None


def _refused(package: GitPackage, stderr: str) -> ProjectError:
    told_of = package.hide(without_url(stderr, package.url, package.shown))
    said = [line for line in told_of.splitlines() if line.strip()]
    told = next((line for line in said if line.startswith(("fatal:", "error:"))), said[-1] if said else "git failed")
    what = f"git gives no {package.wanted} of {package.shown}: {told.partition(': ')[2] or told}"
    return ProjectError(what, package.at, _hint(package, stderr))


def _hint(package: GitPackage, stderr: str) -> str:
    if "find remote ref" in stderr or "not our ref" in stderr:
        known = "a commit needs its full name" if re.fullmatch("[0-9a-f]{4,39}", package.revision or "") else ""
        return known or "it is neither a tag nor a branch nor a commit of that repository"
    if "could not read Username" in stderr or "Authentication failed" in stderr:
        return "put a token into the URL: https://{{ env_var('DBT_ENV_SECRET_GIT_TOKEN') }}@…"
    if "Could not resolve host" in stderr or "unable to access" in stderr:
        return "is the host allowed through the firewall (HTTPS_PROXY)?"
    return ""
