"""What a loaded project was made from: files, environment variables and flags, and whether they are still the same."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from airflow_sqlmodels.manifest.store import Broken, Store

_RACY_NS = 2_000_000_000
"""A file changed that shortly before it was read could change again without a new time stamp: its bytes decide."""


class Stamp(msgspec.Struct, frozen=True):
    """A file as it was when it was read."""

    mtime_ns: int
    size: int
    digest: bytes


class Inputs(msgspec.Struct, frozen=True):
    """Everything that a manifest depends on, apart from the caller's choices."""

    files: dict[str, Stamp]
    """By absolute path."""
    env: dict[str, str]
    """Hashes of the environment variables that templates read while loading; "" for one that was not set."""
    read_at_ns: int = 0
    flags: dict[str, str] = msgspec.field(default_factory=dict)
    """Hashes of the flags that templates asked for while loading."""


def restamped(old: Inputs, paths: Iterable[str]) -> Inputs:
    """The inputs with the present state of these files. Taken before they are read, as in `take_inputs`."""
    now = time.time_ns()
    return Inputs({**old.files, **{path: _stamp(path) for path in paths}}, old.env, now, old.flags)


def take_inputs(paths: Iterable[str]) -> Inputs:
    """The present state of these files. Taken before they are read: what changes meanwhile is noticed next time."""
    now = time.time_ns()
    return Inputs({path: _stamp(path) for path in paths}, {}, now)


def present(path: Path) -> list[str]:
    """The path, if there is such a file."""
    return [str(path)] if path.is_file() else []


def env_state(names: Iterable[str], own_env: Mapping[str, str]) -> dict[str, str]:
    """The present state of these environment variables, without their values."""
    return {name: _env_hash(name, own_env) for name in sorted(names)}


def flags_state(names: Iterable[str], said: Mapping[str, Any]) -> dict[str, str]:
    """The present state of these flags (in capitals): whether what was said of them is the same again."""
    return {name: _flag_hash(said.get(name.lower())) for name in sorted(names)}


def same_flags(old: Mapping[str, str], said: Mapping[str, Any]) -> bool:
    """Whether the flags that were asked for (`Inputs.flags`) are said as they were."""
    return all(_flag_hash(said.get(name.lower())) == value for name, value in old.items())


def changed_files(old: Inputs, paths: Iterable[str]) -> set[str] | None:
    """Which of the files have other bytes now; None if files came or went."""
    listed = list(paths)
    if len(listed) != len(old.files) or any(path not in old.files for path in listed):
        return None
    return {path for path in listed if _differs(path, old.files[path], old.read_at_ns)}


def same_env(old: Mapping[str, str], own_env: Mapping[str, str]) -> bool:
    """Whether the variables that were read (`Inputs.env`) have the values they had."""
    return all(_env_hash(name, own_env) == value for name, value in old.items())


_encode = msgspec.msgpack.Encoder().encode
_stamp_of = msgspec.msgpack.Decoder(Stamp).decode


def mark_of(inputs: Inputs, made_for: str) -> str:
    """A hash over all of it, and over the caller's choices (`cache.made_for`)."""
    made_of = hashlib.blake2b(_encode(inputs.env) + _encode(inputs.flags) + made_for.encode(), digest_size=16)
    for path, stamp in inputs.files.items():
        made_of.update(path.encode() + stamp.digest)
    return made_of.hexdigest()


def input_records(inputs: Inputs, changed: Collection[str] | None = None) -> Iterator[tuple[str, bytes]]:
    """The inputs as records of a store: all together, and again one by one for whoever asks for one file.

    If only some files `changed`, only these are given one by one.
    """
    yield "inputs", _encode(inputs)
    yield "inputs-rest", _encode((inputs.env, inputs.read_at_ns, inputs.flags))
    for path in inputs.files if changed is None else changed:
        yield f"file:{path}", _encode(inputs.files[path])


def read_inputs(store: Store) -> Inputs:
    """All inputs of a store. Raises Broken."""
    try:
        return msgspec.msgpack.decode(store.need("inputs"), type=Inputs)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Broken(str(error)) from error


def unchanged(store: Store, paths: Iterable[str], own_env: Mapping[str, str]) -> bool:
    """Whether these files, and the environment that was read, are what they were. Looks at nothing else.

    It is meant for who says no flags.
    """
    env, read_at_ns, flags = msgspec.msgpack.decode(store.need("inputs-rest"))
    if not same_env(env, own_env) or not same_flags(flags, {}):
        return False
    for path in dict.fromkeys(paths):
        record = store.get(f"file:{path}")
        if record is None or _differs(path, _stamp_of(record), read_at_ns):
            return False
    return True


def _stamp(path: str) -> Stamp:
    status = os.stat(path)
    return Stamp(status.st_mtime_ns, status.st_size, _digest(path))


def _differs(path: str, old: Stamp, read_at_ns: int) -> bool:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return True
    if status.st_size != old.size:
        return True
    if status.st_mtime_ns == old.mtime_ns and old.mtime_ns < read_at_ns - _RACY_NS:
        return False
    return _digest(path) != old.digest


def _digest(path: str) -> bytes:
    with open(path, "rb") as file:
        return hashlib.blake2b(file.read(), digest_size=16).digest()


def _flag_hash(value: Any) -> str:
    """As with `env_var` the value is not kept. What is not said, and what is said to be off, is one thing."""
    return hashlib.blake2b(repr(value or None).encode(), digest_size=16).hexdigest()


def _env_hash(name: str, own_env: Mapping[str, str]) -> str:
    value = own_env.get(name, os.environ.get(name))
    return "" if value is None else hashlib.blake2b(f"{name}={value}".encode(), digest_size=16).hexdigest()
