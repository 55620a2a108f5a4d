"""One task: opens the connection, runs its nodes, says what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from airflow.sdk import BaseHook, BaseOperator

from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.provider.connections import open_session
from airflow_sqlmodels.provider.loaded import projects
from airflow_sqlmodels.provider.options import Options
from airflow_sqlmodels.provider.reporting import compiled_text, raise_for, run_title, summary
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.run.step import StepRules, run_step
from airflow_sqlmodels.templating.answering import Answerer, answerer, at_database
from airflow_sqlmodels.templating.invocation import Invocation
from airflow_sqlmodels.warehouse.session import Session


class SqlModelsOperator(BaseOperator):
    """Builds, tests or checks nodes of a project over an Airflow connection.

    Returns a small dict: status, relation, rows, seconds, and for tests how many passed, warned and failed.
    Raises DataTestError with the failed tests, or the error that stopped a node.
    """

    template_fields: Sequence[str] = ("conn_id", "relation", "compiled_sql", "checksum", "variables")
    template_fields_renderers: ClassVar[dict[str, str]] = {"compiled_sql": "sql", "variables": "json"}
    overwrite_rtif_after_execution = True  # the tab shows what was sent, not what was known before
    custom_operator_name = "SQL model"
    ui_color = "#e8f0fe"

    def __init__(
        self,
        *,
        options: Options,
        nodes: Sequence[str],
        conn_id: str | None = None,
        relation: str = "",
        checksum: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.options = options
        self.nodes = tuple(nodes)
        self.conn_id = conn_id or options.conn_id
        self.relation = relation
        self.checksum = checksum
        self.variables = dict(options.vars)
        self.compiled_sql = ""

    def execute(self, context: Any) -> dict[str, Any]:
        """Run the nodes in order. All tests of a task are run before one is raised."""
        nodes = [NodeId(each) for each in self.nodes]
        manifest = projects.for_nodes(self.options, nodes)
        connection = BaseHook.get_connection(self.conn_id)
        with open_session(connection, f"{self.dag_id}.{self.task_id}", self.log) as session:
            self._session: Session | None = session
            means = answerer(
                at_database(manifest, connection.schema, self.variables),
                self._invocation(context),
            )
            results = self._run(means, nodes, session)
        context["ti"].xcom_push(key="compiled_sql", value=self.compiled_sql)
        raise_for(results)
        return summary(results)

    def on_kill(self) -> None:
        """Stop the running statement at the server."""
        session = getattr(self, "_session", None)
        if session is not None:
            self.log.warning("stopping the statement at the server")
            session.cancel()

    def _run(self, means: Answerer, nodes: Sequence[NodeId], session: Session) -> list[Result]:
        results: list[Result] = []
        for node_id in nodes:
            rules = StepRules(log=self.log.info, on_compiled=self._show)
            result = run_step(means, node_id, session, rules)
            self.log.info("%s: %s", run_title(means.manifest[node_id]), result.message or result.status)
            results.append(result)
            if result.status == "error" and not node_id.startswith("test."):
                break
        return results

    def _show(self, sql: str) -> None:
        """Put the compiled SQL where people look for it: the rendered template, and the log."""
        self.compiled_sql = compiled_text(self.compiled_sql, sql)
        self.log.info("::group::Compiled SQL")
        self.log.info("%s", sql.strip())
        self.log.info("::endgroup::")

    def _invocation(self, context: Any) -> Invocation:
        return Invocation(
            id=str(context["run_id"]),
            full_refresh=self.options.full_refresh,
            say=lambda message: self.log.info("%s", message),
            warn=lambda message: self.log.warning("%s", message),
        )
