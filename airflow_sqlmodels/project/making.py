"""Nodes from files and entries, disabled ones too; many are made side by side. References are not resolved yet."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from msgspec import Struct, field

from airflow_sqlmodels.forked import is_shared_out, shared_out
from airflow_sqlmodels.forked import parts as parts_of
from airflow_sqlmodels.manifest.manifest import Settings
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project import functions, template_nodes
from airflow_sqlmodels.project.choices import Choices
from airflow_sqlmodels.project.elsewhere import described_elsewhere
from airflow_sqlmodels.project.exposures import exposure
from airflow_sqlmodels.project.files import SourceFile
from airflow_sqlmodels.project.generic_test_nodes import generic_tests
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry
from airflow_sqlmodels.project.seeds import seed
from airflow_sqlmodels.project.settings import ProjectFile
from airflow_sqlmodels.project.sources import sources
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.names import shared_names

ENOUGH = 40
"""So many files and entries keep a process busy for several times as long as it takes to make one, if Jinja compiles
some of them."""


class Reading(Struct, frozen=True):
    """What templates say to the outside while they are read."""

    choices: Choices
    warned: list[Warned] = field(default_factory=list)
    held: list[_Said] = field(default_factory=list)
    """What is to be told in its turn, while the work is shared out."""

    def shared_names(self, settings: Settings) -> dict[str, Any]:
        """What all of them see."""
        invocation = Invocation(command="parse", say=self._say, show=self._show, warn=self.warned.append)
        own = {"env_var": self.choices.env_var, "flags": self.choices.flags(settings.flags)}
        return {**shared_names(settings, invocation), **own}

    def _say(self, message: str) -> None:
        self.tell(_Said(message))

    def _show(self, message: str) -> None:
        self.tell(_Said(message, shown=True))

    def tell(self, said: _Said) -> None:
        """Tell it, or hold it back while others are at work too."""
        if is_shared_out():
            self.held.append(said)
        else:
            (self.choices.show if said.shown else self.choices.say)(said.message)


class _Said(Struct, frozen=True):
    """What a template told."""

    message: str
    shown: bool = False
    """Whether it is printed, not logged."""


class _Made(Struct):
    """What became of one thing."""

    nodes: tuple[AnyNode, ...]
    noted: list[Warned]
    warned: list[Warned]
    told: list[_Said]


_Thing = SourceFile | Entry | ProjectFile


def make_nodes(parts: Parts, files: Iterable[SourceFile], entries: Iterable[Entry], reading: Reading) -> list[AnyNode]:
    """Every node of the project, in the order of files, entries and hooks. Warnings are added to parts and reading."""
    things: list[_Thing] = [
        *(each for each in files if each.kind == "snapshot" or each.kind in _ONE_NODE_FILES),
        *entries,
        *parts.projects.values(),
    ]
    count = parts_of(len(things), ENOUGH)
    made = _side_by_side(parts, things, reading, count) if count > 1 else None
    if made is None:
        return [node for each in things for node in _nodes_of(parts, each)]
    for each in made:
        parts.noted.extend(each.noted)
        reading.warned.extend(each.warned)
        for said in each.told:
            reading.tell(said)
    return [node for each in made for node in each.nodes]


def _side_by_side(parts: Parts, things: list[_Thing], reading: Reading, count: int) -> list[_Made] | None:
    """What became of each; None if something is wrong with one."""
    noted, warned, held = parts.noted, reading.warned, reading.held
    before = len(noted), len(warned)

    def one(thing: _Thing) -> _Made:
        nodes = tuple(_nodes_of(parts, thing))
        made = _Made(nodes, noted[before[0] :], warned[before[1] :], held[:])
        del noted[before[0] :], warned[before[1] :], held[:]
        return made

    def part(number: int) -> tuple[list[_Made], set[str], set[str]]:
        return [one(each) for each in things[number::count]], reading.choices.env_read, reading.choices.flags_read

    done = shared_out(part, count)
    del noted[before[0] :], warned[before[1] :], held[:]
    if done is None:
        return None
    made: list[Any] = [None] * len(things)
    for number, (its, env_read, flags_read) in enumerate(done):
        made[number::count] = its
        reading.choices.env_read.update(env_read)
        reading.choices.flags_read.update(flags_read)
    return made


def _nodes_of(parts: Parts, thing: _Thing) -> Iterator[AnyNode]:
    if isinstance(thing, Entry):
        yield from _from_entry(parts, thing)
    elif isinstance(thing, ProjectFile):
        yield from template_nodes.operations(parts, thing)
    elif thing.kind == "snapshot":
        yield from template_nodes.snapshots(parts, thing)
    else:
        yield _ONE_NODE_FILES[thing.kind](parts, thing)


_ONE_NODE_FILES: Mapping[str, Callable[[Parts, SourceFile], AnyNode]] = {
    "model": template_nodes.model,
    "seed": seed,
    "analysis": template_nodes.analysis,
    "test": template_nodes.singular_test,
    "function": functions.function,
}


def _from_entry(parts: Parts, entry: Entry) -> Iterator[AnyNode]:
    if entry.kind == "source":
        yield from sources(parts, entry)
    elif entry.kind == "snapshot":
        snapshot = template_nodes.yaml_snapshot(parts, entry)
        if snapshot is not None:
            yield snapshot
    elif entry.kind == "exposure":
        yield exposure(parts, entry)
    if entry.kind in ("model", "seed", "snapshot", "source"):
        yield from generic_tests(parts, entry)


def bare_nodes(parts: Parts, files: Iterable[SourceFile], names: Collection[tuple[str, str]]) -> Iterator[AnyNode]:
    """The nodes of those kinds and names as they are without their entries."""
    entries = {key: entry for key, entry in parts.entries.items() if (entry.kind, entry.name) not in names}
    bare = replace(parts, entries=entries, noted=[])
    kinds = {kind for kind, _ in names}
    for file in files:
        if file.kind == "snapshot" and file.kind in kinds:
            yield from template_nodes.snapshots(bare, file)
        elif (file.kind, file.stem) in names:
            yield _ONE_NODE_FILES[file.kind](bare, file)


def with_foreign_entries(parts: Parts, files: Iterable[SourceFile], built: list[AnyNode]) -> list[AnyNode]:
    """The nodes; those that only another package describes are built again with what it says."""
    foreign = described_elsewhere(parts, built)
    if not foreign:
        return built
    more = replace(parts, entries={**parts.entries, **foreign})
    those = (file for file in files if (file.kind, file.package, file.stem) in foreign)
    anew = {node.id: node for node in (_ONE_NODE_FILES[file.kind](more, file) for file in those)}
    return [anew.get(node.id, node) for node in built]
