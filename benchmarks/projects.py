"""`python -m benchmarks.projects --clones FOLDER [--only NAME…] [--write-docs]`: public projects with dbt and with us.

The projects, and the commands that each is run with, are those of tests/parity/projects.yml. Whole processes are timed,
start included, with the same threads, each tool in an empty database of its own. "Own" are the seconds for which the
tool kept a processor busy: all but waiting for Postgres.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.timing import ROOT
from docs.demo import postgres
from tests.parity.dbt_venv import dbt_command
from tests.parity.outcome import Command
from tests.parity.packages import MissingPackageError
from tests.parity.projects import Listing, Project, listed
from tests.parity.running import Place, prepare, run
from tests.parity.tools import Tool, dbt, ours

LIST = ROOT / "tests" / "parity" / "projects.yml"
README = ROOT / "benchmarks" / "README.md"
_COLUMNS = ("project", "command", "nodes", "dbt", "ours", "ratio", "own, dbt", "own, ours", "ratio")
HEAD = f"| {' | '.join(_COLUMNS)} |\n{'|---' * len(_COLUMNS)}|"


@dataclass(frozen=True, slots=True)
class Timed:
    """One command of one project, with both tools."""

    project: str
    dbt: Command
    ours: Command

    @property
    def whole(self) -> float:
        """How many times as long dbt takes."""
        return self.dbt.seconds / self.ours.seconds

    @property
    def own(self) -> float:
        """The same of what is not waiting for the server."""
        return self.dbt.busy / self.ours.busy

    def line(self) -> str:
        """A line of the table."""
        one, other = self.dbt, self.ours
        return (
            f"| {self.project} | `{one.text}` | {len(one.verdicts)} | {one.seconds:.1f} s | {other.seconds:.2f} s "
            f"| {self.whole:.0f}x | {one.busy:.1f} s | {other.busy:.2f} s | {self.own:.0f}x |"
        )


def main() -> int:
    """Measure; 1 if a command of ours took longer than dbt's."""
    arguments = _arguments()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    listing = listed(LIST, arguments.clones)
    found: list[Timed] = []
    # a folder that the server's own account can enter; a socket's path is at most 107 bytes long
    with tempfile.TemporaryDirectory(prefix="bench", dir="/tmp") as name:
        Path(name).chmod(0o755)
        with postgres.running(Path(name) / "pg") as server:
            place = Place(f"host={server.socket} user=postgres dbname=postgres", Path(name) / "work", arguments.threads)
            for each in listing.projects:
                if not arguments.only or each.name in arguments.only:
                    for timed in _timed(each, listing, arguments, place):
                        found.append(timed)
                        print(timed.line(), flush=True)
    print(_summary(found))
    if arguments.write_docs:
        _write(found)
    return int(any(each.whole <= 1 for each in found))


def _timed(project: Project, listing: Listing, arguments: argparse.Namespace, place: Place) -> Iterator[Timed]:
    """A project's commands: one run of each tool. Projects that are not there, or do not run with dbt, give none.

    Nor do commands of which most nodes fail with dbt: what they measure is how long it takes to start.
    """
    if not project.is_there or not project.commands:
        return
    try:
        prepared = prepare(project, listing, arguments.clones, place)
    except MissingPackageError:
        return
    tools: Sequence[Tool] = (dbt(dbt_command(arguments.dbt, ROOT / ".venv-dbt")), ours())
    theirs, mine = (run(project, tool, prepared, place, asked=()).commands for tool in tools)
    for one, other in zip(theirs, mine, strict=True):
        well = sum(each.status in ("success", "pass", "warn", "no-op") for each in one.verdicts.values())
        if 2 * well > len(one.verdicts):
            yield Timed(project.name, one, other)


def _summary(found: Sequence[Timed]) -> str:
    if not found:
        return "nothing measured"
    whole, own = ([getattr(each, name) for each in found] for name in ("whole", "own"))
    return (
        f"{len(found)} commands of {len({each.project for each in found})} projects. Whole: dbt takes "
        f"{min(whole):.1f} to {max(whole):.0f} times as long, {statistics.median(whole):.1f} in the middle. "
        f"Own: {min(own):.1f} to {max(own):.0f}, {statistics.median(own):.1f} in the middle."
    )


def _write(found: Sequence[Timed]) -> None:
    """Put the table into the README, in place of the one that is there."""
    before, mark, rest = README.read_text(encoding="utf-8").partition("| project | command |")
    if not mark:
        raise SystemExit(f"{README} has no table of projects to replace")
    after = rest.partition("\n\n")[2].partition("\n\n")[2]  # behind the table stands what it says in short
    table = "\n".join((HEAD, *(each.line() for each in found)))
    README.write_text(f"{before}{table}\n\n{_summary(found)}\n\n{after}", encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.projects", description=__doc__)
    parser.add_argument("--clones", type=Path, required=True, help="where the clones lie")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="of the list, just these")
    parser.add_argument("--dbt", help="a virtual environment that has dbt; one is made if none is given")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--write-docs", action="store_true", help="put the table into benchmarks/README.md")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
