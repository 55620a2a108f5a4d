"""How messages are written: for people, or with --log-format json one event a line."""

from __future__ import annotations

import datetime
import functools
import json
import os
import time
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

import click

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.templating.variables import metadata_envs
from airflow_sqlmodels.warehouse import turns

FORMATS = ("text", "debug", "json", "default")


def tell_error(error: SqlModelsError, args: Sequence[str], colours: bool | None = None) -> None:
    """An error that ends the command, on standard output: that is where those look who ran dbt.

    `colours`: whether it is coloured; None: if the output can show that.
    """
    if wants_json(args):
        text = f"{error.kind}\n{error}"
        said = ended_by(text, "ERROR")
        click.echo(event("MainEncounteredError", "Z002", said, str(uuid.uuid4()), {"exc": text}, "error"))
    else:
        text = f"{click.style(error.kind, fg='red')}\n{error}"
        said = ended_by(text, click.style("ERROR", fg="red"))
        click.echo(f"{time.strftime('%H:%M:%S')}  {said}", color=colours)


def ended_by(text: str, tag: str = "ERROR") -> str:
    """What says that an error ended the command, in the words that scripts look for."""
    return f"[{tag}]: Encountered an error:\n{text}"


def wants_json(args: Sequence[str]) -> bool:
    """Whether the arguments ask for JSON, before they are known to be right."""
    said = os.environ.get("DBT_LOG_FORMAT", "")
    for index, arg in enumerate(args):
        if arg == "--log-format":
            said = "".join(args[index + 1 : index + 2])
        elif arg.startswith("--log-format="):
            said = arg.partition("=")[2]
    return said == "json"


@functools.lru_cache(maxsize=1)  # looked up once a run, not for each event
def _labels(_invocation: str) -> dict[str, str]:
    """What the caller labels this run with, in variables `DBT_ENV_CUSTOM_ENV_…`."""
    return metadata_envs({})


def event(  # an event's parts are what collectors know it by
    name: str, code: str, message: str, invocation: str, data: Mapping[str, Any], level: str = "info"
) -> str:
    """One event as dbt's structured log has it: `info` says what kind it is, `data` what happened."""
    info = {
        "category": "",
        "code": code,
        "extra": _labels(invocation),
        "invocation_id": invocation,
        "level": level,
        "msg": message,
        "name": name,
        "pid": os.getpid(),
        "thread": turns.name(),
        "ts": datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
    }
    return json.dumps({"data": dict(data), "info": info}, default=str)
