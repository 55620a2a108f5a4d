"""Values as JSON, and files that are there whole or not at all."""

from __future__ import annotations

import datetime
import os
import tempfile
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from airflow_sqlmodels.errors import Location, SqlModelsError


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write `content` beside `path`, then rename it: a reader sees the old file or the new."""
    write_bytes(path, _encode(content))


def read_json(path: Path) -> Mapping[str, Any] | None:
    """The object in a file; None if there is no file. Raises SqlModelsError if it holds something else."""
    try:
        content = msgspec.json.decode(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        return None
    except msgspec.DecodeError as error:
        raise SqlModelsError(f"this is not JSON: {error}", Location(str(path))) from error
    if not isinstance(content, dict):
        raise SqlModelsError("this is no file that dbt or sqlmodels wrote", Location(str(path)))
    return content


def json_bytes(value: Any) -> bytes:
    """A value as JSON, without spaces."""
    return _encode(value)


def _plain(value: Any) -> Any:
    return to_json(value)


_encode = msgspec.json.Encoder(enc_hook=_plain).encode


def write_text(path: Path, text: str) -> None:
    """Write `text` beside `path`, then rename it: a reader sees the old file or the new."""
    write_bytes(path, text.encode())


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` beside `path`, then rename it: a reader sees the old file or the new."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        Path(name).chmod(0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def to_json(value: Any) -> Any:
    """What `json` writes for a value it does not know itself."""
    if isinstance(value, datetime.datetime):
        return time_text(value) if value.tzinfo else value.isoformat()
    if isinstance(value, (datetime.date, datetime.time, Path)):
        return str(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, (set, frozenset, tuple)):
        return list(value)
    return str(value)


def time_text(moment: datetime.datetime | None) -> str | None:
    """A moment in UTC with microseconds and a Z, as dbt writes it."""
    if moment is None:
        return None
    if moment.tzinfo is not datetime.UTC:
        moment = moment.astimezone(datetime.UTC)
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"
