"""dbt_project.yml, of the project itself and of its installed packages."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct, field, structs

from airflow_sqlmodels.errors import Location, NamingError, SettingsError, SqlModelsError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE, Settings
from airflow_sqlmodels.manifest.nodes import AnyNode, Exposure, Source
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.behaviour_flags import counting
from airflow_sqlmodels.project.choices import Choices
from airflow_sqlmodels.project.configs import ConfigTree, Merge, merge_of, merge_plainly
from airflow_sqlmodels.project.project_shape import check_shape
from airflow_sqlmodels.project.rendering import YamlRenderer
from airflow_sqlmodels.project.required_version import check_version
from airflow_sqlmodels.project.text_files import text_of
from airflow_sqlmodels.project.vars_file import file_vars
from airflow_sqlmodels.project.yaml_text import NAMED, parse_yaml, place_in, plain, with_numbers
from airflow_sqlmodels.templating.variables import EnvVar, Var, target_names

PATHS: dict[str, tuple[str, ...]] = {
    "model-paths": ("models",),
    "seed-paths": ("seeds",),
    "snapshot-paths": ("snapshots",),
    "macro-paths": ("macros",),
    "test-paths": ("tests",),
    "analysis-paths": ("analyses",),
    "docs-paths": (),
    "asset-paths": (),
    "function-paths": ("functions",),
}
"""Where dbt looks if the project does not say: docs.getdbt.com/reference/dbt_project.yml."""

_FORMERLY = {"model-paths": "source-paths", "seed-paths": "data-paths"}
"""The names that these settings had before dbt 1.0."""

CONFIG_KEYS = {
    "model": "models",
    "seed": "seeds",
    "snapshot": "snapshots",
    "source": "sources",
    "test": "data_tests",
    "unit_test": "unit_tests",
    "exposure": "exposures",
    "semantic_model": "semantic-models",
    "metric": "metrics",
    "saved_query": "saved-queries",
    "analysis": "analyses",
    "function": "functions",
}
"""Under which key the configs of each kind of node stand."""

PACKAGES_FOLDER = "dbt_packages"
"""Where packages are, if the project does not say."""

_LATE = frozenset(("vars", "on-run-start", "on-run-end", "query-comment"))
"""Rendered when they are used, not when they are read."""


class ProjectFile(Struct, frozen=True):
    """What one dbt_project.yml says."""

    name: str
    root: Path
    shown: str
    """The folder relative to the root project, with a trailing slash; "" for the root project itself."""
    content: Mapping[str, Any]
    trees: dict[str, ConfigTree] = field(default_factory=dict)
    written: dict[str, ConfigTree] = field(default_factory=dict)
    """The same as it is written: templates are not rendered, and nothing is merged."""
    twice: tuple[tuple[str, Location], ...] = ()
    """The keys that stand in their mapping already."""
    config_version_at: Location | None = None
    """Where it asks for configs as they were in dbt's early days."""
    flags_passed_over: tuple[str, ...] = ()
    """What stands below `flags:`, and counts only where a command says it."""

    def paths(self, key: str) -> tuple[str, ...]:
        """`model-paths` and its siblings."""
        said = self.content.get(key, self.content.get(_FORMERLY.get(key, key)))
        if said is None and key == "docs-paths":
            every = (each for each in PATHS if each not in ("docs-paths", "asset-paths"))
            return tuple(dict.fromkeys(path for each in every for path in self.paths(each)))
        return PATHS[key] if said is None else tuple(self._inside(str(path)) for path in said)

    def _inside(self, path: str) -> str:
        """A folder as seen from the project, however it is written."""
        inside = Path(path).is_relative_to(self.root) and Path(path).is_absolute()
        return Path(path).relative_to(self.root).as_posix() if inside else path.strip("/")

    def hooks(self, when: str) -> list[str]:
        """The SQL of `on-run-start` or `on-run-end`."""
        said = self.content.get(when) or []
        return [str(each) for each in (said if isinstance(said, list) else [said])]


def profile_name(root: Path, env: Mapping[str, str]) -> str:
    """The profile that dbt_project.yml names. Read before a target is known."""
    content, path, text = _content(root, "")
    said = content.get("profile")
    if not said:
        hint = f"add 'profile: <name>' to {PROJECT_FILE}, or give --profile"
        raise SettingsError(f"{PROJECT_FILE} names no profile", Location(path), hint)
    renderer = YamlRenderer({"env_var": EnvVar(env), "var": Var({}, str)})
    return str(renderer.value(said, place_in(content, "profile", path, text)))


def target_path(root: Path, env: Mapping[str, str]) -> str:
    """Where the project's generated files go, told before it is loaded."""
    content, path, text = _content(root, "")
    renderer = YamlRenderer({"env_var": EnvVar(env), "var": Var({}, str)})
    return str(renderer.value(content.get("target-path") or "target", place_in(content, "target-path", path, text)))


def read_settings(root: Path, names: Iterable[str], variables: Mapping[str, Any]) -> dict[str, Any]:
    """These keys of dbt_project.yml, rendered without a profile: as in dbt, a target has nothing but "" then."""
    content, path, text = _content(root, "")
    known = {**file_vars(root, "", content, place_in(content, "vars", path, text)), **variables}
    renderer = YamlRenderer({"env_var": EnvVar({}), "var": Var(known, str), "target": {}})
    return {
        name: renderer.value(plain(content[name]), place_in(content, name, path, text))
        for name in names
        if name in content
    }


def read_project_file(root: Path, choices: Choices, shown: str = "") -> ProjectFile:
    """One dbt_project.yml, rendered. Raises SettingsError if it is missing, malformed, or has no name."""
    twice: list[tuple[str, int, int]] = []
    content, path, text = _content(root, shown, twice)
    variables = file_vars(root, shown, content, place_in(content, "vars", path, text))
    names = {
        "env_var": choices.env_var,
        "var": Var({**variables, **choices.vars}, str),
        "target": target_names(choices.target),
        "flags": choices.flags({}),
    }
    renderer = YamlRenderer(names)
    rendered = {
        key: _late(key, value) if key in _LATE else _rendered(value, renderer, place_in(content, key, path, text))
        for key, value in content.items()
    }
    if variables:
        rendered["vars"] = variables
    for key, old in _FORMERLY.items():
        if key in rendered and old in rendered:
            at = place_in(content, old, path, text)
            raise SettingsError(f"{old!r} is the old name of {key!r}, which is there too", at, "keep one of them")
    passed_over = _put_flags(rendered, choices) if not shown else ()
    if not rendered.get("name"):
        raise SettingsError(f"{PROJECT_FILE} has no name", Location(path), "add 'name: my_project' to it")
    if rendered.get("require-dbt-version") is not None and _checks_version(choices, rendered):
        at = place_in(content, "require-dbt-version", path, text)
        check_version(str(rendered["name"]), rendered["require-dbt-version"], at)
    check_shape(rendered, lambda key: place_in(content, key, path, text))
    trees = _trees(rendered)
    written = _trees(plain(content), merge_plainly)
    lines = text.splitlines()
    again = tuple((key, Location(path, line + 1, column + 1, lines[line])) for key, line, column in twice)
    is_old = rendered.get("config-version") == _OLD_CONFIG_VERSION
    at_version = place_in(content, "config-version", path, text) if is_old else None
    return ProjectFile(str(rendered["name"]), root, shown, rendered, trees, written, again, at_version, passed_over)


def _late(key: str, value: Any) -> Any:
    return with_numbers(value) if key == "vars" else plain(value)


def _put_flags(content: dict[str, Any], choices: Choices) -> tuple[str, ...]:
    """The flags that hold; the names of those that stand there and do not count."""
    if choices.user_flags:
        content.setdefault("flags", dict(choices.user_flags))
    flags, passed_over = counting(content.get("flags"))
    if flags is not None or choices.said_flags:
        content["flags"] = {**(flags or {}), **choices.said_flags} if choices.said_flags else flags
    return passed_over


_OLD_CONFIG_VERSION = 1


def refuse_old_configs(projects: Mapping[str, ProjectFile], root: str, nodes: Iterable[AnyNode]) -> None:
    """As in dbt, a package of macros and sources alone may be as old as it likes: their configs do not count."""
    old = {name: each.config_version_at for name, each in projects.items() if each.config_version_at is not None}
    if not old:
        return
    for node in nodes:
        at = old.get(root) or old.get(node.package)
        if at is not None and not isinstance(node, (Source, Exposure)):
            raise SettingsError("config-version is 1, and only 2 is known", at, "leave the key out")


def flag_of(project: ProjectFile, name: str, default: bool = False) -> bool:
    """A behaviour flag of the project, before its settings are made."""
    return _flag(project.content, name, default)


def _flag(content: Mapping[str, Any], name: str, default: bool) -> bool:
    flags = content.get("flags")
    return bool(flags.get(name, default)) if isinstance(flags, dict) else default


def _checks_version(choices: Choices, content: Mapping[str, Any]) -> bool:
    return _flag(content, "version_check", True) if choices.version_check is None else choices.version_check


def _trees(content: Mapping[str, Any], combine: Merge | None = None) -> dict[str, ConfigTree]:
    trees = {kind: ConfigTree(content.get(key) or {}, combine or merge_of(kind)) for kind, key in CONFIG_KEYS.items()}
    if "tests" in content and "data_tests" not in content:
        trees["test"] = ConfigTree(content["tests"] or {}, combine or merge_of("test"))
    return trees


def outdated_keys(project: ProjectFile) -> list[Warned]:
    """A warning for each key of dbt_project.yml that has another name today, or is there twice."""
    place = f"{project.shown}{PROJECT_FILE}"
    renamed = {old: key for key, old in _FORMERLY.items()}
    old = (key for key in project.content if key in renamed)
    return [
        *(Warned(f"{place}: the `{key}` config has been renamed to `{renamed[key]}`", _RENAMED[key]) for key in old),
        *_moved_paths(project, place),
        *(twice_in(key, at) for key, at in project.twice),
    ]


def twice_in(key: str, at: Location, *, once: bool = False) -> Warned:
    """The warning of a key that its mapping has already."""
    what = f"Duplicate key {key!r}"
    text = str(SqlModelsError(f"{what}: only what the last one says counts", at))
    return Warned(text, "DuplicateYAMLKeysDeprecation", {"duplicate_description": what, "file": at.path}, once=once)


_RENAMED = {"source-paths": "ConfigSourcePathDeprecation", "data-paths": "ConfigDataPathDeprecation"}
_MOVED = {"target-path": ("target", "ConfigTargetPathDeprecation"), "log-path": ("logs", "ConfigLogPathDeprecation")}


def _moved_paths(project: ProjectFile, place: str) -> Iterator[Warned]:
    """dbt wants these as flags; here they hold as before."""
    for key, (usual, name) in _MOVED.items():
        if str(project.content.get(key) or usual) != usual:
            text = f"{place}: the `{key}` config has been deprecated: use the flag --{key} or DBT_{key.upper()}"
            yield Warned(text.replace("-PATH", "_PATH"), name)


def packages_folder(project: ProjectFile) -> str:
    """Where packages are, as a path from the project's root."""
    return str(project.content.get("packages-install-path") or PACKAGES_FOLDER)


def installed_packages(project: ProjectFile, choices: Choices) -> list[ProjectFile]:
    """The packages in the packages folder, by name; a folder without dbt_project.yml is passed over."""
    folder = packages_folder(project)
    choices = structs.replace(choices, version_check=_checks_version(choices, project.content))
    places = sorted(path.parent for path in (project.root / folder).glob(f"*/{PROJECT_FILE}"))
    found = [read_project_file(place, choices, f"{folder}/{place.name}/") for place in places]
    _refuse_twins([project, *found])
    return found


def make_settings(project: ProjectFile, packages: list[ProjectFile], choices: Choices) -> Settings:
    """The settings of a whole project."""
    content = project.content
    every = [project, *packages]
    return Settings(
        name=project.name,
        root=str(project.root),
        target=choices.target,
        version=None if content.get("version") is None else str(content["version"]),
        profile=str(content.get("profile") or ""),
        vars=choices.vars,
        project_vars={each.name: _vars_of(each, project) for each in every},
        env=choices.env,
        dispatch=tuple(content.get("dispatch") or ()),
        quoting=dict(content.get("quoting") or {}),
        query_comment=content.get("query-comment", True),
        flags=dict(content.get("flags") or {}),
        airflow=dict(content.get("airflow") or {}),
        packages={each.name: str(each.root) for each in every},
        versions={each.name: str(each.content["version"]) for each in every if each.content.get("version") is not None},
        target_path=str(content.get("target-path") or "target"),
        log_path=str(content.get("log-path") or "logs"),
        clean_targets=tuple(content.get("clean-targets") or (str(content.get("target-path") or "target"),)),
        paths={key: project.paths(key) for key in PATHS},
    )


def _content(root: Path, shown: str, twice: list[tuple[str, int, int]] | None = None) -> tuple[Any, str, str]:
    path = root / PROJECT_FILE
    if not path.is_file():
        hint = "name the project's folder with --project-dir" if not shown else ""
        raise SettingsError(f"no {PROJECT_FILE} in {root}", None, hint)
    text = text_of(path, shown + PROJECT_FILE).rstrip()  # as in dbt: it tells at the end of a text in several lines
    content = parse_yaml(text, shown + PROJECT_FILE, twice)
    if not isinstance(content, dict):
        raise SettingsError("this file is empty", Location(shown + PROJECT_FILE), "it needs at least 'name: …'")
    return content, shown + PROJECT_FILE, text


def _rendered(value: Any, renderer: YamlRenderer, at: Location) -> Any:
    """The value, rendered, but for hooks: these are rendered when they run."""
    if isinstance(value, dict):
        return {key: _rendered_below(key, each, renderer, at) for key, each in value.items()}
    return renderer.value(value, at)


def _rendered_below(key: str, value: Any, renderer: YamlRenderer, at: Location) -> Any:
    if _is_hook(key):
        return plain(value)
    if key.startswith("+") and key[1:] not in NAMED:  # a config, not a folder: numbers in it stay numbers, as in dbt
        return renderer.value(with_numbers(value), at)
    return _rendered(value, renderer, at)


def _is_hook(key: str) -> bool:
    return key.lstrip("+").replace("_", "-") in ("pre-hook", "post-hook")


def _refuse_twins(projects: list[ProjectFile]) -> None:
    seen: dict[str, ProjectFile] = {}
    for each in projects:
        twin = seen.setdefault(each.name, each)
        if twin is not each:
            raise NamingError(f"two packages are named {each.name!r}: {twin.root} and {each.root}")


def _vars_of(package: ProjectFile, root: ProjectFile) -> dict[str, Any]:
    """What `var()` finds in a package: its own, then the root project's for all, then the root project's for it.

    What is meant for one package is a variable too, of that name: `var('dbt_date')` is a mapping of them, as in dbt.
    """
    own, top = package.content.get("vars") or {}, root.content.get("vars") or {}
    layers = (own, own.get(package.name), top, top.get(package.name))
    return {key: value for layer in layers if isinstance(layer, dict) for key, value in layer.items()}
