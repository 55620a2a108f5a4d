"""Property files: what YAML says of models, sources and the rest, each entry with its place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.errors import Location, ProjectError, closest
from airflow_sqlmodels.project.configs import merge_all
from airflow_sqlmodels.project.files import SourceFile
from airflow_sqlmodels.project.shapes import faults
from airflow_sqlmodels.project.yaml_text import YamlMap, parse_yaml, place_in

SINGULAR = "singular_test"
"""The kind of an entry that describes a data test of a file of its own."""

_NAMED = {
    "models": "model",
    "seeds": "seed",
    "snapshots": "snapshot",
    "analyses": "analysis",
    "macros": "macro",
    "exposures": "exposure",
    "groups": "group",
    "unit_tests": "unit_test",
    "data_tests": SINGULAR,
    "sources": "source",
    "metrics": "metric",
    "semantic_models": "semantic_model",
    "saved_queries": "saved_query",
    "functions": "function",
}
"""Lists of named entries that are read, and what each entry describes."""

UNKNOWN = "unknown"
"""The kind of an entry for a key that nobody reads. Its text is a hint."""

NAMELESS = "nameless"
"""The kind of an entry of data_tests without a name: dbt warns of it only."""
TWICE = "twice"
"""The kind of an entry for a key that stands in its mapping already."""

_OTHER = ("version", "anchors", "tests")
"""What else a property file may hold."""

TEST_KEYS = ("data_tests", "tests")
"""dbt's new and old word for the same list."""


class Version(Struct, frozen=True):
    """Which version of which model an entry describes."""

    model: str
    number: str
    latest: str
    said: int | float | str
    """The number as YAML reads it: `v: '1.10'` is a text."""
    said_latest: int | float | str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a property file."""

    kind: str
    name: str
    content: YamlMap
    file: SourceFile
    at: Location
    text: str = field(repr=False, default="")
    """The whole file, for excerpts."""
    version: Version | None = None
    """Which version of a model it describes; None for a model without versions, and all else."""
    overridden: YamlMap | None = None
    """What a source's entry said itself, if the project said something over it."""

    def place(self, container: Any, key: Any) -> Location:
        """Where `key` of something inside this entry stands; where the entry does, if that cannot be told."""
        found = place_in(container, key, self.file.shown, self.text)
        return found if found.line else self.at

    def place_of_config(self, key: str, other: Location) -> Location:
        """Where a config stands that this entry says; `other` if it does not."""
        for holder in (self.content.get("config"), self.content):
            if isinstance(holder, dict) and key in holder:
                return self.place(holder, key)
        return other

    @property
    def depth_of_config(self) -> int | None:
        """How many keys deep its configs stand, if dbt goes by that in rendering them: not for a source as a whole."""
        if self.version is not None:  # one that says no meta has that of all versions, wherever that stands
            own = (each for each in self.content["versions"] if str(each["v"]) == self.version.number)
            return 4 if any((each.get("config") or {}).get("meta") for each in own) else None
        return None if self.kind == "source" else depth_of_config(self.content)

    @property
    def config(self) -> dict[str, Any]:
        """Its `config:` and what may stand beside it for the same purpose."""
        said = self.content.get("config")
        keys = _BESIDE_OF_FILES if self.kind in _WITH_FILES else _BESIDE_OF.get(self.kind, _BESIDE)
        beside = {key: self.content[key] for key in keys if self.content.get(key) is not None}
        if said is None:
            return beside
        if not isinstance(said, dict):
            raise ProjectError("config must be a mapping", self.place(self.content, "config"))
        return {**beside, **said} if self.kind in _WITH_FILES or not keys else merge_all((beside, said))


def depth_of_config(content: Mapping[str, Any]) -> int:
    """How many keys deep in an entry its configs stand: below `config:`, or `meta` beside it."""
    return 1 if content.get("meta") is not None else 2


_BESIDE = ("docs", "group", "access", "meta", "tags", "enabled", "latest_version_pointer")
"""Configs that dbt also takes from beside `config:`."""

BESIDE_CONFIG = ("docs", "group", "access", "meta", "contract")
"""The same for what has a file of its own: tags there are nothing to dbt. One that stands below `config:` as well is
refused."""

_BESIDE_OF_FILES = (*BESIDE_CONFIG, "latest_version_pointer")

_BESIDE_OF: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("semantic_model", "metric", "saved_query"), ()),
    "exposure": tuple(key for key in _BESIDE if key not in ("tags", "meta")),
}
"""The same for what takes its configs, or these of them, from `config:` alone."""

_WITH_FILES = frozenset(("model", "seed", "snapshot", "analysis", "function"))


class TestEntry(Struct, frozen=True):
    """One data test as it stands under a model, column or source."""

    __test__ = False  # not a test of ours

    definition: Any
    """A name, or a mapping of a name to arguments."""
    at: Location
    column: YamlMap | None = None


def read_properties(files: Iterable[SourceFile]) -> list[Entry]:
    """All entries of these files. Raises ProjectError with the place for what is not of the right form."""
    return [entry for file in files for entry in _entries(file)]


def data_tests_of(entry: Entry, content: YamlMap | None = None) -> Iterator[TestEntry]:
    """The data tests of an entry (or of a source's table inside of it): its columns', then its own, as in dbt."""
    holder = entry.content if content is None else content
    for column in columns_in(entry, holder):
        for definition, at in _tests(entry, column):
            yield TestEntry(definition, at, column)
    for definition, at in _tests(entry, holder):
        yield TestEntry(definition, at)


def columns_in(entry: Entry, holder: YamlMap) -> list[YamlMap]:
    """The columns of an entry. Raises ProjectError if one has no name."""
    columns = holder.get("columns")
    if columns is None:
        return []
    if isinstance(columns, dict):
        raise ProjectError("columns must be a list", entry.place(holder, "columns"), "begin each with '- name:'")
    for index, column in enumerate(columns):
        if not isinstance(column, dict) or not column.get("name"):
            raise ProjectError("a column has no name", entry.place(columns, index), "begin it with '- name:'")
    return list(columns)


def refuse_unknown_keys(entry: Entry, holder: YamlMap, known: Collection[str], where: str) -> None:
    """Raises ProjectError with the place of a key of `holder` that means nothing there."""
    for key in holder:
        if key not in known:
            inside = "put it below 'config:'" if "config" in known and key in _BESIDE else ""
            hint = inside or closest(key, known) or f"there are {', '.join(known)}"
            raise ProjectError(f"{where} has no {key!r}", entry.place(holder, key), hint)


def _tests(entry: Entry, holder: YamlMap) -> Iterator[tuple[Any, Location]]:
    if holder.get("tests") and "data_tests" in holder:  # as in dbt, an empty list of the old word is none
        what = "cannot have both 'tests' and 'data_tests': they are two words for one list"
        raise ProjectError(what, entry.place(holder, "tests"), "put all below 'data_tests'")
    for key in TEST_KEYS:
        listed = holder.get(key)
        if listed is None:
            continue
        if not isinstance(listed, list):
            raise ProjectError(f"{key} must be a list", entry.place(holder, key), "begin each test with a dash")
        for index, definition in enumerate(listed):
            yield definition, entry.place(listed, index)


def _entries(file: SourceFile) -> Iterator[Entry]:
    text = file.read()
    twice: list[tuple[str, int, int]] = []
    content = parse_yaml(text.rstrip(), file.shown, twice)  # so a text at the end has no line end, as in dbt
    if content is None:
        return
    if not isinstance(content, YamlMap):
        raise ProjectError("a property file must be a mapping", Location(file.shown, 1), "begin with 'models:'")
    for key, line, column in twice:
        at = Location(file.shown, line + 1, column + 1, text.split("\n")[line])
        yield Entry(TWICE, key, content, file, at, text)
    for key, listed in content.items():
        if key not in _NAMED and key not in _OTHER:
            at = place_in(content, key, file.shown, text)
            yield Entry(UNKNOWN, str(key), content, file, at, closest(str(key), (*_NAMED, *_OTHER)))
        elif key in _NAMED:
            yield from _named(file, text, key, listed, content)


def _named(file: SourceFile, text: str, key: str, listed: Any, content: YamlMap) -> Iterator[Entry]:
    at = place_in(content, key, file.shown, text)
    if not isinstance(listed, list):
        raise ProjectError(f"'{key}' is not a list", at, "begin each entry with '- name:'")
    for index, each in enumerate(listed):
        place = place_in(listed, index, file.shown, text)
        if not isinstance(each, YamlMap):
            raise ProjectError(f"an entry of {key} is not a mapping", place, "begin it with '- name:'")
        if not each.get("name") and key == "data_tests":
            yield Entry(NAMELESS, key, content, file, place, text)
            return  # as in dbt, which reads no further in such a list
        if not each.get("name"):
            raise ProjectError(f"an entry of {key} has no name", place, "begin it with '- name:'")
        entry = Entry(_NAMED[key], str(each["name"]), each, file, place, text)
        _refuse_shape(entry)
        yield entry


def _refuse_shape(entry: Entry) -> None:
    for fault in faults(entry.kind, entry.content):
        raise ProjectError(fault.what, entry.place(fault.container, fault.key), fault.hint)
    said = entry.content.get("config") or {}
    for key in BESIDE_CONFIG if entry.kind in _WITH_FILES else ():
        if key in entry.content and key in said:
            what = f"{key!r} of {entry.name!r} stands below 'config' and beside it"
            raise ProjectError(what, entry.place(entry.content, key), "put all below 'config:'")
