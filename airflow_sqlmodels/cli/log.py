"""Where the command's words go: to the console from the level on that was asked for, and to the log file."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click
from msgspec import Struct, field

from airflow_sqlmodels.cli.log_file import LEVELS, LogFile, file_for, level_of
from airflow_sqlmodels.cli.log_format import event
from airflow_sqlmodels.errors import ProjectError
from airflow_sqlmodels.manifest.manifest import PROJECT_FILE
from airflow_sqlmodels.project.behaviour_flags import counting
from airflow_sqlmodels.project.user_flags import refuse_both, user_flags
from airflow_sqlmodels.project.yaml_text import parse_yaml
from airflow_sqlmodels.warehouse import turns
from airflow_sqlmodels.warehouse.session import Outcome

MANIFEST, SEMANTIC_MANIFEST, RUN_RESULTS = "WritableManifest", "SemanticManifest", "RunExecutionResult"
OPERATION_RESULTS, CATALOG, SOURCES = "RunResultsArtifact", "CatalogArtifact", "FreshnessResult"
"""dbt's names for what is in the files that others read."""


class Log(Struct, frozen=True):
    """The console and the file of one command."""

    level: str = "info"
    """The least that the console shows."""
    file: LogFile | None = None
    invocation: str = field(default_factory=lambda: str(uuid.uuid4()))
    json: bool = False
    """Whether the console shows events."""
    lists: bool = False
    """Whether standard output is a list for other programs, and warnings are told beside it."""
    deprecations: Counter[str] = field(default_factory=Counter)
    """How often each was met, by dbt's name."""
    project_flags: Mapping[str, Any] = field(default_factory=dict)
    """`flags:` of dbt_project.yml, before the project is loaded."""
    flags_moved: bool = False
    """Whether these stand in profiles.yml."""
    nodes: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """What each thread works on, as `node_info` of events."""

    def shows(self, level: str) -> bool:
        """Whether the console shows something of that level."""
        return LEVELS.index(level) >= LEVELS.index(self.level) and self.level != "none"

    def tell(self, message: str, level: str = "info", *, err: bool = False) -> None:
        """Say something on the console, and in the file."""
        self.tell_as("Note", "Z050", message, {"msg": click.unstyle(message)}, level, err=err)

    def tell_as(  # all that an event has
        self, name: str, code: str, message: str, data: Mapping[str, Any], level: str = "info", *, err: bool = False
    ) -> None:
        """The same under a name of dbt's, if it is an event."""
        if self.shows(level) and self.json:
            click.echo(event(name, code, click.unstyle(message), self.invocation, data, level))
        elif self.shows(level):
            click.echo(message, err=err)
        self.note(message, level, name, code, data)

    def warn(self, message: str, name: str, code: str, data: Mapping[str, Any]) -> None:
        """Tell a warning on the console, where those look who ran dbt, and in the file."""
        label = f"[{name}]" if code.startswith("D") else ""  # as in dbt: of deprecations
        tag = "WARNING" if self.json else click.style("WARNING", fg="yellow")
        said, data = f"[{tag}]{label}: {message}", {"msg": message, **data}
        self.happened(name or "Note", code or "Z050", said, data, "warn", err=self.lists and not self.json)

    def answer(self, name: str, code: str, text: str, data: Mapping[str, Any]) -> None:
        """What was asked for, whatever the console shows else but for `none`: as it is, or as an event."""
        if self.level != "none":
            click.echo(event(name, code, click.unstyle(text), self.invocation, data) if self.json else text)
        self.note(click.unstyle(text), "info", name, code, data)

    def note(
        self,
        message: str,
        level: str = "info",
        name: str = "",
        code: str = "",
        data: Mapping[str, Any] | None = None,
    ) -> None:
        """Say something in the file alone."""
        if self.file is not None:
            self.file.say(level, message, name, code, data)

    def said_by_template(self, message: str) -> None:
        """What a template has to tell everybody."""
        self.happened("JinjaLogInfo", "I062", message, {"msg": message}, "info")

    def printed(self, text: str) -> None:
        """What a template prints, or a line of a list."""
        self.answer("PrintEvent", "Z052", text, {"msg": text})

    def template(self, message: str) -> None:
        """What a template logs for those who look closely."""
        self.happened("JinjaLogDebug", "I063", message, {"msg": message})

    def happened(  # all that an event has
        self, name: str, code: str, message: str, data: Mapping[str, Any], level: str = "debug", *, err: bool = False
    ) -> None:
        """Something under dbt's name, on the console with the time, and in the file."""
        if self.shows(level):
            said = event(name, code, message, self.invocation, data, level)
            click.echo(said if self.json else f"{time.strftime('%H:%M:%S')}  {message}", err=err)
        self.note(message, level, name, code, data)

    def closely(self, name: str, code: str, message: str, data: Callable[[], Mapping[str, Any]]) -> None:
        """The same for those who look closely; `data` is asked if it is told as an event."""
        if self.wants_statements:
            self.happened(name, code, message, data() if self._tells_statement_events else {})

    def wrote(self, kind: str, path: Path) -> None:
        """A file that others read is there; `kind` is dbt's name of what is in it."""
        self.closely(
            "ArtifactWritten",
            "P001",
            f"Wrote artifact {kind} to {path}",
            lambda: {"artifact_type": kind, "artifact_path": str(path.absolute())},
        )

    @contextlib.contextmanager
    def about(self, node: Callable[[], Mapping[str, Any]]) -> Iterator[None]:
        """While inside, statements of this thread are told as those of a node; `node` is asked if events are told."""
        if not self._tells_statement_events:
            yield
            return
        thread = turns.name()
        self.nodes[thread] = node()
        try:
            yield
        finally:
            del self.nodes[thread]

    def statement(self, sql: str, outcome: Outcome) -> None:
        """Note a statement that was sent, and show it if the console shows everything."""
        sql = sql.strip()
        if self._tells_statement_events:
            self._statement_events(sql, outcome)
        said = f"{sql}\n-- {outcome.status or 'ok'} in {outcome.seconds:.3f}s"
        if self.shows("debug") and not self.json:
            click.echo(said, err=True)
        if self.file is not None and not self.file.json:
            self.note(said, "debug")

    def _statement_events(self, sql: str, outcome: Outcome) -> None:
        """The statement, and what the warehouse said of it; of one that failed the node's error says more."""
        node = self.nodes.get(turns.name(), {})
        name = node.get("unique_id", "master")
        self._event("SQLQuery", "E016", f"On {name}: {sql}", {"conn_name": name, "sql": sql, "node_info": node})
        if outcome.status:
            data = {"status": outcome.status, "elapsed": outcome.seconds, "query_id": "", "node_info": node}
            said = f"SQL status: {outcome.status} in {outcome.seconds:.3f} seconds"
            self._event("SQLQueryStatus", "E017", said, data)

    def _event(self, name: str, code: str, message: str, data: Mapping[str, Any]) -> None:
        """Something for those who look closely, where events are told; nothing elsewhere."""
        if self.json and self.shows("debug"):
            click.echo(event(name, code, message, self.invocation, data, "debug"))
        if self.file is not None and self.file.json:
            self.note(message, "debug", name, code, data)

    @property
    def wants_statements(self) -> bool:
        """Whether anybody wants to know what is sent."""
        return self.shows("debug") or (self.file is not None and self.file.takes("debug"))

    @property
    def _tells_statement_events(self) -> bool:
        """Whether statements are told as events anywhere."""
        in_file = self.file is not None and self.file.json and self.file.takes("debug")
        return in_file or (self.json and self.shows("debug"))

    def close(self) -> None:
        """Write what is left."""
        if self.file is not None:
            self.file.close()


def log_for(said: Mapping[str, Any], root: Path) -> Log:
    """The log of a command with these flags, over the project in a folder; without a project no file."""
    there, project, flags, moved = _written(said, root)
    level = level_of(said.get("log_level") or flags.get("log_level"), "info")
    if said.get("debug"):
        level = "debug"
    if said.get("quiet"):
        level = "error"
    invocation = str(uuid.uuid4())
    file = file_for(said, project, root, invocation) if there else None
    shape = said.get("log_format") or flags.get("log_format")
    log = Log(
        level,
        file,
        invocation,
        json=shape == "json",
        lists=said.get("which") in ("ls", "list"),
        project_flags=flags,
        flags_moved=moved,
    )
    shown = {key: value for key, value in said.items() if key != "vars"}
    args = {key: str(value) for key, value in shown.items()}
    log.closely("MainReportArgs", "A002", f"running sqlmodels with arguments {shown}", lambda: {"args": args})
    return log


def flags_of_project(said: Mapping[str, Any], root: Path) -> Mapping[str, Any]:
    """The flags of the project in a folder, from wherever they stand. Raises SettingsError if that is two places."""
    return _written(said, root)[2]


def _written(said: Mapping[str, Any], root: Path) -> tuple[bool, Mapping[str, Any], Mapping[str, Any], bool]:
    """Whether there is a project, what its file says, its flags, and whether these stand in profiles.yml."""
    place = root / PROJECT_FILE
    text = place.read_text(encoding="utf-8", errors="replace") if place.is_file() else ""
    # most projects say nothing of logs, and reading YAML takes time
    content: object = {}
    if "log" in text or "flags" in text:
        with contextlib.suppress(ProjectError):  # said again, and better, when the project is loaded
            content = parse_yaml(text, PROJECT_FILE)
    project = content if isinstance(content, dict) else {}
    flags = project.get("flags")
    flags = flags if isinstance(flags, dict) else {}
    user = user_flags(root, Path(said["profiles_dir"]) if said.get("profiles_dir") else None) if text else {}
    refuse_both(user, flags)
    return bool(text), project, counting(flags or user)[0], bool(user)
