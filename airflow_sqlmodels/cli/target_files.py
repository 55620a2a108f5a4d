"""The files that a command leaves in the target folder: run_results.json, manifest.json with what was compiled, SQL."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_sqlmodels.artifacts.compilation import compilation_of
from airflow_sqlmodels.artifacts.compiled import write_compiled, write_run
from airflow_sqlmodels.artifacts.keeping import keep_compiled
from airflow_sqlmodels.artifacts.run_results import write_run_results
from airflow_sqlmodels.cli.flags import Flags
from airflow_sqlmodels.cli.log import MANIFEST, RUN_RESULTS
from airflow_sqlmodels.manifest.manifest import Manifest
from airflow_sqlmodels.manifest.nodes import NodeId
from airflow_sqlmodels.run.result import Result
from airflow_sqlmodels.templating.answering import Answerer
from airflow_sqlmodels.templating.invocation import Invocation


def write_sql(flags: Flags, manifest: Manifest, result: Result) -> None:
    """The SQL of a node, as it was compiled and as it was sent. That of batches is written batch by batch."""
    if "batch_results" in result.details:
        return
    folder, node = flags.target_folder(manifest), manifest[result.node]
    if result.compiled_sql:
        write_compiled(folder, node, result.compiled_sql)
    if result.sent_sql:
        write_run(folder, node, result.sent_sql)


def write_results(
    flags: Flags, manifest: Manifest, results: Sequence[Result], invocation: Invocation, seconds: float
) -> None:
    """Write run_results.json, unless --no-write-json says not to."""
    if flags.switch("write_json", manifest, default=True):
        path = flags.target_folder(manifest) / "run_results.json"
        write_run_results(path, manifest, results, invocation, seconds)
        flags.log.wrote(RUN_RESULTS, path)


def keep_sql(flags: Flags, manifest: Manifest, means: Answerer, built: Sequence[NodeId] = ()) -> None:
    """Put what was compiled into manifest.json, unless --no-write-json says not to."""
    if flags.switch("write_json", manifest, default=True):
        compilation = compilation_of(means, str(flags.target_path or manifest.settings.target_path), built)
        path = flags.target_folder(manifest) / "manifest.json"
        keep_compiled(path, manifest, means.invocation, compilation)
        flags.log.wrote(MANIFEST, path)
