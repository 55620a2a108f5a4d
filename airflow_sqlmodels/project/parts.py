"""What nodes are made of: everything that is read before the first node is built."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from msgspec import structs

from airflow_sqlmodels.errors import Location, ProjectError
from airflow_sqlmodels.manifest.macro import Doc
from airflow_sqlmodels.manifest.manifest import Settings
from airflow_sqlmodels.manifest.nodes import Column
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.column_elements import dimension_of, entity_of
from airflow_sqlmodels.project.config_types import as_texts, wrong_configs
from airflow_sqlmodels.project.configs import merge_all, merge_calls, merge_of, with_defaults
from airflow_sqlmodels.project.contracts import refuse_constraint
from airflow_sqlmodels.project.docs import DocLookup
from airflow_sqlmodels.project.naming import NameRules
from airflow_sqlmodels.project.properties import TEST_KEYS, Entry, columns_in
from airflow_sqlmodels.project.rendering import YamlRenderer, is_template
from airflow_sqlmodels.project.settings import ProjectFile
from airflow_sqlmodels.project.unrendered import Inline, as_written, unrendered
from airflow_sqlmodels.project.yaml_text import NAMED, YamlMap, plain, with_numbers
from airflow_sqlmodels.templating.reading import Readers

_NOTHING_INLINE = Inline()

_OF_COLUMNS = ("config", "meta", "constraints", "granularity", "dimension", "entity")
"""What may be a template in a column's entry, beside its description."""

_TEXTS_OF_COLUMNS = ("tags", "data_type")
"""The same, where as in dbt a name that is not known is an error."""

_KNOWN_OF_COLUMNS = frozenset(
    (*_OF_COLUMNS, *_TEXTS_OF_COLUMNS, *TEST_KEYS, "name", "description", "quote", "docs", "include", "exclude")
)

_UNRENDERED = frozenset(("pre-hook", "post-hook", "pre_hook", "post_hook", "loaded_at_query"))
"""Rendered when they are sent."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The project, read so far."""

    settings: Settings
    projects: Mapping[str, ProjectFile]
    """By package name, the root project among them."""
    readers: Readers
    rules: NameRules
    docs: Mapping[str, Doc]
    entries: Mapping[tuple[str, str, str], Entry]
    """Property entries by (kind, package, name)."""
    renderer: Callable[[str], YamlRenderer]
    describer: Callable[[str], YamlRenderer]
    """For the YAML of a package."""
    noted: list[Warned] = field(default_factory=list, compare=False)
    """What turned out to be odd while nodes were made."""

    def own_config(
        self, kind: str, package: str, fqn: tuple[str, ...], entry: Entry | None, *inline: Mapping[str, Any]
    ) -> dict[str, Any]:
        """All that was said about a node's config, the strongest last."""
        below = self.projects[package].trees[kind].configs(fqn)
        if entry is not None and below:
            replaced = _replaced(entry)
            below = {key: value for key, value in below.items() if key not in replaced}
        layers: list[Mapping[str, Any]] = [below]
        if entry is not None:
            layers.append(self.config_of(entry, package))
        layers.append(merge_calls(inline) if len(inline) > 1 else inline[0] if inline else {})
        if package != self.settings.name:
            layers.append(self.projects[self.settings.name].trees[kind].configs(fqn))
        return as_texts(kind, merge_all(layers, merge_of(kind)))

    def written_config(  # one argument per layer
        self,
        kind: str,
        package: str,
        fqn: tuple[str, ...],
        entry: Entry | None,
        own: Mapping[str, Any],
        inline: Inline = _NOTHING_INLINE,
    ) -> dict[str, Any]:
        """Where what was said of a node's config, as it is written, differs from `own`."""
        said: Mapping[str, Any] = {}
        beside: Mapping[str, Any] = {}
        if entry is not None:
            config = entry.config
            if entry.version is not None or entry.kind == "exposure":
                # what a version or an exposure says beside its config is not kept as written, as in dbt
                config = entry.content.get("config") or {}
                beside = dict.fromkeys(key for key in entry.config if key not in config)
            said = self.rendered(config, package, entry.at, depth=entry.depth_of_config)
            if self.settings.compares_as_written:
                written = _written_in(entry)
                # lists of a test in a file stand there once, as in dbt
                said = {**said, **written} if entry.kind == "singular_test" else as_written(written, said)
        if not self.settings.compares_as_written:
            inline = structs.replace(inline, text="")
        folders = "model" if kind == "function" else kind  # as in dbt: as written, a function has what models are told
        below = self.projects[package].written[folders].configs(fqn)
        root = self.settings.name
        above = {} if package == root else self.projects[root].written[folders].configs(fqn)
        if kind == "function":
            beside = dict.fromkeys(own)  # and nothing of what `functions:` say
        return unrendered({**beside, **below}, said, inline, above, own)

    def overrides(self, names: Iterable[str], package: str) -> bool:
        """Whether the package or the project has a macro of one of these names."""
        macros = self.readers.library.table.macros
        return any(f"macro.{each}.{name}" in macros for each in (package, self.settings.name) for name in names)

    def config(self, kind: str, own: Mapping[str, Any], at: Location, entry: Entry | None = None) -> dict[str, Any]:
        """The whole config of a node at that place: defaults filled in. Raises ProjectError for what cannot be."""
        for key, wrong in wrong_configs(kind, own):
            raise ProjectError(wrong.what, at if entry is None else entry.place_of_config(key, at), wrong.hint)
        return with_defaults(kind, own)

    def rendered(
        self, values: Mapping[str, Any], package: str, at: Location, *, known: bool = False, depth: int | None = None
    ) -> dict[str, Any]:
        """Values of a property file, rendered, but for what is sent as it is.

        `known`: a template of an unknown name is an error, not "". `depth`: how many keys deep in their entry the
        values stand, if what dbt leaves as it is written, going by that, is to be left.
        """
        renderer = self.renderer(package)
        if depth is None:
            render: Callable[[Any], Any] = partial(renderer.value, at=at, known=known)
        else:
            render = partial(renderer.inside, depth=depth, at=at, known=known)
        return {key: plain(value) if key in _UNRENDERED else render(plain(value)) for key, value in values.items()}

    def config_of(self, entry: Entry, package: str) -> dict[str, Any]:
        """What an entry says of its config, rendered."""
        return self.rendered(_numbered(entry.config), package, entry.at, depth=entry.depth_of_config)

    def description(self, text: Any, package: str, at: Location) -> str:
        """A description with its `doc()` calls answered. As in dbt a template loses the line end behind it."""
        if not isinstance(text, str):
            return "" if text is None else str(text)
        if not is_template(text):
            return text
        return str(self.describer(package).text(text, at))

    def untouched_description(self, text: Any, package: str, at: Location) -> str:
        """That of a unit test or a function: in dbt it is no template. Only docs blocks are taken in."""
        if isinstance(text, str) and "doc(" not in text:
            return text
        return self.description(text, package, at)

    def doc_blocks(self, text: Any, package: str) -> tuple[str, ...]:
        """The ids of the docs blocks that a description, as written, takes in."""
        if not isinstance(text, str) or "doc(" not in text:
            return ()
        return DocLookup(self.docs, package, self.settings.name).blocks(text)

    def columns(self, entry: Entry | None, package: str, holder: YamlMap | None = None) -> dict[str, Column]:
        """The columns that an entry (or a source's table in it) describes."""
        if entry is None:
            return {}
        listed = columns_in(entry, entry.content if holder is None else holder)
        return {str(each["name"]): self._column(each, entry, package) for each in listed}

    def _column(self, content: YamlMap, entry: Entry, package: str) -> Column:
        said = self.rendered({key: content[key] for key in _OF_COLUMNS if content.get(key)}, package, entry.at, depth=3)
        texts = {key: content[key] for key in _TEXTS_OF_COLUMNS if content.get(key)}
        said |= self.rendered(texts, package, entry.at, known=True)
        more = {str(key): value for key, value in content.items() if key not in _KNOWN_OF_COLUMNS}
        config = said.get("config") or {}
        name, description = str(content["name"]), self.description(content.get("description"), package, entry.at)
        for constraint in said.get("constraints") or ():
            refuse_constraint(constraint, f"column {name}", entry)
        tags = [*_listed(said.get("tags")), *_listed(config.get("tags"))]
        return Column(
            name=name,
            description=description,
            doc_blocks=self.doc_blocks(content.get("description"), package),
            data_type=said.get("data_type"),
            quote=content.get("quote"),
            meta={**(said.get("meta") or {}), **(config.get("meta") or {})},
            tags=tuple(dict.fromkeys(tags)),
            constraints=tuple(said.get("constraints") or []),
            config=config,
            granularity=said.get("granularity"),
            dimension=dimension_of(said.get("dimension"), name, description),
            entity=entity_of(said.get("entity"), name, description),
            more=self.rendered(more, package, entry.at),
        )


def _replaced(entry: Entry) -> Collection[str]:
    """What an entry says in place of dbt_project.yml, not beyond it.

    As in dbt, `sources: +tags:` is heard by no source, and the `config:` of an exposure says all of its tags and meta,
    that of a saved query all of its tags.
    """
    if entry.kind == "source":
        return ("tags",)
    return [key for key in _WHOLE.get(entry.kind, ()) if key in (entry.content.get("config") or {})]


_WHOLE: Mapping[str, Collection[str]] = {"exposure": ("tags", "meta"), "saved_query": ("tags",)}


def _written_in(entry: Entry) -> dict[str, Any]:
    """The config of an entry as it is written; as in dbt, for a version of a model only what it says itself."""
    holder: Mapping[str, Any] = entry.content
    if entry.version is not None:
        own = (each for each in entry.content["versions"] if str(each["v"]) == entry.version.number)
        holder = next(own, holder)
    return _numbered(holder.get("config") or {})


def _numbered(config: Mapping[str, Any]) -> dict[str, Any]:
    """As in dbt the keys inside of a project's own configs are what YAML makes of them."""
    return {key: plain(value) if key in NAMED else with_numbers(value) for key, value in config.items()}


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
