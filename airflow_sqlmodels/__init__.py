"""Turns a folder of SQL into an Airflow DAG.

`SqlModelsDag`, `SqlModelsTaskGroup` and `Translator` need Airflow; they are found when first asked for, so that
`import airflow_sqlmodels` and the `sqlmodels` command need none.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from airflow_sqlmodels.version import VERSION

__version__ = VERSION

if TYPE_CHECKING:
    from airflow_sqlmodels.project.load import load_project
    from airflow_sqlmodels.provider.dag import SqlModelsDag, SqlModelsTaskGroup
    from airflow_sqlmodels.provider.translate import Translator
    from airflow_sqlmodels.run.plan import make_plan
    from airflow_sqlmodels.run.step import run_step

__all__ = [
    "SqlModelsDag",
    "SqlModelsTaskGroup",
    "Translator",
    "__version__",
    "load_project",
    "make_plan",
    "run_step",
]

_PLACES = {
    "SqlModelsDag": "airflow_sqlmodels.provider.dag",
    "SqlModelsTaskGroup": "airflow_sqlmodels.provider.dag",
    "Translator": "airflow_sqlmodels.provider.translate",
    "load_project": "airflow_sqlmodels.project.load",
    "make_plan": "airflow_sqlmodels.run.plan",
    "run_step": "airflow_sqlmodels.run.step",
}


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_PLACES[name]), name)
