"""What nodes are made of: everything that is read before the first node is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from airflow_sqlmodels.errors import Location
from airflow_sqlmodels.manifest.manifest import Settings
from airflow_sqlmodels.manifest.nodes import Column, Doc
from airflow_sqlmodels.project.configs import merge_all, with_defaults
from airflow_sqlmodels.project.naming import NameRules
from airflow_sqlmodels.project.properties import Entry, columns_in
from airflow_sqlmodels.project.rendering import YamlRenderer
from airflow_sqlmodels.project.settings import ProjectFile
from airflow_sqlmodels.project.yaml_text import YamlMap, plain
from airflow_sqlmodels.templating.reading import Readers

_UNRENDERED = frozenset(("pre-hook", "post-hook", "pre_hook", "post_hook"))


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
    """For the YAML of a package."""

    def own_config(
        self, kind: str, package: str, fqn: tuple[str, ...], entry: Entry | None, *inline: Mapping[str, Any]
    ) -> dict[str, Any]:
        """All that was said about a node's config, the strongest last."""
        layers: list[Mapping[str, Any]] = [self.projects[package].trees[kind].configs(fqn)]
        if entry is not None:
            layers.append(self.rendered(entry.config, package, entry.at))
        layers += inline
        if package != self.settings.name:
            layers.append(self.projects[self.settings.name].trees[kind].configs(fqn))
        return merge_all(layers)

    def written_config(
        self,
        kind: str,
        package: str,
        fqn: tuple[str, ...],
        entry: Entry | None,
        own: Mapping[str, Any],
        inline: Iterable[Mapping[str, Any]] = (),
    ) -> dict[str, Any]:
        """The templates among what YAML files say of a node's config, where its own file does not say more."""
        layers: list[Mapping[str, Any]] = [self.projects[package].written[kind].configs(fqn)]
        if entry is not None:
            layers.append(_beside(entry.config, self.rendered(entry.config, package, entry.at)))
        if package != self.settings.name:
            layers.append(self.projects[self.settings.name].written[kind].configs(fqn))
        said = plain(merge_all(layers))
        inside = {key for each in inline for key in each}
        return {key: value for key, value in said.items() if key not in inside and own.get(key) != value}

    def config(self, kind: str, own: Mapping[str, Any]) -> dict[str, Any]:
        """The whole config of a node: defaults filled in."""
        return with_defaults(kind, own)

    def rendered(self, values: Mapping[str, Any], package: str, at: Location) -> dict[str, Any]:
        """Values of a property file, rendered, but for hooks."""
        renderer = self.renderer(package)
        return {
            key: plain(value) if key in _UNRENDERED else renderer.value(plain(value), at)
            for key, value in values.items()
        }

    def description(self, text: Any, package: str, at: Location) -> str:
        """A description with its `doc()` calls answered."""
        if not isinstance(text, str):
            return "" if text is None else str(text)
        return str(self.renderer(package).text(text, at)) if "{{" in text else text

    def columns(self, entry: Entry | None, package: str, holder: YamlMap | None = None) -> dict[str, Column]:
        """The columns that an entry (or a source's table in it) describes."""
        if entry is None:
            return {}
        listed = columns_in(entry, entry.content if holder is None else holder)
        return {str(each["name"]): self._column(each, entry, package) for each in listed}

    def _column(self, content: YamlMap, entry: Entry, package: str) -> Column:
        config = content.get("config") or {}
        tags = [*_listed(content.get("tags")), *_listed(config.get("tags"))]
        return Column(
            name=str(content["name"]),
            description=self.description(content.get("description"), package, entry.at),
            data_type=content.get("data_type"),
            quote=content.get("quote"),
            meta={**plain(content.get("meta") or {}), **plain(config.get("meta") or {})},
            tags=tuple(dict.fromkeys(tags)),
            constraints=tuple(plain(content.get("constraints") or [])),
            config=plain(config),
        )


def _beside(written: Any, rendered: Any) -> Any:
    """A config as it is written; in lists with templates what they give stands behind, as in dbt's manifest."""
    if isinstance(written, Mapping) and isinstance(rendered, Mapping):
        return {key: _beside(value, rendered.get(key)) for key, value in written.items()}
    if isinstance(written, list) and written != rendered and isinstance(rendered, list):
        return [*plain(written), *rendered]
    return written


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]
