"""`.env`: environment variables for the command, from the folder it is called in or the nearest above that has one."""

from __future__ import annotations

from pathlib import Path

_NAME = ".env"


def load_environment() -> None:
    """Set the variables of `.env` that are not set yet: the shell's own word counts."""
    here = Path.cwd()
    found = next((each / _NAME for each in (here, *here.parents) if (each / _NAME).is_file()), None)
    if found is not None:
        import dotenv  # noqa: PLC0415  # few have such a file

        dotenv.load_dotenv(found, override=False)
