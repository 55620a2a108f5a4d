"""What the user said: the flags of one call, from the command line, the environment and `flags:` of dbt_project.yml."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from airflow_sqlmodels.cli.log import Log, flags_of_project, log_for
from airflow_sqlmodels.cli.old_variables import renamed_variables, said_by_old_names
from airflow_sqlmodels.cli.old_words import old_words
from airflow_sqlmodels.cli.reserved import reserved_names
from airflow_sqlmodels.cli.scrubbed import HIDDEN, scrubbed
from airflow_sqlmodels.cli.telling import tell_deprecations, tell_warning
from airflow_sqlmodels.cli.told import as_told
from airflow_sqlmodels.cli.user_settings import user_settings, wanted
from airflow_sqlmodels.cli.warnings import (
    ONLY_TOLD,
    Rule,
    options_of,
    options_of_project,
    refuse_both,
    rule_for,
    unknown_keys,
)
from airflow_sqlmodels.cli.windows import times_of, window_of
from airflow_sqlmodels.errors import SettingsError, SqlModelsError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE, Manifest
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.user_flags import moved_flags
from airflow_sqlmodels.project.yaml_text import YamlMap, parse_yaml, with_numbers
from airflow_sqlmodels.templating.invocation import EarlierBatches
from airflow_sqlmodels.templating.sampling import Window
from airflow_sqlmodels.templating.variables import SECRET_PREFIXES

_RANK = {ParameterSource.COMMANDLINE: 2, ParameterSource.ENVIRONMENT: 1}


@dataclass(frozen=True, slots=True, kw_only=True)
class Flags:
    """All flags. A switch that nobody set is None."""

    command: str
    project_dir: Path
    profiles_dir: Path | None = None
    profile: str | None = None
    target: str | None = None
    vars: dict[str, Any] = field(default_factory=dict)
    target_path: Path | None = None
    threads: int | None = None
    fail_fast: bool | None = None
    quiet: bool | None = None
    debug: bool | None = None
    use_colors: bool | None = None
    log_format: str | None = None
    warn_error: bool | None = None
    warn_error_options: Mapping[str, Any] | None = None
    show_all_deprecations: bool | None = None
    partial_parse: bool | None = None
    write_json: bool | None = None
    indirect_selection: str | None = None
    select: Sequence[str] = ()
    exclude: Sequence[str] = ()
    selector: str | None = None
    resource_type: Sequence[str] = ()
    exclude_resource_type: Sequence[str] = ()
    full_refresh: bool | None = None
    store_failures: bool | None = None
    empty: bool | None = None
    sample: Window | None = None
    event_time_start: datetime.datetime | None = None
    event_time_end: datetime.datetime | None = None
    state: Path | None = None
    """The folder of an earlier state."""
    defer: bool | None = None
    defer_state: Path | None = None
    """The folder of the state to defer to, if it is not `state`."""
    favor_state: bool | None = None
    as_of: datetime.datetime | None = None
    """When the run that is retried began."""
    batches: Mapping[str, EarlierBatches] = field(default_factory=dict)
    """What the run that is retried did of microbatch models."""
    overloads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """The overloads that the run that is retried made of functions of which some failed."""
    log: Log = field(default_factory=Log, compare=False)
    """Where words go: the console, from its level on, and the log file."""
    said: Mapping[str, Any] = field(default_factory=dict)
    """Every option of the command by dbt's name: what run_results.json and templates see."""

    def switch(self, name: str, manifest: Manifest, default: bool = False) -> bool:
        """A switch: as it was said, else as the project's `flags:` say, else the default."""
        said = getattr(self, name)
        return bool(manifest.settings.flags.get(name, default) if said is None else said)

    def printed(self, text: str) -> None:
        """What a template prints, unless --no-print says not to."""
        if self.said.get("print", True):
            self.log.printed(text)

    def rule(self, warning: str) -> Rule:
        """What becomes of a warning of that name: as it was said, else as the project's `flags:` say."""
        project = self.log.project_flags
        options = self.warn_error_options or project.get("warn_error_options")
        strict = project.get("warn_error") if self.warn_error is None else self.warn_error
        found = rule_for(warning, options, strict=bool(strict))
        tolerant = project.get("require_all_warnings_handled_by_warn_error") is False
        return "warn" if tolerant and found == "error" and warning in ONLY_TOLD else found

    def indirect(self, manifest: Manifest) -> str:
        """Which tests come along."""
        return self.indirect_selection or str(manifest.settings.flags.get("indirect_selection") or "eager")

    def folder(self, said: Path) -> Path:
        """A folder that was named: as seen from here, else from the project."""
        return said if said.is_absolute() or said.exists() else self.project_dir / said

    def target_folder(self, manifest: Manifest) -> Path:
        """Where generated files go."""
        return self.project_dir / (self.target_path or manifest.settings.target_path)


def flags_of(context: click.Context) -> Flags:
    """The flags of a command. What stands in front of its name counts, unless it is said again behind it."""
    values = _values(context)
    text = str(values.pop("vars_text"))
    known = {key: value for key, value in values.items() if key in Flags.__dataclass_fields__}
    known["project_dir"] = _project_dir(known.get("project_dir"))
    if known.get("warn_error_options") is not None:
        known["warn_error_options"] = options_of(known["warn_error_options"])
    if known.get("sample"):
        known["sample"] = window_of(known["sample"])
    times = times_of(known.get("event_time_start"), known.get("event_time_end"))
    known["event_time_start"], known["event_time_end"] = times
    said = as_told(values, known)
    variables = _vars(text)
    command = str(context.info_name)
    hidden = tuple(str(value) for name, value in variables.items() if name.startswith(SECRET_PREFIXES))
    shown = {name: HIDDEN if name.startswith(SECRET_PREFIXES) else value for name, value in variables.items()}
    line = scrubbed(" ".join(("sqlmodels", *sys.argv[1:])), hidden)
    said = {**said, "which": command, "vars": shown, "invocation_command": line}
    log = log_for(said, known["project_dir"])
    said |= {"project_dir": str(known["project_dir"]), **({"log_path": str(log.file.folder)} if log.file else {})}
    context.color = _colours(known.get("use_colors"), log)
    report = bool(values.get("show_resource_report"))
    context.find_root().ensure_object(dict).update(
        log=log, colours=context.color, command=context.command_path, report=report
    )
    flags = Flags(**{**known, "log": log, "command": command, "vars": variables, "said": said})
    options = options_of_project(log.project_flags)
    refuse_both(known.get("warn_error"), log.project_flags, known.get("warn_error_options"))
    context.find_root().call_on_close(lambda: tell_deprecations(flags))
    for text in unknown_keys(flags.warn_error_options or options or {}):
        log.warn(text, "", "", {})  # never an error: scripts that call dbt with such keys go on
    for warned in _outdated(context, flags, options):
        tell_warning(flags, warned)
    return flags


def _outdated(context: click.Context, flags: Flags, options: Any) -> Iterator[Warned]:
    """What should be said in another way, or place: flags, variables and words of the command line."""
    if flags.log.flags_moved:
        yield moved_flags()
    yield from reserved_names(os.environ)
    yield from renamed_variables(os.environ)
    yield from old_words(context, flags.warn_error_options or options)


def _colours(said: bool | None, log: Log) -> bool | None:
    """Whether colours are to be shown; None: if the output can show them."""
    wanted = log.project_flags.get("use_colors") if said is None else said
    return wanted if isinstance(wanted, bool) else None


def _values(context: click.Context) -> dict[str, Any]:
    """Each option's value: as it was said here or in the environment, else in the user's settings, else as usual.

    What the project's own flags say counts more than these settings, and is looked up where it is needed.
    """
    values, by_old_names = _merged(context), said_by_old_names(os.environ)
    settings = user_settings()
    if settings:
        unsaid = {name: found for name, found in _left_out(context).items() if name not in by_old_names}
        project = flags_of_project(values, _project_dir(values.get("project_dir")))
        values |= wanted(settings, unsaid, project)
    return {**values, **by_old_names}


def _left_out(context: click.Context) -> dict[str, tuple[click.Context, click.Parameter]]:
    """The options that were said nowhere, by name."""
    found: dict[str, tuple[click.Context, click.Parameter]] = {}
    said: set[str] = set()
    above: click.Context | None = context
    while above is not None:
        for option in above.command.params:
            name = str(option.name)
            found.setdefault(name, (above, option))
            if _rank(above, name):
                said.add(name)
        above = above.parent
    return {name: each for name, each in found.items() if name not in said}


def _merged(context: click.Context) -> dict[str, Any]:
    """What was said, by name: behind the command, else behind its group, else in front of both."""
    values, said_by = dict(context.params), dict.fromkeys(context.params, context)
    above = context.parent
    while above is not None:
        for name, value in above.params.items():
            if name in values and _rank(above, name) > _rank(said_by[name], name):
                values[name], said_by[name] = value, above
        above = above.parent
    return values


def _rank(context: click.Context, name: str) -> int:
    source = context.get_parameter_source(name)
    return 0 if source is None else _RANK.get(source, 0)


def _project_dir(said: Path | None) -> Path:
    """The project's folder: the one that was named, else the nearest with a dbt_project.yml from here on up."""
    if said is not None:
        return said.resolve()
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / PROJECT_FILE).is_file()), here)


def _vars(text: str) -> dict[str, Any]:
    try:
        values = parse_yaml(text, "--vars")
    except SqlModelsError as error:
        raise click.UsageError(str(error)) from None
    if not isinstance(values, YamlMap):
        raise click.UsageError(f"--vars must be a mapping, not {text!r}: write it as '{{day: 2024-01-01}}'")
    if values.odd:
        given = next(iter(values.odd.values()))
        raise SettingsError(f"--vars: {given!r} is not of type 'string'", hint="put the variable's name in quotes")
    return dict(with_numbers(values))
