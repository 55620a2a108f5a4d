"""Texts that may be shown: without passwords and tokens."""

from __future__ import annotations

import os
import re
from urllib.parse import quote, unquote

from airflow_sqlmodels.templating.variables import SECRET_PREFIXES

HIDDEN = "*****"

_IN_TEXT = re.compile(r"(?<=://)\S+(?=@)")
_IN_URL = re.compile(r"(?<=://).+(?=@)", re.DOTALL)
"""Up to the last @: a password may hold one, and a slash too. Rather too much is hidden than too little."""


_SHORT = 3
"""What is shorter stands in any text."""


def without_secrets(text: str) -> str:
    """The text without the values of secret environment variables, and without what stands before the @ of a URL."""
    return _IN_TEXT.sub(_hidden_user, without_secret_values(text))


def without_users(line: str) -> str:
    """A line of a file without what stands before the @ of a URL in it."""
    return _IN_URL.sub(_hidden_user, line)


def shown_url(url: str, template: str = "") -> str:
    """A URL as it may be shown. `template`: what it was rendered from.

    A secret that a filter has changed is no longer known by its value: the template is shown then.
    """
    return without_users(template if is_of_secret(url, template) else without_secret_values(url))


def is_of_secret(value: str, template: str) -> bool:
    """Whether the template made it of a secret that is not in it as it is: a filter has changed it."""
    return any(prefix in template for prefix in SECRET_PREFIXES) and without_secret_values(value) == value


def without_url(text: str, url: str, shown: str) -> str:
    """What a program said of a URL, without the secrets in it, however the program has written them."""
    text = text.replace(url, shown)
    if "{{" in shown:  # what a template made of a secret is in some part of the URL
        for part in re.split("[:/@]", url):
            text = text if len(part) < _SHORT or part in shown else text.replace(part, HIDDEN)
    found = _IN_URL.search(url)
    if found:
        parts = (found.group(), *(part for part in re.split("[:/@]", found.group()) if len(part) >= _SHORT))
        for part in dict.fromkeys(parts):
            for written in (part, unquote(part), quote(part), quote(part, safe="")):
                text = text if written == "git" else text.replace(written, HIDDEN)
    return without_secrets(text)


def without_secret_values(text: str) -> str:
    """The text without the values of secret environment variables."""
    for name, value in os.environ.items():
        if name.startswith(SECRET_PREFIXES) and value:
            text = text.replace(value, HIDDEN)
    return text


def _hidden_user(match: re.Match[str]) -> str:
    return match.group() if match.group() == "git" else HIDDEN
