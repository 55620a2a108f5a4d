"""In which languages a materialization builds models: ours in SQL, a project's own may say that it takes others."""

from __future__ import annotations

from collections.abc import Sequence

from airflow_sqlmodels.errors import SqlModelsError
from airflow_sqlmodels.manifest.nodes import AnyNode, Model


def refuse_other_language(node: AnyNode, materialization: str, languages: Sequence[str]) -> None:
    """Raises SqlModelsError, in dbt's words, if the materialization does not build what the node is written in."""
    language = node.language if isinstance(node, Model) else "sql"
    if language not in languages:
        raise SqlModelsError(f'Materialization "{materialization}" only supports languages {list(languages)};'
                             f' got "{language}"')  # fmt: skip
