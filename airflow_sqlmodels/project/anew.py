"""The story of reading: every file of a project becomes nodes, each thing made once, from things above it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec import structs

from airflow_sqlmodels.dialects.registry import dialect_named
from airflow_sqlmodels.errors import ProjectError, closest
from airflow_sqlmodels.graph.order import graph_of
from airflow_sqlmodels.graph.yaml_selectors import unknown_keys
from airflow_sqlmodels.manifest.macro import Doc, Macro, MacroId
from airflow_sqlmodels.manifest.manifest import Manifest, Settings
from airflow_sqlmodels.manifest.nodes import AnyNode, DataTest, Model, NodeId, Problem, Templated
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.access import check_access
from airflow_sqlmodels.project.cache import Known
from airflow_sqlmodels.project.catalogs_file import refuse_catalogs
from airflow_sqlmodels.project.choices import Choices
from airflow_sqlmodels.project.deprecated import deprecated_models
from airflow_sqlmodels.project.docs import DocLookup
from airflow_sqlmodels.project.files import SourceFile
from airflow_sqlmodels.project.fingerprint import Fingerprints, with_names, with_parents
from airflow_sqlmodels.project.functions import with_overloads
from airflow_sqlmodels.project.groups import groups
from airflow_sqlmodels.project.installed import refuse_missing
from airflow_sqlmodels.project.macro_arguments import macro_oddities
from airflow_sqlmodels.project.macro_files import (
    built_in_macros,
    described,
    read_docs,
    read_macros,
    refuse_broken,
    stray_words,
)
from airflow_sqlmodels.project.making import Reading, bare_nodes, make_nodes, with_foreign_entries
from airflow_sqlmodels.project.metric_references import with_metrics
from airflow_sqlmodels.project.microbatch import microbatch_warnings
from airflow_sqlmodels.project.naming import NameRules, overridden_names
from airflow_sqlmodels.project.oddities import oddities
from airflow_sqlmodels.project.parts import Parts
from airflow_sqlmodels.project.properties import Entry, read_properties
from airflow_sqlmodels.project.refresh import properties_of, refreshed_models
from airflow_sqlmodels.project.rendered_names import with_rendered_names
from airflow_sqlmodels.project.rendering import YamlRenderer
from airflow_sqlmodels.project.resolve import NODE_FIRST, Index, index_of, partly_resolved, resolved
from airflow_sqlmodels.project.selectors_file import read_selectors
from airflow_sqlmodels.project.semantic.nodes import Semantics, semantic_nodes
from airflow_sqlmodels.project.semantic.validation import NESTED_FLAG, check_semantics
from airflow_sqlmodels.project.settings import (
    ProjectFile,
    make_settings,
    refuse_old_configs,
)
from airflow_sqlmodels.project.source_overrides import with_overrides
from airflow_sqlmodels.project.twins import each_once, names_of, refuse_twins, without_twins
from airflow_sqlmodels.project.unit_tests import read_unit_tests
from airflow_sqlmodels.project.unused_configs import unused_configs
from airflow_sqlmodels.project.upward_refs import upward_refs
from airflow_sqlmodels.project.versions import model_names, with_versions
from airflow_sqlmodels.project.written import place_of_value
from airflow_sqlmodels.templating.call_graph import CallGraph
from airflow_sqlmodels.templating.environment import Environment
from airflow_sqlmodels.templating.macro_table import MacroTable
from airflow_sqlmodels.templating.macros import MacroLibrary
from airflow_sqlmodels.templating.names import property_names
from airflow_sqlmodels.templating.reading import Readers, doubts_of
from airflow_sqlmodels.templating.static import TemplateReader
from airflow_sqlmodels.templating.unrendered import templated_vars
from airflow_sqlmodels.templating.variables import Var, known_vars

BUILT_IN_MATERIALIZATIONS = ("table", "view", "incremental", "ephemeral", "materialized_view")


def refreshed(
    known: Known, project: ProjectFile, packages: list[ProjectFile], files: list[SourceFile], choices: Choices
) -> dict[NodeId, Model] | None:
    """The models of the files that changed, if nothing but models did, and nothing beside these is affected.

    None too if a template warns: a whole load collects that.
    """
    changed = [file for file in files if file.full in known.changed]
    if len(changed) < len(known.changed) or any(file.kind != "model" for file in changed):
        return None
    wanted = properties_of(known.manifest, changed, files)
    logged: list[str] = []  # told at the end: a whole load logs it again
    reading = Reading(structs.replace(choices, say=logged.append))
    settings, docs = known.manifest.settings, known.manifest.docs
    shared = reading.shared_names(settings)
    named = with_rendered_names(read_properties(wanted), lambda package: _renderer(settings, package, shared))
    entries = with_versions(named, model_names(files))
    projects = {each.name: each for each in (project, *packages)}
    singled, _ = without_twins(entries, known.manifest.macros.values())
    parts = make_parts(settings, projects, known.manifest.macros, docs, singled, shared)
    models = refreshed_models(parts, known.manifest, changed)
    if models is None or reading.warned:
        return None
    for message in logged:
        choices.say(message)
    return models


def load_anew(project: ProjectFile, packages: list[ProjectFile], files: list[SourceFile], choices: Choices) -> Manifest:
    """Read every file."""
    refuse_missing(project, packages)
    settings = make_settings(project, packages, choices)
    macros = {**built_in_macros(), **read_macros(_of("macro", files), _of_tests(project, *packages))}
    docs = read_docs(_of("docs", files))
    listed, unused = with_overrides(read_properties(_of("properties", files)), settings.packages)
    reading = Reading(choices)
    strays = list(stray_words(_of("macro", files)))
    shared = reading.shared_names(settings)
    named = with_rendered_names(listed, lambda package: _renderer(settings, package, shared))
    entries = with_versions(named, model_names(files))
    refuse_catalogs(
        project.root, _renderer(settings, project.name, shared), second_form=settings.flag("use_catalogs_v2")
    )
    projects = {each.name: each for each in (project, *packages)}
    singled, twins = without_twins(entries, macros.values())
    parts = make_parts(settings, projects, macros, docs, singled, shared)
    refuse_broken(macros.values(), parts.readers.graph, parts.readers.library)
    built = with_overloads(with_foreign_entries(parts, files, make_nodes(parts, files, entries, reading)), entries)
    if twins:
        refuse_twins(twins, bare_nodes(parts, files, names_of(twins)))
    refuse_old_configs(projects, project.name, built)
    warnings: list[str | Warned] = [
        *oddities(project, parts, built, entries),
        *unused,
        *strays,
        *_each_once(reading.warned),
    ]
    manifest = assemble(parts, built, entries, warnings, _of("fixture", files))
    graph_of(manifest)  # refuses rings
    return manifest


def _of_tests(*projects: ProjectFile) -> frozenset[tuple[str, str]]:
    """The package and the folder of each file that holds generic tests, and nothing else that is called."""
    folders = ((each.name, set(each.paths("test-paths")) - set(each.paths("macro-paths"))) for each in projects)
    return frozenset((name, base) for name, bases in folders for base in bases)


def make_parts(  # all that was read, one by one
    settings: Settings,
    projects: Mapping[str, ProjectFile],
    macros: Mapping[MacroId, Macro],
    docs: Mapping[str, Doc],
    entries: Iterable[Entry],
    shared: Mapping[str, Any],
) -> Parts:
    """What nodes are made of."""
    table = macro_table(settings, macros)
    variables = {name: known_vars(settings, name) for name in projects}
    silent = MacroLibrary(table, Environment(silent=True))
    strict = MacroLibrary(table, Environment())
    graph, dialect = CallGraph(table, TemplateReader()), dialect_named(settings.target.type)
    templated = {name: templated_vars(known) for name, known in variables.items()}
    doubts = doubts_of(graph, shared, dialect)
    readers = Readers(
        graph, silent.environment, silent, strict, doubts, shared, dialect, settings, variables, templated
    )
    names = {**shared, "execute": False, "var": Var(known_vars(settings, settings.name), str)}
    rules = NameRules(settings, strict, names, overridden_names(strict, settings.name, settings.packages))
    by_name = {(entry.kind, entry.file.package, entry.name): entry for entry in each_once(entries)}
    renderers = {name: _renderer(settings, name, shared) for name in projects}
    describers = {name: _renderer(settings, name, shared, docs) for name in projects}
    return Parts(settings, projects, readers, rules, docs, by_name, renderers.__getitem__, describers.__getitem__)


def macro_table(settings: Settings, macros: Mapping[MacroId, Macro]) -> MacroTable:
    """The macros of a project with the rules by which they are found."""
    prefixes = (f"{settings.target.type}__", "default__")
    return MacroTable(macros, settings.name, frozenset(settings.packages), settings.dispatch, prefixes)


def assemble(  # all that was read, one by one
    parts: Parts,
    built: list[AnyNode],
    entries: Iterable[Entry],
    warnings: list[str | Warned],
    fixtures: Iterable[SourceFile],
) -> Manifest:
    """The Manifest: enabled nodes with their references resolved."""
    enabled, disabled = _parted(built)
    settings = parts.settings

    def turned_off() -> Iterator[AnyNode]:
        return (node for several in disabled.values() for node in several)

    index = index_of(
        settings.name,
        enabled,
        turned_off(),
        node_first=settings.flag(NODE_FIRST),
        unique=settings.flag("require_unique_project_resource_names"),
    )
    nodes = _resolved(parts, enabled, index, disabled, warnings)
    nodes = with_parents(nodes)
    unit_tests = read_unit_tests(parts, entries, nodes, index, fixtures)
    semantics = semantic_nodes(parts, entries, index)
    nested = settings.flag(NESTED_FLAG, default=True)
    odd_semantics = list(check_semantics(semantics.enabled.values(), nodes.values(), nested))
    nodes = {**nodes, **unit_tests.enabled, **semantics.enabled}
    measured = with_metrics(nodes.values(), semantics, settings.name)
    nodes.update({node_id: with_names(node, nodes) for node_id, node in measured.found.items()})
    for test, missing in measured.lost:
        warnings.append(_left_out(test, missing))
        disabled.setdefault(test.id, []).append(nodes.pop(test.id))
    odd_semantics += _semantic_warnings(semantics, nodes)
    known_groups = groups(parts, entries)
    restricted = [name for name, project in parts.projects.items() if project.content.get("restrict-access")]
    check_access(nodes, known_groups, restricted)
    selectors = read_selectors(settings, property_names(parts.readers.shared))
    unknown = (key for name, said in selectors.items() for key in unknown_keys(name, said.get("definition")))
    return Manifest(
        settings=parts.settings,
        nodes=nodes,
        macros=described(parts.readers.library.table.macros, parts, entries),
        docs=parts.docs,
        disabled={
            **{node_id: tuple(several) for node_id, several in disabled.items()},
            **{node.id: (node,) for node in (*unit_tests.disabled.values(), *semantics.disabled.values())},
        },
        groups=known_groups,
        selectors=selectors,
        warnings=(
            *_told(warnings, unknown, unit_tests.warnings),
            *parts.noted,
            *odd_semantics,
            *deprecated_models(nodes.values()),
            *(() if index.node_first else upward_refs(nodes.values(), settings.name)),
            *macro_oddities(settings, parts.readers.library.table.macros, entries),
            *unused_configs(parts.projects[settings.name], nodes.values(), turned_off()),
            *microbatch_warnings(parts.settings, parts.readers.library.table.macros, nodes),
        ),
    )


def _resolved(
    parts: Parts,
    enabled: Iterable[AnyNode],
    index: Index,
    disabled: dict[NodeId, list[AnyNode]],
    warnings: list[str | Warned],
) -> dict[NodeId, AnyNode]:
    """The nodes with what they read. A data test of something that is not there becomes a disabled one, as in dbt."""
    nodes: dict[NodeId, AnyNode] = {}
    fingerprints = Fingerprints(parts.readers.graph)
    for node in enabled:
        try:
            final = _final(node, index, parts)
        except ProjectError as error:
            if not isinstance(node, DataTest):
                raise
            warnings.append(_left_out(node, error))
            final = None
        if final is not None:
            nodes[final.id] = fingerprints.of(final)
        elif isinstance(node, DataTest):
            disabled.setdefault(node.id, []).append(partly_resolved(node, index))
    return nodes


def _semantic_warnings(semantics: Semantics, nodes: Mapping[NodeId, AnyNode]) -> list[Warned]:
    """What is odd about the semantic layer. Raises NamingError for what is wrong with it."""
    if not semantics.enabled:
        return []
    from airflow_sqlmodels.project.semantic.rules import check_rules  # noqa: PLC0415  # few projects have one

    return check_rules(semantics.enabled.values(), nodes.values())


def _left_out(test: DataTest, error: ProjectError) -> Warned:
    return Warned(f"the test {test.name!r} is left out: {error}", "NodeNotFoundOrDisabled")


def _each_once(warned: Iterable[Warned]) -> Iterable[Warned]:
    """Without those that two templates, or two readings of one, brought up."""
    return {each.text: each for each in warned}.values()


def _told(*warnings: Iterable[str | Warned]) -> list[Warned]:
    return [each if isinstance(each, Warned) else Warned(each) for listed in warnings for each in listed]


def _parted(built: Iterable[AnyNode]) -> tuple[list[AnyNode], dict[NodeId, list[AnyNode]]]:
    enabled: list[AnyNode] = []
    disabled: dict[NodeId, list[AnyNode]] = {}
    for node in built:
        if node.config.get("enabled", True) is False:
            disabled.setdefault(node.id, []).append(node)
        else:
            enabled.append(node)
    return enabled, disabled


def _final(node: AnyNode, index: Index, parts: Parts) -> AnyNode | None:
    if isinstance(node, Model):
        node = _with_materialization(node, parts)
    if not isinstance(node, Templated):
        return node
    return resolved(node, index)


def _with_materialization(node: Model, parts: Parts) -> Model:
    """The model; with a problem if nothing here builds what it wants to be, which may be of another warehouse.

    Raises ProjectError if it looks like a slip: as in dbt, the other models of such a project can be built.
    """
    name = node.materialized
    if name in BUILT_IN_MATERIALIZATIONS:
        return node
    prefix = "materialization_"
    custom = {
        macro.name.removeprefix(prefix).rpartition("_")[0]
        for macro in parts.readers.library.table.macros.values()
        if macro.name.startswith(prefix)
    }
    if name in custom:
        return node
    what, at = f"no materialization {name!r}", place_of_value(node, name)
    meant = closest(name, (*BUILT_IN_MATERIALIZATIONS, *custom))
    if meant:
        raise ProjectError(what, at, meant)
    hint = "there is none of that name for Postgres: use one that it has, or turn the model off"
    return structs.replace(node, problems=(*node.problems, Problem(what, at, hint, only_built=True)))


def _renderer(
    settings: Settings, package: str, shared: Mapping[str, Any], docs: Mapping[str, Doc] | None = None
) -> YamlRenderer:
    """What renders the properties of a package; with `docs` their descriptions, which alone know `doc`, as in dbt."""
    doc = {} if docs is None else {"doc": DocLookup(docs, package, settings.name)}
    return YamlRenderer({**property_names(shared), "var": Var(known_vars(settings, package), str), **doc})


def _of(kind: str, files: Iterable[SourceFile]) -> list[SourceFile]:
    return [file for file in files if file.kind == kind]
