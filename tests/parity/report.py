"""What the harness says: per project on the terminal, and as the table of docs/compatibility.md."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from tests.parity.compare import REFUSED, Difference
from tests.parity.expected import Expected
from tests.parity.projects import Project

UNKNOWN = "not explained yet"
_EXAMPLES = 4
_LENGTH = 400
_MARK = "| project |"
_WELL = ("success", "pass", "warn", "no-op")


@dataclass(frozen=True, slots=True)
class Report:
    """What came of comparing one project."""

    project: Project
    problem: str = ""
    """Why there is nothing to compare; "" if there is."""
    expected: Expected | None = None
    differences: Sequence[Difference] = ()
    seconds: tuple[float, ...] = field(default=())
    """Ours, by command."""

    @property
    def nodes(self) -> set[str]:
        """Every node that dbt ran."""
        return {node for command in self.expected.commands for node in command["nodes"]} if self.expected else set()

    @property
    def well(self) -> str:
        """`3 of 4`: how many nodes of the last command succeeded with dbt. Where few do, being equal says little."""
        commands = self.expected.commands if self.expected else []
        last = next((command["nodes"] for command in reversed(commands) if command["nodes"]), {})
        return f"{sum(status in _WELL for status, *_ in last.values())} of {len(last)}" if last else ""

    @property
    def unequal(self) -> set[str]:
        """Those of them whose status or relation is not the same."""
        assert self.expected is not None
        if self.is_refused:
            return self.nodes
        nodes = self.expected.manifest["nodes"].items()
        owners = {_short(node["relation_name"]): unique_id for unique_id, node in nodes if node.get("relation_name")}
        told = (each for each in self.differences if each.part.split()[0] not in ("manifest", "ls", "compiled"))
        return self.nodes & {owners.get(each.name, each.name) for each in told}

    @property
    def asked(self) -> int:
        """How many selections were compared."""
        return len(self.expected.selections) if self.expected else 0

    @property
    def is_refused(self) -> bool:
        """Whether we do not read the project at all."""
        return any(each.part == REFUSED for each in self.differences)

    def count(self, part: str) -> int:
        """How many names differ in a part: `ls`, `manifest`."""
        return len({each.name for each in self.differences if each.part.split()[0] == part})

    @property
    def alike_in_manifest(self) -> int:
        """Of the nodes and sources of dbt's manifest, how many say the same in all keys."""
        if self.expected is None or self.is_refused:
            return 0
        there = {*self.expected.manifest["nodes"], *self.expected.manifest["sources"]}
        unlike = {
            each.name for each in self.differences if each.part.startswith(("manifest nodes", "manifest sources"))
        }
        return len(there - unlike)


def by_reason(project: Project, differences: Sequence[Difference]) -> dict[str, list[Difference]]:
    """Differences by the known reason that explains them; those that none explains come first."""
    found: dict[str, list[Difference]] = {UNKNOWN: []}
    for difference in differences:
        found.setdefault(_reason(project, difference), []).append(difference)
    return {reason: differences for reason, differences in found.items() if differences}


def lines_of(report: Report) -> Iterator[str]:
    """For a terminal."""
    yield f"== {report.project.name}"
    if report.expected is None:
        yield f"   {report.problem}"
        return
    yield f"   seconds: dbt {report.expected.seconds}, ours {list(report.seconds)}"
    yield (
        f"   nodes {len(report.nodes)}, equal {len(report.nodes - report.unequal)}; selections {report.asked}, unlike"
        f" {report.count('ls')}; unlike in the manifest {report.count('manifest')}, compiled {report.count('compiled')}"
    )
    for reason, differences in by_reason(report.project, report.differences).items():
        yield f"   -- {reason}: {len(differences)}"
        yield from _by_part(differences)


def write_docs(path: Path, reports: Iterable[Report]) -> None:
    """Put measured projects into the table; lines of projects that were not run now stay as they are."""
    text = path.read_text(encoding="utf-8")
    head, _, table = text.partition(_MARK)
    title, rule, *rows = (_MARK + table).strip().splitlines()
    kept = {_name(row): row for row in rows}
    kept |= {report.project.name: _row(report) for report in reports}
    path.write_text(
        head + "\n".join([title, rule, *(kept[name] for name in sorted(kept, key=str.lower))]) + "\n", encoding="utf-8"
    )


def _reason(project: Project, difference: Difference) -> str:
    for known in project.known:
        if _any(difference.name, known.names) and _any(difference.part, known.parts):
            return known.reason
    return UNKNOWN


def _any(text: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(text, pattern) for pattern in patterns)


def _by_part(differences: Sequence[Difference]) -> Iterator[str]:
    parts = defaultdict(list)
    for difference in differences:
        parts[difference.part].append(difference)
    for part, several in sorted(parts.items(), key=lambda item: -len(item[1])):
        yield f"      {part}: {len(several)}"
        for each in several[:_EXAMPLES]:
            yield f"        {each.name}"
            yield f"          dbt  {each.dbt[:_LENGTH]}"
            yield f"          ours {each.ours[:_LENGTH]}"
        if len(several) > _EXAMPLES:
            yield f"        and {len(several) - _EXAMPLES} more"


def _row(report: Report) -> str:
    name, repository = report.project.name, report.project.repository
    if report.expected is None:
        return f"| {name} | {repository} | | | | | | | {_cell(report.problem)} |"
    nodes, manifest = len(report.nodes), report.expected.manifest
    seconds = zip(report.expected.seconds, report.seconds, strict=True)
    cells = [
        name,
        repository,
        str(nodes),
        report.well,
        str(nodes - len(report.unequal)),
        f"{0 if report.is_refused else report.asked - report.count('ls')} of {report.asked}",
        f"{report.alike_in_manifest} of {len(manifest['nodes']) + len(manifest['sources'])}",
        " / ".join(f"{dbt:.1f} : {mine:.1f}" for dbt, mine in seconds),
        _cell("; ".join(_why(report))),
    ]
    return f"| {' | '.join(cells)} |"


def _why(report: Report) -> Iterator[str]:
    for reason, differences in by_reason(report.project, report.differences).items():
        yield f"{reason} ({_parts(differences)})" if reason == UNKNOWN else reason


def _parts(differences: Sequence[Difference]) -> str:
    """`status 3, rows 2`: of how many names that is said."""
    names = defaultdict(set)
    for each in differences:
        names[each.part.split()[0]].add(each.name)
    return ", ".join(f"{part} {len(several)}" for part, several in sorted(names.items()))


def _cell(text: str) -> str:
    return re.sub(r"\s+", " ", text).replace("|", "\\|")[:_LENGTH]


def _name(row: str) -> str:
    return row.split("|")[1].strip()


def _short(relation: str) -> str:
    """`schema.name` of a quoted name in three parts."""
    return ".".join(part.strip('"') for part in relation.split(".")[-2:])
