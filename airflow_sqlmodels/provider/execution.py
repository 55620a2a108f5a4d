"""One task while it runs: opens the connection, runs its nodes, says what came of it."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from airflow.sdk import BaseHook
from msgspec import structs

from airflow_sqlmodels.compile.compiler import plain_sql
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.materializations.schemas import create_schemas
from airflow_sqlmodels.project.saved import load_saved_nodes
from airflow_sqlmodels.provider.connections import open_session
from airflow_sqlmodels.provider.reporting import (
    TESTS,
    compiled_text,
    is_unit_test,
    level_of,
    raise_for,
    run_title,
    summary,
)
from airflow_sqlmodels.provider.specs import END, START
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.run.step import StepRules, run_step
from airflow_sqlmodels.templating.answering import Answerer, Rendering, answerer, at_database
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.warehouse.session import Session

_SHOWN_WHOLE = 4000
"""Characters. Airflow cuts longer template fields (core.max_templated_field_length): the whole is in an XCom then."""


class Execution:
    """The run of one operator in one try."""

    def __init__(self, task: Any, context: Any) -> None:
        self._task = task
        self._context = context
        self._log = task.log
        self._session: Session | None = None
        self._found: tuple[Any, Manifest] | None = None

    def known_sql(self) -> str:
        """The SQL of the task as far as it is known before it runs: "" if its templates need Jinja or the warehouse.

        Raises nothing: whatever is wrong is said when it runs.
        """
        nodes = [node for node in self._nodes if not is_unit_test(node)]
        try:
            _, manifest = self._project()
            means = answerer(manifest, Invocation(id=str(self._context["run_id"])))
            found = [plain_sql(means, manifest[each]) for each in nodes]
        except Exception:
            self._log.debug("the SQL is not known before it runs", exc_info=True)
            return ""
        known = [sql for sql in found if sql is not None]
        return functools.reduce(compiled_text, known, "") if len(known) == len(nodes) else ""

    def run(self) -> dict[str, Any]:
        """Run the task's nodes; what it returns to Airflow. Raises what stopped a node, or DataTestError."""
        task, known = self._task, self._task.compiled_sql
        task.compiled_sql = ""
        try:
            connection, manifest = self._project()
            with open_session(connection, f"{task.dag_id}.{task.task_id}", self._log) as session:
                self._session = session
                self._make_schemas(manifest, session)
                means = self._informed(answerer(manifest, self._invocation()))
                results = self._run(means, session)
                self._session = None
            if task.leaves_results:
                self._leave(means, results)
        finally:
            task.compiled_sql = task.compiled_sql or known
            # to show the fields again is a request to Airflow's server
            task.overwrite_rtif_after_execution = task.compiled_sql != known
        if len(task.compiled_sql) > _SHOWN_WHOLE:
            self._context["ti"].xcom_push(key="compiled_sql", value=task.compiled_sql)
        raise_for(results)
        return summary(results)

    def cancel(self) -> None:
        """Stop the running statement at the server."""
        if self._session is not None:
            self._log.warning("stopping the statement at the server")
            self._session.cancel()

    def _make_schemas(self, manifest: Manifest, session: Session) -> None:
        """What the DAG writes into is there when the first hook runs, as in dbt."""
        if self._is_start():
            hook = manifest[NodeId(self._task.nodes[0])]
            rendering = Rendering(answerer(manifest, self._invocation()), hook, session)
            create_schemas(rendering, session, [schema for _, schema in self._task.schemas])

    def _is_start(self) -> bool:
        return bool(self._task.task_id.rpartition(".")[2] == START)

    def _informed(self, means: Answerer) -> Answerer:
        """With what other tasks have left: the names of on-run-end hooks, and what macros keep in `graph`."""
        task = self._task
        if task.task_id.rpartition(".")[2] != END:
            return self._with_graph(means) if task.graph_from else means
        from airflow_sqlmodels.artifacts.end_names import end_names, schema_names  # noqa: PLC0415  # for one task of a DAG
        from airflow_sqlmodels.provider.leaving import gathered, graph_of  # noqa: PLC0415

        if task.results_of:
            instance = self._context["ti"]
            begun = graph_of(instance, task.graph_from) if task.graph_from else {}
            results = gathered(means, instance, task.results_of, task.task_id.removesuffix(END), begun)
            return replace(means, more_names=end_names(means, results))
        own = means.manifest.settings.target.database
        pairs = [(database or own, schema) for database, schema in task.schemas]
        return replace(means, more_names={"results": [], **schema_names(pairs)})

    def _with_graph(self, means: Answerer) -> Answerer:
        from airflow_sqlmodels.provider.carried import CarriedGraph, known_again  # noqa: PLC0415  # see _leave
        from airflow_sqlmodels.provider.leaving import graph_of  # noqa: PLC0415

        def ask() -> dict[str, Any]:
            return known_again(graph_of(self._context["ti"], self._task.graph_from), means.dialect)

        return replace(means, graph=CarriedGraph(ask))

    def _leave(self, means: Answerer, results: Sequence[Result]) -> None:
        from airflow_sqlmodels.provider.leaving import KEY, left  # noqa: PLC0415  # few projects have such hooks

        self._context["ti"].xcom_push(key=KEY, value=left(means, results, self._log.info))

    @property
    def _nodes(self) -> list[NodeId]:
        return [NodeId(each) for each in self._task.nodes]

    def _project(self) -> tuple[Any, Manifest]:
        """The connection, and the project as it is over there."""
        if self._found is None:
            connection = BaseHook.get_connection(self._task.conn_id)
            others = (NodeId(each) for nodes in self._task.results_of.values() for each in nodes)
            found = self._manifest([*self._nodes, *others])
            manifest = at_database(found, connection.schema, self._task.variables)
            self._found = connection, manifest
        return self._found

    def _manifest(self, nodes: Sequence[NodeId]) -> Manifest:
        """The saved project, if the files of these nodes are still the same; else the project, loaded."""
        options = self._task.options
        saved = Path(self._task.saved) if self._task.saved else None
        found = load_saved_nodes(saved, Path(options.project), options.env, nodes)
        if found is not None:
            return found
        # a task whose project was saved needs nothing of what this imports
        from airflow_sqlmodels.provider.loaded import projects  # noqa: PLC0415

        return projects.whole(options)

    def _run(self, means: Answerer, session: Session) -> list[Result]:
        results: list[Result] = []
        rules = StepRules(log=self._log.info, on_compiled=self._show)
        for node_id in self._nodes:
            if not node_id.startswith(TESTS) and not all(each.passed for each in results if is_unit_test(each.node)):
                break  # what fails its unit tests is not built
            own = structs.replace(rules, on_compiled=self._log_sql) if is_unit_test(node_id) else rules
            # to look there takes a second, and few nodes have to
            own = structs.replace(own, behind=functools.cache(functools.partial(self._behind, node_id)))
            result = run_step(means, node_id, session, own)
            node = means.manifest[node_id]
            message = (result.message or result.status).removeprefix(f"{node.name}: ")  # a test's message names it
            self._log.log(level_of(result), "%s: %s", run_title(node), message)
            results.append(result)
            if result.status == "error" and not node_id.startswith(TESTS):
                break
        return results

    def _behind(self, node_id: NodeId) -> Collection[tuple[str, str]]:
        """What the DAG makes anew behind the node, by schema and name."""
        from airflow_sqlmodels.provider.loaded import projects  # noqa: PLC0415  # see _manifest
        from airflow_sqlmodels.provider.shape import plan_of  # noqa: PLC0415
        from airflow_sqlmodels.run.behind import made_behind  # noqa: PLC0415

        connection, _ = self._project()
        manifest = at_database(projects.whole(self._task.options), connection.schema, self._task.variables)
        planned = {step.node for step in plan_of(manifest, self._task.options)}
        return made_behind(answerer(manifest, self._invocation()), node_id, planned)

    def _show(self, sql: str) -> None:
        """Put the compiled SQL where people look for it: the rendered template, and the log."""
        task = self._task
        task.compiled_sql = compiled_text(task.compiled_sql, sql)
        self._log_sql(sql)

    def _log_sql(self, sql: str) -> None:
        self._log.info("::group::Compiled SQL")
        self._log.info("%s", sql.strip())
        self._log.info("::endgroup::")

    def _invocation(self) -> Invocation:
        """The DAG run: its tasks have one id and one `run_started_at`."""
        began = getattr(self._context.get("dag_run"), "start_date", None)  # who calls execute() by hand has none
        now = datetime.datetime.now(datetime.UTC)
        return Invocation(
            id=str(self._context["run_id"]),
            started_at=now if began is None else datetime.datetime.fromtimestamp(began.timestamp(), datetime.UTC),
            full_refresh=self._task.options.full_refresh,
            say=lambda message: self._log.info("%s", message),
            warn=lambda message: self._log.warning("%s", message),
        )
