"""What counts of an entry of manifest.json when states are compared, whichever release wrote it."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_sqlmodels.artifacts.facts import facts_of

METRIC = {"resource_type": "metric", "fqn": ["shop", "revenue"], "type": "simple", "label": "Revenue"}
TEST = {"resource_type": "test", "fqn": ["shop", "unique"], "test_metadata": {"name": "unique"}}


def test_what_a_metric_is_made_of_does_not_count() -> None:
    old: dict[str, Any] = {**METRIC, "type_params": {"measure": {"name": "total"}}}
    new = {**METRIC, "type_params": {"measure": {"name": "total"}, "join_to_timespine": False}}
    assert facts_of(old) == facts_of(new)
    assert facts_of(old) != facts_of({**new, "label": "Sales"})


def test_a_filter_of_a_metric_does_not_count_and_its_config_does() -> None:
    config = {"meta": {"owner": "sales"}}

    assert facts_of(METRIC) == facts_of({**METRIC, "filter": {"where_filters": []}})
    assert facts_of(METRIC) != facts_of({**METRIC, "unrendered_config": config})


@pytest.mark.parametrize("kind", ["semantic_model", "saved_query"])
def test_the_config_of_the_semantic_layer_counts(kind: str) -> None:
    entry: dict[str, Any] = {"resource_type": kind, "fqn": ["shop", "weekly"], "config": {"enabled": True, "meta": {}}}

    assert facts_of(entry) == facts_of({**entry, "config": {"enabled": True}})
    assert facts_of(entry) != facts_of({**entry, "config": {"enabled": True, "meta": {"owner": "sales"}}})


def test_quoting_that_is_said_of_a_source_counts_though_it_is_the_usual() -> None:
    silent = dict.fromkeys(("database", "schema", "identifier", "column"))
    entry: dict[str, Any] = {"resource_type": "source", "fqn": ["shop", "raw", "orders"], "quoting": silent}

    assert facts_of({**entry, "quoting": {}}) == facts_of(entry)
    assert facts_of({**entry, "quoting": {**silent, "identifier": True}}) != facts_of(entry)


def test_of_a_contract_its_checksum_counts_while_it_is_enforced() -> None:
    entry: dict[str, Any] = {"resource_type": "model", "name": "orders", "fqn": ["shop", "orders"]}
    loose = {**entry, "contract": {"enforced": False, "checksum": "1"}}
    firm = {**entry, "contract": {"enforced": True, "checksum": "1"}}

    assert facts_of(loose).contract == facts_of(entry).contract
    assert facts_of(loose).contract != facts_of(firm).contract
    assert facts_of(firm).contract != facts_of({**firm, "contract": {"enforced": True, "checksum": "2"}}).contract


@pytest.mark.parametrize(
    "config",
    [{"grants": {"select": ["ann"]}, "pre-hook": "a"}, {"grants": {"select": "ann"}, "pre-hook": ["a"]},
     {"grants": {"+select": "ann"}, "pre-hook": "a"}, {"grants": {"select": "ann"}, "pre_hook": "a"}],
)  # fmt: skip
def test_a_config_counts_as_it_is_written(config: dict[str, Any]) -> None:
    entry: dict[str, Any] = {"resource_type": "model", "name": "orders", "fqn": ["shop", "orders"]}
    before = {**entry, "unrendered_config": {"grants": {"select": "ann"}, "pre-hook": "a"}}

    assert facts_of({**entry, "unrendered_config": config}).config != facts_of(before).config


def test_of_a_unit_test_its_checksum_counts() -> None:
    """It tells rows apart that differ in a null, or in how often they are there."""
    entry: dict[str, Any] = {"resource_type": "unit_test", "fqn": ["shop", "orders", "u"], "checksum": "1"}

    assert facts_of({**entry, "description": "rounds"}) == facts_of(entry)
    assert facts_of({**entry, "checksum": "2"}) != facts_of(entry)


def test_an_export_counts_as_it_was_written() -> None:
    """Its schema is the target's where none is said."""
    export = {"name": "weekly", "config": {"schema_name": "dev"}, "unrendered_config": {"export_as": "table"}}
    query: dict[str, Any] = {"resource_type": "saved_query", "fqn": ["shop", "weekly"], "exports": [export]}
    elsewhere = {**query, "exports": [{**export, "config": {"schema_name": "prod"}}]}
    as_view = {**query, "exports": [{**export, "unrendered_config": {"export_as": "view"}}]}

    assert facts_of(query) == facts_of(elsewhere)
    assert facts_of(query) != facts_of(as_view)
    assert facts_of(query) != facts_of({**query, "tags": ["weekly"]})


@pytest.mark.parametrize(
    ("key", "old", "new"),
    [("severity", "'warn'", "warn"), ("limit", "10", "10"), ("store_failures", "True", "True"),
     ("where", '"a = \')\'"', "a = ')'")],
)  # fmt: skip
def test_a_config_that_an_older_release_wrote_as_syntax_is_no_change(key: str, old: str, new: str) -> None:
    before = {**TEST, "unrendered_config": {key: f"Keyword(key='{key}', value=Const(value={old}))"}}
    assert facts_of(before) == facts_of({**TEST, "unrendered_config": {key: new}})
    assert facts_of(before) != facts_of({**TEST, "unrendered_config": {key: "another"}})
