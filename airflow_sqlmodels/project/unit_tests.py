"""`unit_tests:` of property files -> unit tests, each for one model, or one version of it; all names are resolved."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec import Struct, field, to_builtins
from msgspec.structs import asdict, replace

from airflow_sqlmodels.errors import Location, NamingError, ProjectError, SqlModelsError, closest
from airflow_sqlmodels.manifest.fixtures import FixtureRows, Overrides
from airflow_sqlmodels.manifest.macro import IS_INCREMENTAL
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.manifest.nodes import (
    AnyNode,
    GivenRows,
    Model,
    NodeId,
    Problem,
    Ref,
    Relational,
    Seed,
    SourceRef,
    UnitTest,
)
from airflow_sqlmodels.manifest.versions import rank
from airflow_sqlmodels.project.configs import once
from airflow_sqlmodels.project.files import SourceFile
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry, refuse_unknown_keys
from airflow_sqlmodels.project.resolve import Index
from airflow_sqlmodels.project.unit_checks import problems_of
from airflow_sqlmodels.project.unit_overrides import read_overrides, unknown_macros
from airflow_sqlmodels.project.unit_rows import KEYS, RowsReader
from airflow_sqlmodels.project.yaml_text import YamlMap, plain
from airflow_sqlmodels.templating.plain import PlainCall, plain_parts

_VERSIONS = ("v", "version")
_KEYS = ("name", "model", "description", "given", "expect", "overrides", "config", "versions")


class UnitTests(Struct, frozen=True):
    """The unit tests of a project."""

    enabled: dict[NodeId, UnitTest] = field(default_factory=dict)
    disabled: dict[NodeId, UnitTest] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)


def read_unit_tests(
    parts: Parts,
    entries: Iterable[Entry],
    nodes: Mapping[NodeId, AnyNode],
    index: Index,
    fixtures: Iterable[SourceFile],
) -> UnitTests:
    """All unit tests that these entries define. Raises ProjectError with the place for what cannot be meant."""
    files: dict[str, dict[str, SourceFile]] = {}
    for each in fixtures:
        twin = files.setdefault(each.package, {}).setdefault(each.stem, each)
        if twin is not each:
            what = f"two fixtures are named {each.stem!r}: the other is {twin.shown}"
            raise NamingError(what, Location(each.shown, 1), "rename one of the files")
    found = UnitTests()
    for entry in entries:
        if entry.kind == "unit_test":
            own = files.get(entry.file.package, {})
            reading = _Reading(parts, entry, nodes, index, own, found.warnings)
            for test in reading.tests():
                _add(found, test)
    return found


def _add(found: UnitTests, test: UnitTest) -> None:
    other = found.enabled.get(test.id) or found.disabled.get(test.id)
    if other is not None:
        raise NamingError(f"the model {test.model_name!r} has two unit tests {test.name!r}: also in {other.at}",
                           test.at, "give one of them another name")  # fmt: skip
    (found.disabled if test.config.get("enabled") is False else found.enabled)[test.id] = test


class _Reading(Struct, frozen=True):
    """One entry on its way to becoming unit tests."""

    parts: Parts
    entry: Entry
    nodes: Mapping[NodeId, AnyNode]
    index: Index
    fixtures: Mapping[str, SourceFile]
    warnings: list[str]

    def tests(self) -> Iterator[UnitTest]:
        """The unit tests of the entry: several if its model has several versions."""
        content, package = self.entry.content, self.entry.file.package
        refuse_unknown_keys(self.entry, content, _KEYS, "a unit test")
        written = content.get("model")
        if not isinstance(written, str) or not written:
            raise ProjectError("a unit test must name its model", self._place("model"), "add 'model: …'")
        model = self._model(written)
        name = str(content["name"])
        fqn = (package, *self.entry.file.folders, written, name)
        own = self.parts.own_config("unit_test", package, fqn, self.entry)
        config = self.parts.config("unit_test", own, self.entry.at, self.entry)
        if model is None:
            config["enabled"] = False
        test = UnitTest(
            id=NodeId(f"unit_test.{package}.{written}.{name}"),
            name=name,
            package=package,
            path=self.entry.file.path,
            fqn=fqn,
            at=self.entry.at,
            description=self.parts.untouched_description(content.get("description"), package, self.entry.at),
            tags=once(config["tags"]),
            meta=plain(config.get("meta") or {}),
            config=config,
            own_config=own,
            files=(self.entry.file.shown, PROJECT_FILE),
            model=NodeId("") if model is None or config["enabled"] is False else model.id,
            model_name=written,
        )
        if model is None or config["enabled"] is False:
            # nothing of it is checked, but manifest.json has it whole
            given, expect = tuple(self._given(None)), self._expect()
            yield replace(test, given=given, expect=expect, files=(*test.files, *_files(given, expect)))
            return
        for each in self._versions(model):
            yield self._of_model(test, each)

    def _model(self, written: str) -> Model | None:
        """The model that is meant; None if it is disabled."""
        name, _, version = written.partition(" ")
        found = self.index.find(Ref(name, None, version.strip() or None), self.entry.file.package)
        if isinstance(found, Model):
            return found
        if found is None and isinstance(self.index.disabled.get(name), Model):
            return None
        at = self._place("model")
        if found is not None:
            raise ProjectError(f"{name!r} is no model: only models have unit tests", at)
        models = [each for each, nodes in self.index.by_name.items() if isinstance(nodes[0], Model)]
        raise ProjectError(f"no model {written!r}", at, closest(written, models))

    def _versions(self, model: Model) -> list[Model]:
        """The versions of the model that are tested; the model itself if it has none."""
        said = self.entry.content.get("versions", {})
        at = self._place("versions")
        if not isinstance(said, dict) or any(
            key not in ("include", "exclude") or not isinstance(each, list | None) for key, each in said.items()
        ):
            raise ProjectError("these are no versions", at, "write 'include:' or 'exclude:' with a list of them")
        if model.version is None:
            if said.get("include") or said.get("exclude"):
                raise ProjectError(f"the model {model.name!r} has no versions", at)
            return [model]
        if said.get("include") and said.get("exclude"):
            raise ProjectError("a unit test can include or exclude versions, not both", at)
        every = [each for each in self.index.by_name[model.name]
                 if isinstance(each, Model) and each.package == model.package and each.version]  # fmt: skip
        every.sort(key=lambda each: rank(str(each.version)))
        include, exclude = ({str(each) for each in said.get(key) or ()} for key in ("include", "exclude"))
        chosen = [each for each in every if (not include or each.version in include) and each.version not in exclude]
        if "versions" in self.entry.content and not include and not exclude:
            chosen = []  # as in dbt: `versions: {}` names none of them
        if not chosen:
            numbers = ", ".join(str(each.version) for each in every)
            raise ProjectError(f"none of these is a version of {model.name!r}", at, f"it has {numbers}")
        return chosen

    def _of_model(self, test: UnitTest, tested: Model) -> UnitTest:
        model = self.nodes[tested.id]
        assert isinstance(model, Model)
        given, expect = tuple(self._given(model)), self._expect()
        overrides = read_overrides(self.parts, self.entry)
        self._warn(*unknown_macros(self.parts, self.entry, overrides, model.package))
        self._check_incremental(model, given, overrides)
        versions = plain(self.entry.content.get("versions"))
        made = replace(
            test,
            model=model.id,
            given=given,
            expect=expect,
            overrides=overrides,
            schema=model.relation.schema,
            version=model.version,
            said_version=model.said_version,
            versions=None if versions is None else {key: versions.get(key) for key in ("include", "exclude")},
            problems=(*self._unknown(given), *problems_of(given, expect, model, self.nodes)),
        )
        inputs = [self.nodes[each.node] for each in given if each.node]
        said = repr(to_builtins((made.model_name, versions, given, expect, overrides)))
        checksum = hashlib.sha256(said.encode()).hexdigest()
        marks = "".join((checksum, model.fingerprint, *(each.fingerprint for each in inputs if _is_inline(each))))
        return replace(
            made,
            id=NodeId(test.id if model.version is None else f"{test.id}_v{model.version}"),
            files=tuple(dict.fromkeys((*test.files, *_files(given, expect), *model.files, *_files_of(inputs)))),
            checksum=checksum,
            fingerprint=hashlib.sha256(marks.encode()).hexdigest(),
        )

    def _given(self, model: Model | None) -> Iterator[GivenRows]:
        """The inputs; of a test that is off, without a model, what they stand for does not matter."""
        listed = self.entry.content.get("given")
        if not isinstance(listed, list):
            at = self._place("given")
            raise ProjectError("given must be a list of inputs", at, "a model that reads nothing has 'given: []'")
        seen: dict[NodeId, str] = {}
        for index, holder in enumerate(listed):
            at = self.entry.place(listed, index)
            if not isinstance(holder, YamlMap) or not holder.get("input"):
                raise ProjectError("an input must say what it stands for", at, "begin it with '- input: ref(...)'")
            refuse_unknown_keys(self.entry, holder, ("input", *KEYS), "an input")
            written, place = str(holder["input"]).strip(), self.entry.place(holder, "input")
            node = self._input(written, model, place)
            if node is not None and seen.setdefault(node.id, written) is not written:
                raise ProjectError(f"the input {written} is given twice", at, "put its rows together")
            if node is None and model is not None and not any(key in holder for key in ("rows", "fixture")):
                raise ProjectError(_nothing(written), place, self._nearest(written))  # as rows of a seed it has none
            rows = self._rows.read(holder, at, node if isinstance(node, Seed) else None)
            yield GivenRows(**asdict(rows), input=str(holder["input"]), node=node.id if node else NodeId(""))

    @property
    def _rows(self) -> RowsReader:
        return RowsReader(self.parts, self.entry, self.fixtures)

    def _input(self, written: str, model: Model | None, at: Location) -> Relational | None:
        """What an input stands for, if there is such a thing.

        One that the model does not read is passed over, as in dbt, but told.
        """
        if written == "this":
            return model
        call = _call_in(written, lambda name: self.parts.overrides((name,), self.entry.file.package))
        if call is None:
            raise ProjectError(f"an input cannot be {written!r}", at, "write ref('…'), source('…', '…') or this")
        found = self._meant(call)
        if model is not None and found is not None and found.id not in (*model.depends_on, model.id):
            what = f"the model {model.name!r} does not read the input {written}"
            self._warn(str(SqlModelsError(what, at, self._readers(found, model))))
        return found

    def _meant(self, call: PlainCall) -> Relational | None:
        args, package = call.args, self.entry.file.package
        if call.name == "source":
            return self.index.source(SourceRef(*args), package) if len(args) == 2 else None
        version = call.kwargs.get("version", call.kwargs.get("v"))
        owner, name = (None, args[0]) if len(args) == 1 else args
        return self.index.find(Ref(name, owner, None if version in (None, "") else str(version)), package)

    def _unknown(self, given: Iterable[GivenRows]) -> Iterator[Problem]:
        """The inputs that stand for nothing. As in dbt only this test fails of them, when it runs."""
        for holder, each in zip(self.entry.content["given"], given, strict=True):
            if not each.node:
                written = each.input.strip()
                yield Problem(_nothing(written), self.entry.place(holder, "input"), self._nearest(written))

    def _nearest(self, written: str) -> str:
        refs = (f"ref('{name}')" for name in self.index.by_name)
        sources = (f"source('{source}', '{table}')" for source, table in self.index.sources)
        return closest(written, sources if written.startswith("source") else refs)

    def _readers(self, node: Relational, model: Model) -> str:
        """A hint for an input that the model reads through an ephemeral model."""
        inline = [self.nodes[each] for each in model.depends_on if _is_inline(self.nodes[each])]
        via = next((each.name for each in inline if node.id in each.depends_on), None)
        return f"it reads the ephemeral model {via!r}, which does: give rows for that" if via else ""

    def _expect(self) -> FixtureRows:
        at = self._place("expect")
        holder = self.entry.content.get("expect")
        if not isinstance(holder, YamlMap):
            raise ProjectError("a unit test must say which rows it expects", at, "write 'expect:' with 'rows:' in it")
        refuse_unknown_keys(self.entry, holder, KEYS, "expect")
        return self._rows.read(holder, at)

    def _check_incremental(self, model: Model, given: tuple[GivenRows, ...], overrides: Overrides | None) -> None:
        """A model that asks whether it is incremental must be told. Raises ProjectError if it is not."""
        if IS_INCREMENTAL not in model.macros:
            return
        said = overrides.macros.get("is_incremental") if overrides else None
        if not isinstance(said, bool):
            raise ProjectError(f"the model {model.name!r} calls is_incremental(): the test must say what that is",
                               self.entry.at, "add 'overrides: {macros: {is_incremental: true}}' or false")  # fmt: skip
        if said and not any(each.input.strip() == "this" for each in given):
            raise ProjectError(f"with is_incremental the model {model.name!r} adds to rows that are there already",
                               self.entry.at, "give them as the input 'this', which may have 'rows: []'")  # fmt: skip

    def _place(self, key: str) -> Location:
        """Where a key of the unit test stands; the test's own place if it is not there."""
        content = self.entry.content
        return self.entry.place(content, key) if key in content else self.entry.at

    def _warn(self, *warnings: str) -> None:
        """Tell what is odd in the project's own files."""
        if self.entry.file.package == self.parts.settings.name:
            self.warnings.extend(warnings)


def _call_in(written: str, is_own: Callable[[str], bool]) -> PlainCall | None:
    """The one call of `ref` or `source` that an input is; None if it is more than that, or something else.

    As in dbt its arguments are literals, and nothing is done to what it gives. Where the project has a macro of that
    name (`is_own`), this may know further arguments: they are no part of what is meant.
    """
    match plain_parts("{{ " + written + " }}"):
        case ["", PlainCall("ref" | "source", None) as call, ""] if written.startswith(call.name):
            versions = {key: value for key, value in call.kwargs.items() if call.name == "ref" and key in _VERSIONS}
            is_known = (versions == call.kwargs and not call.more_kwargs) or is_own(call.name)
            texts = all(isinstance(each, str) for each in call.args) and None not in versions.values()
            return call if is_known and texts and 1 <= len(call.args) <= 2 else None
        case _:
            return None


def _nothing(written: str) -> str:
    return f"the input {written} is nothing in this project"


def _files(given: Iterable[GivenRows], expect: FixtureRows) -> list[str]:
    return [each.at.path for each in (*given, expect)]


def _files_of(inputs: Iterable[AnyNode]) -> list[str]:
    """The files in which the names and columns of inputs are decided."""
    return [path for node in inputs for path in (node.files if _is_inline(node) else (node.at.path,))]


def _is_inline(node: AnyNode) -> bool:
    return isinstance(node, Model) and node.materialized == "ephemeral"
