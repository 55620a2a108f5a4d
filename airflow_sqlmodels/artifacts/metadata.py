"""The head that every artifact has."""

from __future__ import annotations

import datetime
from typing import Any

from airflow_sqlmodels.artifacts.json_text import time_text
from airflow_sqlmodels.templating.invocation import LANGUAGE_VERSION, Invocation
from airflow_sqlmodels.templating.variables import metadata_envs


def metadata(schema: str, invocation: Invocation) -> dict[str, Any]:
    """Which schema, when, in which run: readers that check the schema allow nothing else."""
    return {
        "dbt_schema_version": schema,
        "dbt_version": LANGUAGE_VERSION,
        "generated_at": time_text(datetime.datetime.now(datetime.UTC)),
        "invocation_id": invocation.id,
        "invocation_started_at": time_text(invocation.started_at),
        "env": metadata_envs({}),
    }
