"""The operator. What it needs to run is imported when it runs: every process that reads a DAG imports this."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseOperator

from airflow_sqlmodels.provider.options import Options

if TYPE_CHECKING:
    from airflow_sqlmodels.provider.execution import Execution


class SqlModelsOperator(BaseOperator):
    """Builds, tests or checks nodes of a project over an Airflow connection.

    Returns a small dict: status, relation, rows, seconds, and for tests how many passed, warned and failed.
    Raises DataTestError with the failed tests, or the error that stopped a node.
    """

    template_fields: Sequence[str] = ("conn_id", "relation", "compiled_sql", "checksum", "variables")
    template_fields_renderers: ClassVar[dict[str, str]] = {"compiled_sql": "sql", "variables": "json"}
    overwrite_rtif_after_execution = True  # the tab shows what was sent, if more was known before: see Execution
    custom_operator_name = "SQL model"
    ui_color = "#e8f0fe"
    _running: Execution | None = None

    def __init__(  # noqa: PLR0913  # each is a thing of its own, and Airflow adds its own behind them
        self,
        *,
        options: Options,
        nodes: Sequence[str],
        conn_id: str,
        saved: str = "",
        relation: str = "",
        checksum: str = "",
        schemas: Sequence[tuple[str, str]] = (),
        leaves_results: bool = False,
        graph_from: str = "",
        results_of: Mapping[str, Sequence[str]] | None = None,
        needed: Sequence[str] = (),
        tolerated: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.options = options
        self.nodes = tuple(nodes)
        self.conn_id = conn_id
        self.saved = saved
        self.relation = relation
        self.checksum = checksum
        self.schemas = tuple(schemas)
        self.leaves_results = leaves_results
        self.graph_from = graph_from
        self.results_of = dict(results_of or {})
        self.needed = tuple(needed)
        self.tolerated = tuple(tolerated)
        self.variables = dict(options.vars)
        self.compiled_sql = ""

    def render_template_fields(self, context: Any, jinja_env: Any = None) -> None:
        """Render what may be a template. The SQL of most nodes is known then too, so that it is seen while it runs."""
        super().render_template_fields(context, jinja_env)
        from airflow_sqlmodels.provider.execution import Execution  # noqa: PLC0415  # see the module's docstring

        self._running = Execution(self, context)
        self.compiled_sql = self._running.known_sql()

    def execute(self, context: Any) -> dict[str, Any]:
        """Run the nodes in order. All tests of a task are run before one is raised."""
        from airflow_sqlmodels.provider.execution import Execution  # noqa: PLC0415  # see the module's docstring

        if self.tolerated:
            from airflow_sqlmodels.provider.tolerance import refuse_unready  # noqa: PLC0415  # few models ask for it

            refuse_unready(context["ti"], self.needed, self.tolerated)
        if self._running is None:
            self._running = Execution(self, context)
        return self._running.run()

    def on_kill(self) -> None:
        """Stop the running statement at the server."""
        if self._running is not None:
            self._running.cancel()


class FailedModelsOperator(BaseOperator):
    """Fails if one of the models failed that others go on without (`on_error: continue`); is skipped otherwise."""

    custom_operator_name = "SQL models that failed"

    def execute(self, context: Any) -> None:
        """Say which ones."""
        from airflow_sqlmodels.provider.tolerance import raise_failed  # noqa: PLC0415  # few models ask for it

        raise_failed(context["ti"], sorted(self.upstream_task_ids))
