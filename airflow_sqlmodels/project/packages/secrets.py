"""Texts that may be shown: without passwords and tokens."""

from __future__ import annotations

import os
import re

from airflow_sqlmodels.templating.variables import SECRET_PREFIXES

HIDDEN = "*****"

_IN_URL = re.compile(r"(?<=://)[^/@\s]+(?=@)")


def without_secrets(text: str) -> str:
    """The text without the values of secret environment variables, and without what stands before the @ of a URL."""
    return _IN_URL.sub(_hidden_user, without_secret_values(text))


def without_secret_values(text: str) -> str:
    """The text without the values of secret environment variables."""
    for name, value in os.environ.items():
        if name.startswith(SECRET_PREFIXES) and value:
            text = text.replace(value, HIDDEN)
    return text


def _hidden_user(match: re.Match[str]) -> str:
    return match.group() if match.group() == "git" else HIDDEN
