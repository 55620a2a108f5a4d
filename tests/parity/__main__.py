"""`python -m tests.parity [FOLDER…] [--list FILE] [--clones FOLDER]`: the same projects with dbt and with us, compared.

Without folders, the projects of the list are run. Public repositories are not part of this one: clone them into a
folder, under their own names, and say where with --clones.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from docs.demo import postgres
from tests.parity.compare import compare
from tests.parity.dbt_venv import NoDbtError, dbt_command
from tests.parity.expected import as_json, expected_of
from tests.parity.packages import MissingPackageError
from tests.parity.projects import COMMANDS, Listing, Project, listed, of_folder
from tests.parity.report import UNKNOWN, Report, by_reason, lines_of, write_docs
from tests.parity.running import Place, prepare, run
from tests.parity.tools import ROOT, Tool, dbt, ours

HERE = Path(__file__).parent


def main() -> int:
    """Compare; 0 if nothing differs but for known reasons."""
    arguments = _arguments()
    try:
        yardstick = dbt(dbt_command(arguments.dbt, ROOT / ".venv-dbt"))
    except NoDbtError as error:
        print(error, file=sys.stderr)
        return 2
    if arguments.record:
        arguments.list, arguments.clones = HERE / "recorded" / "projects.yml", HERE / "recorded"
    listing = listed(arguments.list, arguments.clones)
    projects = [of_folder(folder, tuple(arguments.commands)) for folder in arguments.folders] or listing.projects
    reports = []
    with _place(arguments) as place:
        for project in projects:
            if arguments.only and project.name not in arguments.only:
                continue
            if arguments.record:
                _record(project, listing, arguments.clones, yardstick, place)
                continue
            reports.append(_report(project, listing, arguments.clones, yardstick, place))
            print("\n".join(lines_of(reports[-1])), flush=True)
            if arguments.write_docs:
                write_docs(ROOT / "docs" / "compatibility.md", reports)
    return int(any(UNKNOWN in by_reason(report.project, report.differences) for report in reports))


def _report(project: Project, listing: Listing, clones: Path, yardstick: Tool, place: Place) -> Report:
    """Run it three times and compare."""
    if not project.is_there:
        return Report(project, "not there: no clone")
    try:
        prepared = prepare(project, listing, clones, place)
    except MissingPackageError as error:
        return Report(project, f"not there: {error}")
    first = run(project, yardstick, prepared, place)
    if not first.manifest or (project.commands and not any(command.verdicts for command in first.commands)):
        said = first.commands[0].said if first.commands else "it does not parse"
        return Report(project, f"does not run with dbt: {said}")
    expected = expected_of(first, run(project, yardstick, prepared, place, asked=()))
    mine = run(project, ours(), prepared, place, list(first.selections))
    seconds = tuple(command.seconds for command in mine.commands)
    differences = compare(expected, mine)
    # all of them, for whoever looks for causes: the terminal shows examples
    whole = json.dumps([asdict(each) for each in differences], indent=1)
    (prepared.parent / "differences.json").write_text(whole, encoding="utf-8")
    return Report(project, "", expected, differences, seconds)


def _record(project: Project, listing: Listing, clones: Path, yardstick: Tool, place: Place) -> None:
    """Write what dbt makes of it beside it, as expected.json: what tests/parity/test_recorded.py compares with."""
    prepared = prepare(project, listing, clones, place)
    first = run(project, yardstick, prepared, place)
    expected = expected_of(first, run(project, yardstick, prepared, place, asked=()))
    text = json.dumps(as_json(expected), indent=1, sort_keys=True)
    (project.root / "expected.json").write_text(text + "\n", encoding="utf-8")


@contextlib.contextmanager
def _place(arguments: argparse.Namespace) -> Iterator[Place]:
    # a folder that the server's own account can enter; a socket's path is at most 107 bytes long
    with tempfile.TemporaryDirectory(prefix="parity", dir="/tmp") as name:
        Path(name).chmod(0o755)
        work = arguments.work.resolve() if arguments.work else Path(name) / "work"
        work.mkdir(parents=True, exist_ok=True)
        if arguments.server:
            yield Place(arguments.server, work, arguments.threads)
            return
        with postgres.running(Path(name) / "pg") as server:
            yield Place(f"host={server.socket} user=postgres dbname=postgres", work, arguments.threads)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.parity", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, help="projects to compare, instead of those of the list")
    parser.add_argument("--list", type=Path, default=HERE / "projects.yml", help="the list of public projects")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="of the list, just these")
    parser.add_argument("--clones", type=Path, default=ROOT.parent, help="where the clones lie")
    parser.add_argument("--commands", nargs="+", default=list(COMMANDS), help="what is run, for folders")
    parser.add_argument("--dbt", help="a virtual environment that has dbt; one is made if none is given")
    parser.add_argument("--server", help="a libpq connection string; an embedded Postgres is started if none is given")
    parser.add_argument("--work", type=Path, help="where copies and logs are kept; a temporary folder if not given")
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--write-docs", action="store_true", help="put the results into docs/compatibility.md")
    parser.add_argument("--record", action="store_true", help="record what dbt makes of tests/parity/recorded")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
