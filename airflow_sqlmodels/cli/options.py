"""The options of the commands: dbt's names, most with an environment variable `DBT_…` (`DBT_ENGINE_…` too).

An option that takes several values takes them all behind one name, as in `--select a b c`, or name by name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from airflow_sqlmodels.cli.log_file import LEVELS
from airflow_sqlmodels.cli.log_format import FORMATS
from airflow_sqlmodels.cli.reserved import VARIABLES
from airflow_sqlmodels.graph.modes import INDIRECT
from airflow_sqlmodels.version import VERSION

Decorated = TypeVar("Decorated", bound=Callable[..., Any])

RESOURCE_TYPES = (
    *("model", "seed", "snapshot", "test", "unit_test", "source", "exposure", "analysis"),
    *("metric", "semantic_model", "saved_query", "function"),
)
_SEVERAL = ("all", "default")
"""Words for several kinds, which can be asked for, and cannot be left out."""

NO_EFFECT = (
    *("cache-selected-only", "populate-cache", "static-parser", "use-experimental-parser"),
    *("send-anonymous-usage-stats", "log-cache-events", "single-threaded"),
    *("use-colors-file", "partial-parse-file-diff", "macro-debugging"),
    *("upload-to-artifacts-ingest-api", "hints-enabled", "use-fast-test-edges"),
    *("use-v2-parser", "snowflake-projects-otel"),
)
"""Switches of dbt that change nothing here: they are taken, so that scripts go on working. As in dbt their environment
variables must have a value that could be meant."""

NO_EFFECT_VALUES = (("partial-parse-file-path",), ("record-timing-info", "r"), ("sqlparse",))
"""The same with a value, and its short name."""

_OF_SAVED_QUERIES = ("export-saved-queries", "include-saved-query")
"""Without effect, too: nothing is exported, and `build` tells of them anyway."""


class ManyValues(click.Command):
    """A command whose `multiple` options take all values up to the next option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeat the option's name in front of each further value, which is what click reads."""
        several = [param for param in self.params if getattr(param, "multiple", False)]
        many = {name for param in several for name in param.opts}
        words = {name for param in several if isinstance(param.type, click.Choice) for name in param.opts}
        return super().parse_args(ctx, _repeated(args, many, words))


def option(*names: str, **attributes: Any) -> Callable[[Decorated], Decorated]:
    """A click option with its environment variables, if dbt has some for it."""
    word = next(name for name in names if name.startswith("--")).partition("/")[0].strip("-").upper().replace("-", "_")
    attributes.setdefault("envvar", [f"DBT_ENGINE_{word}", f"DBT_{word}"] if word in VARIABLES else None)
    return click.option(*names, **attributes)


def _stacked(options: Sequence[Callable[[Any], Any]]) -> Callable[[Decorated], Decorated]:
    def decorate(function: Decorated) -> Decorated:
        for each in reversed(options):
            function = each(function)
        return function

    return decorate


def _switch(name: str, text: str = "", short: str = "", **attributes: Any) -> Callable[[Any], Any]:
    names = (f"--{name}/--no-{name}", *((f"-{short}/ ",) if short else ()))
    return option(*names, default=None, help=text, **attributes)


def _ignored(name: str, *short: str) -> Callable[[Any], Any]:
    names = (f"--{name}", *(f"-{each}" for each in short))
    return option(*names, hidden=True, expose_value=False, envvar=None)


def _folder(name: str, text: str, *, exists: bool = False) -> Callable[[Any], Any]:
    return option(f"--{name}", type=click.Path(path_type=Path, exists=exists), help=text)


def _level(name: str, text: str) -> Callable[[Any], Any]:
    return option(f"--{name}", type=click.Choice(LEVELS, case_sensitive=False), help=text)


_PLACE = (
    _folder("project-dir", "The folder with dbt_project.yml. Default: this one, or the nearest above.", exists=True),
    _folder("profiles-dir", "The folder with profiles.yml."),
    option("--profile", help="The profile, instead of the project's own."),
    option("--target", "-t", help="The target of the profile."),
    option("--vars", "vars_text", default="{}", help="Variables, as YAML: '{day: 2024-01-01}'."),
    _folder("target-path", "Where generated files go. Default: the project's 'target'."),
)

_GLOBAL = (
    click.version_option(VERSION, "-V", "-v", "--version", message="sqlmodels %(version)s"),
    *_PLACE,
    option("--threads", type=click.IntRange(1), help="How many nodes run at a time."),
    _switch("fail-fast", "Stop everything at the first failure.", "x"),
    _switch("quiet", "Say nothing but errors and what was asked for.", "q"),
    _switch("debug", "Show each statement that is sent.", "d"),
    _switch("use-colors", "Colours, even where there is no terminal; or none."),
    option("--log-format", type=click.Choice(FORMATS), help="json: one event a line, for log collectors."),
    _level("log-level", "The least that the console shows. Default: info."),
    _folder("log-path", "The folder of dbt.log. Default: 'logs' in the project, or its 'log-path'."),
    _level("log-level-file", "The least that dbt.log gets. Default: debug, which is each statement too."),
    option("--log-format-file", type=click.Choice(FORMATS), help="The form of dbt.log: json is one event a line."),
    option("--log-file-max-bytes", type=click.IntRange(0), help="When dbt.log is put aside and begun anew; 0 never."),
    _switch("partial-parse", "Read only what changed since the last time. Default: yes."),
    _switch("warn-error", "Take every warning for an error."),
    option(
        "--warn-error-options", help="Which warnings are errors: '{error: all, warn: [LogTestResult], silence: []}'."
    ),
    _switch("show-all-deprecations", "Tell every deprecation, not only the first of each kind."),
    _switch("show-resource-report", "Tell at the end what the command took of the machine."),
    _switch("write-json", "Write the files that other tools read (manifest.json, run_results.json). Default: yes."),
    _switch("version-check", "Whether require-dbt-version counts."),
    _switch("print", "Whether print() in templates shows something."),
    option("--indirect-selection", type=click.Choice(INDIRECT), help="Which tests come with selected nodes."),
    *(_switch(name, hidden=True) for name in NO_EFFECT),  # run_results.json tells what was said
    option("--printer-width", type=int, hidden=True),
    *(_ignored(*names) for names in NO_EFFECT_VALUES),
    option("--maximum-seed-size-mib", type=click.IntRange(0), help="Larger seeds are compared by path; 0: none."),
    _folder("state", "The folder with manifest.json of an earlier state, for `state:` and for --defer."),
    _switch("defer", "Read what is not selected, and not there, from the relations of the earlier state."),
    _folder("defer-state", "The folder of the state to defer to, if it is another than --state."),
    _switch("favor-state", "Defer for all that is not selected, whether it is there or not."),
)

global_options = _stacked(_GLOBAL)
"""What every command takes, and what may stand in front of the command's name."""

selection_options = _stacked(
    (
        option("--select", "-s", "-m", "--models", "--model", multiple=True, help="Nodes to take."),
        option("--exclude", multiple=True, help="Nodes to leave out."),
        option("--selector", help="A selector of selectors.yml, by name."),
    )
)
"""Which nodes."""


def _kinds(name: str, text: str, *more: str) -> Callable[[Any], Any]:
    word = f"{name}s".upper().replace("-", "_")  # dbt's variables have the longer name
    return option(f"--{name}", f"--{name}s", multiple=True, type=click.Choice((*RESOURCE_TYPES, *more)),
                  help=text, envvar=[f"DBT_ENGINE_{word}", f"DBT_{word}"])  # fmt: skip


resource_options = _stacked(
    (
        _kinds("resource-type", "Only these kinds of node.", *_SEVERAL),
        _kinds("exclude-resource-type", "Not these kinds of node."),
    )
)
"""Which kinds of node."""

refresh_option = option(
    "--full-refresh", "-f", is_flag=True, default=None, help="Build incremental models and seeds anew."
)
introspect_option = _switch("introspect", "Whether templates may ask the warehouse while they are compiled.")
empty_option = _switch("empty", "Read no rows: tables get their columns, nothing else.")
window_options = _stacked(
    (
        option("--sample", help="Read the rows of this time only, as in '3 days'."),
        option("--event-time-start", help="Where the batches of microbatch models begin."),
        option("--event-time-end", help="Where they end."),
    )
)
"""Which time."""
rows_option = option("--show", "show_rows", is_flag=True, help="Show some rows of each table that was loaded.")
saved_query_options = _stacked(
    [_switch(name, hidden=True, expose_value=False, envvar=None) for name in _OF_SAVED_QUERIES]
)
failures_option = option("--store-failures", is_flag=True, default=None, help="Keep the rows that fail tests.")
output_option = option("--output", type=click.Choice(("text", "json")), default="text", help="How to show it.")


def _repeated(args: Sequence[str], many: set[str], words: set[str]) -> list[str]:
    """The arguments, with the name of an option of several values in front of each; those of `words` have no spaces."""
    found: list[str] = []
    current = ""
    first = False
    for index, arg in enumerate(args):
        if arg == "--":
            return [*found, *args[index:]]
        if arg.startswith("-"):
            name, equals, value = arg.partition("=")
            current = name if name in many else ""
            first = not equals
            found += [f"{name}={word}" for word in value.split()] if equals and name in words else [arg]
        else:
            values = arg.split() if current in words else [arg]
            for value in values:
                found += [value] if first or not current else [current, value]
                first = False
    return found
