"""How pytest-xdist shares out the tests: one by one, but those of a folder `live` share an Airflow, so one worker.

`--dist loadgroup` is made for this, but groups nothing since pytest 9.2: github.com/pytest-dev/pytest-xdist/issues/1386
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling

_TOGETHER = "/live/"


class OneWorker(LoadScopeScheduling):
    """Each test is a piece of work of its own; such a folder is one, and begins first."""

    def _split_scope(self, nodeid: str) -> str:
        folder, live, _ = nodeid.partition("::")[0].partition(_TOGETHER)
        return folder + live if live else nodeid
