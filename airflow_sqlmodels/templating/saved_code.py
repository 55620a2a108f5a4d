"""Compiled templates, kept from process to process.

Jinja needs some milliseconds to compile a macro, and every task of Airflow is a process of its own. What is kept is
code, and is run: it lies in a folder that nobody else can write, or nothing is kept.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import marshal
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import CodeType

import jinja2

from airflow_sqlmodels.manifest.cache_folder import FOLDER_VARIABLE, cache_folder, is_ours
from airflow_sqlmodels.version import VERSION

_FOLDER = "templates"
_SUFFIX = ".jinja"
_DIGEST_BYTES = 16
_KEPT_DAYS = 30
_CLEANED = "cleaned"


def saved_code(kind: str, text: str, compiled: Callable[[], CodeType]) -> CodeType:
    """The code of a template: what an earlier process kept, else what `compiled` gives, which is kept.

    `kind` tells apart what the same text may become. A disk that is full or read-only costs time, nothing else.
    """
    folder = _folder(os.environ.get(FOLDER_VARIABLE))
    if folder is None:
        return compiled()
    key = hashlib.blake2b(f"{kind}\0{text}".encode(errors="surrogatepass"), key=_made_by(), digest_size=_DIGEST_BYTES)
    path = f"{folder}/{key.hexdigest()}{_SUFFIX}"
    code = _read(path)
    if code is None:
        code = compiled()
        with contextlib.suppress(OSError):
            _write(path, marshal.dumps(code))
    return code


@functools.lru_cache(maxsize=8)
def _folder(_said: str | None) -> str | None:
    """Where code is kept if the variable says so; None if anybody else could put something there."""
    cache = cache_folder()
    if cache is None or not is_ours(cache) or not is_ours(cache / _FOLDER):
        return None
    with contextlib.suppress(OSError):
        _remove_old(cache / _FOLDER)
    return str(cache / _FOLDER)


@functools.cache
def _made_by() -> bytes:
    """What compiles, as a hash: another release of Python, Jinja or this package makes other code."""
    files = (each for each in os.scandir(Path(__file__).parent) if each.name.endswith(".py"))
    own = sorted((each.name, each.stat().st_size, each.stat().st_mtime_ns) for each in files)
    return hashlib.blake2b(repr((VERSION, jinja2.__version__, sys.version, own)).encode(), digest_size=32).digest()


def _read(path: str) -> CodeType | None:
    try:
        with open(path, "rb", buffering=0) as file:
            content = file.read()
    except OSError:
        return None
    digest, body = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    # half a file would not be refused by marshal, but could bring down the process
    if hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest() != digest:
        return None
    code = marshal.loads(body)
    return code if isinstance(code, CodeType) else None


def _write(path: str, body: bytes) -> None:
    """Straight to its place, which takes half the time of moving it there: half a file is told by its digest."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        os.write(file, hashlib.blake2b(body, digest_size=_DIGEST_BYTES).digest() + body)
    finally:
        os.close(file)


def _remove_old(folder: Path) -> None:
    """Once a day, remove what was made long ago: it may be of a text that is no more."""
    now, mark = time.time(), folder / _CLEANED
    if mark.exists() and now - mark.stat().st_mtime < 86_400:
        return
    mark.touch()
    for entry in os.scandir(folder):
        if entry.stat().st_mtime < now - _KEPT_DAYS * 86_400:
            os.unlink(entry.path)
