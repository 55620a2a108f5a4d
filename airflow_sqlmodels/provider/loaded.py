"""The project of a DAG file or a task: loaded once in a process, and in a worker only as far as one task needs it."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from airflow_sqlmodels.errors import ProfileError, ProjectError
from airflow_sqlmodels.manifest.manifest import Manifest, Target
from airflow_sqlmodels.project.cache import saved_path
from airflow_sqlmodels.project.choices import Choices
from airflow_sqlmodels.project.load import load
from airflow_sqlmodels.project.profiles import find_profiles_file, read_profile
from airflow_sqlmodels.project.settings import profile_name
from airflow_sqlmodels.provider.options import Options
from airflow_sqlmodels.templating.variables import EnvVar

_DEFAULT_SCHEMA = "public"


def choices_of(options: Options) -> Choices:
    """What the options of a DAG mean for loading. No connection is asked, so its database is not known yet."""
    read: set[str] = set()
    target = _target(options, EnvVar(options.env, secrets_allowed=True, note=read.add))
    return Choices(target=target, vars=dict(options.vars), env=dict(options.env), env_read=read)


def _target(options: Options, env_var: EnvVar) -> Target:
    """The schema is the DAG's, else that of the project's own profiles.yml, else `public`."""
    own = _own_target(options, env_var)
    if own is None:
        name = options.target or "default"
        return Target(name, options.schema or _DEFAULT_SCHEMA, options.database or "")
    # host, user and the like are the Airflow connection's, whatever profiles.yml says
    return replace(own, schema=options.schema or own.schema, database=options.database or "", extra={})


def _own_target(options: Options, env_var: EnvVar) -> Target | None:
    """The target that a profiles.yml inside the project describes; None if there is none that can be read here."""
    root = Path(options.project)
    if not (root / "profiles.yml").is_file() or find_profiles_file(root, root) is None:
        return None
    try:
        name = profile_name(root, options.env)
        return read_profile(
            root, name, profiles_dir=root, target=options.target, vars=options.vars, env_var=env_var
        ).target
    except (ProfileError, ProjectError):
        if options.target:
            raise
        return None


class LoadedProjects(Struct):
    """The projects that one reading of a DAG file has loaded, by folder and choices: its DAGs and groups share them."""

    _reading: object = None
    _known: dict[tuple[str, str], Manifest] = field(default_factory=dict)

    def whole(self, options: Options, reading: object = None) -> Manifest:
        """The whole project as it is on disk now, or as it was found already in this reading of the DAG file."""
        choices = choices_of(options)
        root = Path(options.project)
        if reading is None:
            return load(root, choices, saved_path(root, choices))
        if reading is not self._reading:
            self._reading, self._known = reading, {}
        key = (options.project, repr((choices.target, choices.vars, choices.env)))
        if key not in self._known:
            self._known[key] = load(root, choices, saved_path(root, choices))
        return self._known[key]

    def saved_path(self, options: Options) -> Path | None:
        """The file in which the project is saved with these options; None if nothing is saved."""
        return saved_path(Path(options.project), choices_of(options))


projects = LoadedProjects()
"""One for the process: each DAG file is imported in a process of its own, and a task runs in one."""
