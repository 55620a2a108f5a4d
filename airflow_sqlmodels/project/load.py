"""Loading: from a folder to a Manifest; where nothing changed from its saved form, with few imports."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from msgspec import structs

from airflow_sqlmodels.manifest.manifest import Manifest, Target
from airflow_sqlmodels.manifest.store import Broken
from airflow_sqlmodels.project.cache import Known, made_for, open_saved, read_saved, save, saved_path, without_collector
from airflow_sqlmodels.project.catalogs_file import CATALOGS_FILE
from airflow_sqlmodels.project.choices import Choices, ignore
from airflow_sqlmodels.project.files import all_paths, find_files
from airflow_sqlmodels.project.inputs import (
    Inputs,
    changed_files,
    env_state,
    flags_state,
    mark_of,
    present,
    read_inputs,
    restamped,
    same_env,
    same_flags,
    take_inputs,
)
from airflow_sqlmodels.project.installed import about_packages
from airflow_sqlmodels.project.profiles import read_profile
from airflow_sqlmodels.project.selectors_file import SELECTORS_FILE
from airflow_sqlmodels.project.settings import ProjectFile, flag_of, installed_packages, profile_name, read_project_file
from airflow_sqlmodels.project.user_flags import user_flags
from airflow_sqlmodels.project.vars_file import VARS_FILE
from airflow_sqlmodels.templating.variables import EnvVar


def load_project(  # noqa: PLR0913  # dbt's flags, each of its own
    root: Path | str,
    *,
    profiles_dir: Path | None = None,
    profile: str | None = None,
    target: str | Target | None = None,
    vars: Mapping[str, Any] | None = None,  # noqa: A002  # dbt's word
    env: Mapping[str, str] | None = None,
    version_check: bool | None = None,
    flags: Mapping[str, Any] | None = None,
    said: Mapping[str, Any] | None = None,
    say: Callable[[str], None] | None = None,
    show: Callable[[str], None] = print,
    cache: bool = True,
) -> Manifest:
    """Everything in the project at `root`. With `cache`, what did not change since the last time is not read again.

    `target` is the name of a target in profiles.yml (None: its default), or a whole Target: then no profile is read.
    `version_check=False` passes over `require-dbt-version`; `flags` count more than those of the project; `said` is
    all that templates see as `flags`, by dbt's names.
    What templates `log(..., info=True)` while they are read goes to `say`, what they `print(...)` to `show`.
    Raises ProjectError, ProfileError or CompilationError for the first thing that is wrong, with its place.
    """
    folder = Path(root).resolve()
    choices = _choices(folder, profiles_dir, profile, target, vars, env, version_check, flags)
    choices = structs.replace(choices, say=say or ignore, show=show, said=said or {})
    return load(folder, choices, saved_path(folder, choices) if cache else None)


def load_project_file(
    root: Path | str,
    *,
    profiles_dir: Path | None = None,
    profile: str | None = None,
    target: str | None = None,
    vars: Mapping[str, Any] | None = None,  # noqa: A002  # dbt's word
    version_check: bool | None = None,
) -> ProjectFile:
    """What dbt_project.yml of the project at `root` says, as `load_project` reads it: no other file is looked at."""
    folder = Path(root).resolve()
    return read_project_file(folder, _choices(folder, profiles_dir, profile, target, vars, None, version_check, None))


def _choices(  # noqa: PLR0913  # what load_project takes
    folder: Path,
    profiles_dir: Path | None,
    profile: str | None,
    target: str | Target | None,
    variables: Mapping[str, Any] | None,
    env: Mapping[str, str] | None,
    version_check: bool | None,
    flags: Mapping[str, Any] | None,
) -> Choices:
    below: Mapping[str, Any]
    if isinstance(target, Target):
        where, below = target, {}
    else:
        name = profile or profile_name(folder, env or {})
        env_var = EnvVar(env or {}, secrets_allowed=True)
        found = read_profile(folder, name, profiles_dir=profiles_dir, target=target, vars=variables, env_var=env_var)
        where, below = found.target, user_flags(folder, profiles_dir)
    return Choices(
        target=where,
        vars=dict(variables or {}),
        env=dict(env or {}),
        version_check=version_check,
        user_flags=below,
        said_flags=flags or {},
    )


def load(root: Path, choices: Choices, saved: Path | None) -> Manifest:
    """The project at `root`, with the caller's choices; from the file `saved` as far as nothing changed since."""
    with without_collector():
        project = read_project_file(root, choices)
        packages = installed_packages(project, choices)
        jinja = flag_of(project, "allow_jinja_file_extensions")
        files = [file for each in (project, *packages) for file in find_files(each, jinja_extensions=jinja)]
        variables = (each.root / VARS_FILE for each in (project, *packages))
        beside = (root / SELECTORS_FILE, root / CATALOGS_FILE, *about_packages(project), *variables)
        others = (path for each in beside for path in present(each))
        paths = [*all_paths((project, *packages), files), *others]
        saved, known = _known(saved, paths, choices)
        if known is not None and not known.changed:
            return known.manifest
        # templates, YAML and all that: only if there is something to read
        from airflow_sqlmodels.project.anew import load_anew, refreshed  # noqa: PLC0415
        from airflow_sqlmodels.project.refresh import save_refreshed  # noqa: PLC0415

        if known is not None and saved is not None:
            inputs = restamped(known.inputs, known.changed)
            again = refreshed(known, project, packages, files, choices)
            if again is not None:
                inputs = _with_state(inputs, choices)
                return save_refreshed(saved, known, again, inputs, made_for(root, choices))
        inputs = take_inputs(paths)
        manifest = load_anew(project, packages, files, choices)
        inputs = _with_state(inputs, choices)
        manifest = replace(manifest, mark=mark_of(inputs, made_for(root, choices)))
        save(saved, manifest, inputs)
        return manifest


def _known(saved: Path | None, paths: list[str], choices: Choices) -> tuple[Path | None, Known | None]:
    """The file for the project as this command sees it, and what is saved there, with which of its files changed.

    Few projects ask for flags while they are read. Those that do have a file for each answer that they got. The second
    is None if nothing can be gone on from.
    """
    store = open_saved(saved)
    if saved is None or store is None:
        return saved, None
    try:
        inputs = read_inputs(store)
    except Broken:
        return saved, None
    if not same_flags(inputs.flags, choices.said):
        answers = hashlib.blake2b(repr(flags_state(inputs.flags, choices.said)).encode(), digest_size=6).hexdigest()
        return _known(saved.with_stem(f"{saved.stem}-{answers}"), paths, choices)
    changed = changed_files(inputs, paths)
    manifest = read_saved(store)
    if changed is None or manifest is None or not same_env(inputs.env, choices.env):
        return saved, None
    return saved, Known(store, inputs, manifest, frozenset(changed))


def _with_state(inputs: Inputs, choices: Choices) -> Inputs:
    """The inputs with the present state of all that is no file."""
    env = env_state({*inputs.env, *choices.env_read}, choices.env)
    return structs.replace(inputs, env=env, flags=flags_state({*inputs.flags, *choices.flags_read}, choices.said))
