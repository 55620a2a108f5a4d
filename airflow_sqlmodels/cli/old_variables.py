"""Environment variables of options that have another name today. While one is set, it counts more than all else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from airflow_sqlmodels.cli.reserved import PREFIX
from airflow_sqlmodels.manifest.warned import Warned


def _yes(text: str) -> bool:
    return bool(click.BOOL.convert(text, None, None))


def _no(text: str) -> bool:
    return not _yes(text)


_RENAMED: Mapping[str, tuple[str, Callable[[str], Any]]] = {
    "DBT_DEFER_TO_STATE": ("defer", _yes),
    "DBT_FAVOR_STATE_MODE": ("favor_state", _yes),
    "DBT_NO_PRINT": ("print", _no),
    "DBT_ARTIFACT_STATE_PATH": ("state", Path),
}
"""Old name -> the option, and what a value means to it."""


def _found(environment: Mapping[str, str], old: str) -> str:
    """What the variable says; as with all others, the name with the prefix of options counts more."""
    return environment.get(PREFIX + old.removeprefix("DBT_")) or environment.get(old) or ""


def said_by_old_names(environment: Mapping[str, str]) -> dict[str, Any]:
    """The values of options that are set by an old name. Raises BadParameter for what is none."""
    set_here = ((option, read, _found(environment, name)) for name, (option, read) in _RENAMED.items())
    return {option: read(text) for option, read, text in set_here if text}


def renamed_variables(environment: Mapping[str, str]) -> Iterator[Warned]:
    """A warning for each variable that is set by its old name."""
    for old, (option, _) in _RENAMED.items():
        if _found(environment, old):
            new = f"{PREFIX}{option.upper()}"
            text = (
                f"The environment variable `{old}` has been renamed as `{new}`: "
                f"set that, and unset `{old}`, which counts more as long as it is there"
            )
            yield Warned(text, "EnvironmentVariableRenamed", {"old_name": old, "new_name": new})
