"""Which materializations there are: ours, and those of other packages through entry points."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable

from airflow_sqlmodels.errors import ProjectError, closest
from airflow_sqlmodels.manifest.macro import Macro
from airflow_sqlmodels.materializations.build import Build, Built
from airflow_sqlmodels.materializations.languages import refuse_other_language
from airflow_sqlmodels.templating.answering import Answerer

Materialization = Callable[[Build], Built]

ENTRY_POINTS = "airflow_sqlmodels.materializations"

_EXPLICIT = "require_explicit_package_overrides_for_builtin_materializations"

_OF_STEPS = ("seed", "snapshot", "materialized_view")
"""Those that are put together from macros where the project has one of the steps."""

MATERIALIZATIONS: dict[str, str] = {
    "table": "airflow_sqlmodels.materializations.table:table",
    "view": "airflow_sqlmodels.materializations.view:view",
    "incremental": "airflow_sqlmodels.materializations.incremental:incremental",
    "seed": "airflow_sqlmodels.materializations.seed:seed",
    "materialized_view": "airflow_sqlmodels.materializations.materialized_view:materialized_view",
    "function": "airflow_sqlmodels.materializations.function:function",
    "snapshot": "airflow_sqlmodels.materializations.snapshot:snapshot",
}
"""By name where the function is: a task imports the one that it needs."""


def materialization_for(build: Build, name: str) -> Materialization:
    """The function for a node's `materialized` config: the project's own, or ours. Raises ProjectError for neither."""
    if build.rendering is not None:
        macro = own_version(build.rendering.means, name, built_in=name in MATERIALIZATIONS)
        if macro is None and name in _OF_STEPS:
            from airflow_sqlmodels.materializations.own_steps import by_macros  # noqa: PLC0415  # not for models

            macro = by_macros(build, name)
        if macro is not None:
            from airflow_sqlmodels.materializations.custom import custom  # noqa: PLC0415  # few projects have one

            return functools.partial(custom, macro=macro)
    found = materialization_named(name)
    refuse_other_language(build.node, f"materialization_{name}_default", ("sql",))
    return found


def own_version(means: Answerer, name: str, *, built_in: bool) -> Macro | None:
    """The project's own materialization of a name; a package's, if the name is not built in or the flags allow it."""
    packages = not built_in or not means.manifest.settings.flags.get(_EXPLICIT, True)
    return means.macros.materialization(name, packages=packages)


def materialization_named(name: str) -> Materialization:
    """The function for a `materialized` config. Raises ProjectError if there is none."""
    place = MATERIALIZATIONS.get(name)
    if place is not None:
        module, _, function = place.partition(":")
        own: Materialization = getattr(importlib.import_module(module), function)
        return own
    from importlib import metadata  # noqa: PLC0415  # ours need no search

    others = {entry.name: entry for entry in metadata.entry_points(group=ENTRY_POINTS)}
    if name not in others:
        raise ProjectError(f"no materialization {name!r}", None, closest(name, (*MATERIALIZATIONS, *others)))
    loaded: Materialization = others[name].load()
    return loaded
