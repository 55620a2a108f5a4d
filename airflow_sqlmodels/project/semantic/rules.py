"""All rules of the semantic layer, as dbt asks metricflow for them: what is refused, and what is warned of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from airflow_sqlmodels.errors import ProjectError, SqlModelsError
from airflow_sqlmodels.manifest.nodes import AnyNode
from airflow_sqlmodels.manifest.warned import Warned
from airflow_sqlmodels.project.semantic import metric_rules, model_rules, naming_rules, query_rules
from airflow_sqlmodels.project.semantic.layer import Issue, Layer, layer_of
from airflow_sqlmodels.project.semantic.nodes import SemanticNode
from airflow_sqlmodels.project.semantic.spine_rules import time_spines

Rule = Callable[[Layer], Iterator[Issue]]

RULES: tuple[Rule, ...] = (
    naming_rules.names,
    naming_rules.reserved_words,
    naming_rules.granularities,
    naming_rules.labels,
    model_rules.keys,
    model_rules.times,
    model_rules.consistency,
    model_rules.validity,
    model_rules.measures,
    metric_rules.simple,
    metric_rules.aliases,
    metric_rules.twice,
    metric_rules.cumulative,
    metric_rules.derived,
    metric_rules.conversion,
    query_rules.filters,
    query_rules.saved_queries,
    time_spines,
)


def check_rules(semantic: Iterable[SemanticNode], nodes: Iterable[AnyNode]) -> list[Warned]:
    """What is odd about the semantic layer. Raises ProjectError with the first that is wrong, the others behind it.

    As in dbt nothing is looked at unless there are semantic models and metrics.
    """
    layer = layer_of(semantic, nodes)
    if not layer.models or not layer.metrics:
        return []
    issues = [issue for rule in RULES for issue in rule(layer)]
    _refuse([each for each in issues if each.fatal])
    return [_warned(each) for each in issues]


def _refuse(wrong: list[Issue]) -> None:
    if not wrong:
        return
    told = dict.fromkeys(f"also {each.node.at}: {each.what}" for each in wrong[1:])
    hint = "\n".join((wrong[0].hint, *(each for each in told if not each.endswith(wrong[0].what))))
    raise ProjectError(f"Semantic Manifest validation failed: {wrong[0].what}", wrong[0].node.at, hint)


def _warned(issue: Issue) -> Warned:
    text = str(SqlModelsError(issue.what, issue.node.at, issue.hint))
    return Warned(text, "SemanticValidationFailure", {"msg": issue.what}, once=True)
