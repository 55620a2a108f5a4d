"""Downloads: tried again where the network fails, explained where it goes on failing."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import requests

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.project.packages.secrets import shown_url, without_url

PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds between one try and the next; when they are used up, it is given up."""

_BLOCK = 1 << 16
_BUSY = (408, 425, 429, 500, 502, 503, 504)

Answer = TypeVar("Answer")


class NotThereError(SqlModelsError):
    """The server answered that there is nothing at that address."""


class GarbledError(Exception):
    """What came is not what was sent: worth another try."""


class Web:
    """Reads from addresses on the web. Safe to be used by several threads."""

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._seconds = float(os.environ.get("DBT_HTTP_TIMEOUT") or 30)

    def read(self, url: str, understand: Callable[[bytes], Answer]) -> Answer:
        """What `understand` makes of the answer; if it raises GarbledError, the address is read again."""

        def read_once() -> Answer:
            with self._request(url) as answer:
                return understand(answer.content)

        return self._patiently(url, read_once)

    def save(self, url: str, path: Path, check: Callable[[Path], object]) -> None:
        """Write what is at the address to `path`; if `check` raises GarbledError, it is fetched again."""

        def save_once() -> None:
            with self._request(url) as answer, path.open("wb") as file:
                for block in answer.iter_content(_BLOCK):
                    file.write(block)
            check(path)

        self._patiently(url, save_once)

    def _patiently(self, url: str, call: Callable[[], Answer]) -> Answer:
        for pause in (*PAUSES, None):
            try:
                return call()
            except (requests.RequestException, GarbledError) as error:
                if pause is None or not _worth_another_try(error):
                    raise SqlModelsError(_what(url, error), None, _hint(error)) from None  # it may show secrets
                self._sleep(pause)
        raise AssertionError

    def _request(self, url: str) -> requests.Response:
        answer = requests.get(url, timeout=self._seconds, stream=True)
        if answer.ok:
            return answer
        answer.close()
        if answer.status_code in (404, 410):
            raise NotThereError(f"there is nothing at {shown_url(url)}")
        raise requests.HTTPError(response=answer)


def _worth_another_try(error: Exception) -> bool:
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return error.response.status_code in _BUSY
    return not isinstance(error, (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, ValueError))


def _what(url: str, error: Exception) -> str:
    shown = shown_url(url)
    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"{shown} answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.Timeout):
        return f"{shown} did not answer in time"
    if isinstance(error, requests.exceptions.SSLError):
        return f"{shown} could not prove who it is: {without_url(str(error), url, shown)}"
    if isinstance(error, requests.ConnectionError):
        return f"{urlsplit(shown).hostname} cannot be reached"
    return f"{shown} could not be read: {without_url(str(error), url, shown)}"


def _hint(error: Exception) -> str:
    if isinstance(error, requests.HTTPError):
        refused = error.response is not None and error.response.status_code in (401, 403)
        return "check the token in the URL" if refused else "try again later"
    if isinstance(error, requests.exceptions.SSLError):
        return "name your own certificates with REQUESTS_CA_BUNDLE"
    if isinstance(error, requests.exceptions.InvalidSchema):
        return "begin the URL with https://"
    return (
        "is there a network, and is that host allowed through the firewall (HTTPS_PROXY)? DBT_PACKAGE_HUB_URL names "
        "another hub. Packages that are installed already need no network"
    )
