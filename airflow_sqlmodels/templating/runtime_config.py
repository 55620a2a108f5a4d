"""`ref.config`: the project and its installed packages, as macros of packages ask for them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from msgspec import Struct

from airflow_sqlmodels.manifest.manifest import Settings
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.templating.options import all_options
from airflow_sqlmodels.templating.variables import target_names


class Asking(Struct, frozen=True):
    """`ref` or `source` in a template: what is called, and what it knows of the project."""

    ask: Callable[..., Any]
    settings: Settings
    invocation: Invocation

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.ask(*args, **kwargs)

    @property
    def config(self) -> RuntimeConfig:
        """The project."""
        return RuntimeConfig(self.settings, self.invocation, self.settings.name)


class RuntimeConfig:
    """A project with its profile, under dbt's names. It holds no secret."""

    def __init__(self, settings: Settings, invocation: Invocation, package: str) -> None:
        target = settings.target
        self._settings, self._invocation = settings, invocation
        self.project_name = package
        self.version = settings.versions.get(package)
        self.project_root = settings.packages.get(package, settings.root)
        self.profile_name, self.target_name, self.threads = target.profile_name, target.name, target.threads
        self.credentials = SimpleNamespace(**target_names(target))
        self.target_path, self.log_path = settings.target_path, settings.log_path
        self.clean_targets = list(settings.clean_targets)
        self.quoting, self.dispatch = dict(settings.quoting), list(settings.dispatch)
        self.query_comment = settings.query_comment
        self.vars = ProjectVars(settings.project_vars.get(package, {}))
        self.cli_vars = dict(settings.vars)
        self.args = SimpleNamespace(**{"which": invocation.command, **all_options(invocation.args, settings.flags)})
        for key, said in settings.paths.items():  # model_paths and its siblings
            setattr(self, key.replace("-", "_"), list(said))

    @property
    def dependencies(self) -> dict[str, RuntimeConfig]:
        """The project and its installed packages, by name."""
        return {name: RuntimeConfig(self._settings, self._invocation, name) for name in self._settings.packages}

    def load_dependencies(self, base_only: bool = False) -> dict[str, RuntimeConfig]:  # noqa: ARG002  # dbt's argument
        """The same."""
        return self.dependencies


class ProjectVars(Struct, frozen=True):
    """The variables of a project, without those of the command line."""

    vars: Mapping[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """All of them."""
        return dict(self.vars)

    def vars_for(self, _node: Any = None, _adapter_type: Any = None) -> dict[str, Any]:
        """All of them."""
        return dict(self.vars)
