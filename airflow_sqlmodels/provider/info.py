"""What Airflow asks of a provider package: `airflow providers list` and `airflow sqlmodels …` come from here."""

from __future__ import annotations

from typing import Any


def get_provider_info() -> dict[str, Any]:
    """The provider's description, in the form of airflow/provider_info.schema.json."""
    return {
        "package-name": "airflow-sqlmodels",
        "name": "SQL models",
        "description": "Runs a folder of SQL models (a dbt project) as an Airflow DAG, one task per model.",
        "integrations": [
            {
                "integration-name": "SQL models",
                "tags": ["software"],
            }
        ],
        "operators": [
            {"integration-name": "SQL models", "python-modules": ["airflow_sqlmodels.provider.operators"]},
        ],
        "cli": ["airflow_sqlmodels.provider.commands.get_cli_commands"],  # read since Airflow 3.2
    }
